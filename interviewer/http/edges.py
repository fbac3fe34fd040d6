"""Guards at the site's edge, before any route: how much a request may carry, and how often links may be guessed."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.http.problems import Problem, respond
from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.security import client_address

__all__ = ["LARGEST_BODY", "BodyLimit", "LinkGuessing", "too_many"]

POLICY = 1008
"""The close code of a socket that breaks a rule (RFC 6455 section 7.4.1)."""
TRIED_KEPT = 10_000
"""Links that led nowhere, remembered by network address: about 2 MB."""
LARGEST_BODY = 4_194_304
"""Bytes. The outer bound for any request (a long transcript's correction is the largest); routes ask for less."""


def too_many(limit: TooMany) -> Problem:
    return Problem(
        429,
        "rate-limited",
        "Too many tries",
        f"Please wait {limit.retry_after} seconds and try again.",
        headers={"Retry-After": str(limit.retry_after)},
    )


class LinkGuessing:
    """Links that lead nowhere are counted by network address; who has tried too many is told to wait.

    The same link again is no guess: a page that was left open may go on asking long after its link was renewed, and
    others share its address.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits
        self._tried: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith("/i/"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        address = client_address(connection)
        try:
            self._limits.check("link", address)
        except TooMany as limit:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY})  # before it is accepted: a plain 403
            else:
                await respond(Request(scope), too_many(limit))(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            unknown = message.get("status") == 404 or message.get("reason") == "link-unknown"
            ends = message["type"] in ("http.response.start", "websocket.close")
            if unknown and ends and self._is_new(address, scope["path"].split("/")[2]):
                self._limits.count("link", address)
            await send(message)

        await self._app(scope, receive, counted)

    def _is_new(self, address: str, token: str) -> bool:
        """Whether that address has not tried this link lately."""
        tried = blake2b(f"{address} {token}".encode(errors="replace"), digest_size=16).digest()
        is_new = tried not in self._tried
        self._tried[tried] = None
        self._tried.move_to_end(tried)
        if len(self._tried) > TRIED_KEPT:
            self._tried.popitem(last=False)
        return is_new


class BodyLimit:
    """Refuses bodies of more than ``limit`` bytes with 413, before they fill the memory. ``larger``: the limits of
    routes that keep no body in memory, by the pattern of their path; a body's length must then be announced."""

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[re.Pattern[str], int] | None = None) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length")
        if length is not None:
            limit = next((n for path, n in self._larger.items() if path.match(scope["path"])), self._limit)
            if not length.isdecimal() or int(length) > limit:
                await self._refuse(scope, receive, send, limit)
            else:
                await self._app(scope, receive, send)  # the server cuts a body off at its announced length
            return
        await self._unannounced(scope, receive, send)

    async def _unannounced(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A body without an announced length (chunked) is read first, up to the limit, and then handed on."""
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # gone before it had said all
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                await self._refuse(scope, receive, send, self._limit)
                return
        handed = False

        async def replay() -> Message:
            nonlocal handed
            if handed:
                return await receive()
            handed = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        problem = Problem(
            413, "too-large", "That is too much at once", f"At most {limit:,} bytes are taken.", limit=limit
        )
        await respond(Request(scope), problem)(scope, receive, send)
