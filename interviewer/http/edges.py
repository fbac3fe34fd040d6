"""Guards at the site's edge, before any route: how much a request may carry, and how often links may be guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.http.guesses import Guesses
from interviewer.http.problems import Problem, respond
from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.security import client_address

__all__ = ["LARGEST_BODY", "BodyLimit", "LinkGuessing", "too_many"]

POLICY = 1008
"""The close code of a socket that breaks a rule (RFC 6455 section 7.4.1)."""
LED_SOMEWHERE = frozenset({200, 201, 204, 303, 409})
"""What is answered only where a link leads to an interview, whatever is asked of it."""
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
    """Links that lead nowhere are counted by network address (see :class:`Guesses`)."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self._app = app
        self._guesses = Guesses(limits, "link")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith("/i/"):
            await self._app(scope, receive, send)
            return
        address, token = client_address(HTTPConnection(scope)), scope["path"].split("/")[2]
        try:
            self._guesses.check(address, token)
        except TooMany as limit:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY})  # before it is accepted: a plain 403
            else:
                await respond(Request(scope), too_many(limit))(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            unknown = message.get("status") == 404 or message.get("reason") == "link-unknown"
            if unknown and message["type"] in ("http.response.start", "websocket.close"):
                self._guesses.wrong(address, token)
            elif message.get("status") in LED_SOMEWHERE:
                self._guesses.right(token)
            await send(message)

        await self._app(scope, receive, counted)


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
