"""Several nodes behind one address: a candidate's page comes from the address of all and talks to the node that holds
the interview. What that takes: its pin is checked, and it is let through from one origin to the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from interviewer.http.headers import CONTENT_POLICY
from interviewer.http.link import Running, Talk, Visit
from interviewer.http.pins import PIN_HEADER, BadPin
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.records.nodes import addresses

__all__ = ["Here", "PagesElsewhere", "check_pin", "from_our_page", "node_addresses", "origin_of", "policy_for"]


_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """As browsers write it: small letters, and no port where it is the scheme's own."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def from_our_page(connection: HTTPConnection) -> bool:
    """Whether a candidate's page of the address of all nodes sent this to this node's own."""
    rooms = rooms_of(connection)
    if not rooms.options.node.address or not connection.url.path.startswith("/i/"):
        return False
    return connection.headers.get("origin") == origin_of(rooms.public_url)


def check_pin(visit: Visit, signed: str) -> None:
    """Raises :class:`Problem` 400 ``node-forged``. Where an honest pin leads to another node than the one that holds
    the interview now, that one is told in the refusal that follows."""
    if not signed or visit.rooms.pins is None or visit.interview is None:
        return
    try:
        visit.rooms.pins.read(signed, visit.interview.id, visit.rooms.clock())
    except BadPin as error:
        raise Problem(
            400, "node-forged", "This page was sent here by somebody else", f"{PIN_HEADER}: {error}."
        ) from None


async def _here(request: Request, talk: Running) -> Talk:
    check_pin(talk.visit, request.headers.get(PIN_HEADER, ""))
    return talk


Here = Annotated[Talk, Depends(_here)]
"""As ``Running``, for what the node that holds the interview answers: with its pin checked."""


async def node_addresses(visit: Visit) -> list[str]:
    async with visit.rooms.database.session() as session:
        return await addresses(session)


def policy_for(nodes: Iterable[str]) -> str:
    """The content policy of a page that may talk to these addresses, too."""
    origins = [origin for address in nodes for origin in (origin_of(address), _socket_origin(address))]
    return CONTENT_POLICY.replace("connect-src 'self'", " ".join(("connect-src 'self'", *origins)))


def _socket_origin(address: str) -> str:
    return origin_of(address).replace("http", "ws", 1)


class PagesElsewhere:
    """Cross-origin requests (CORS) of candidates' pages from ``origin``; of no others, and to nothing else."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=[origin],
            allow_methods=["POST", "GET"],
            allow_headers=["Content-Type", "X-Tab", PIN_HEADER],
            expose_headers=["Location", "Retry-After", PIN_HEADER],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_candidate = scope["type"] == "http" and scope["path"].startswith("/i/")
        await (self._open if is_candidate else self._app)(scope, receive, send)
