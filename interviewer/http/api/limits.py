"""How many requests an API key may make, and the headers that say so in every reply.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: ``RateLimit-Policy: "key";q=1000;w=60`` and
``RateLimit: "key";r=998;t=41`` (requests left, seconds until the count begins anew).
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.rooms import rooms_of
from interviewer.records.database import Database
from interviewer.records.usage import count_request

__all__ = ["Allowance", "RateLimitHeaders", "count_use"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """``quota`` requests in ``window_s`` seconds; ``left`` of them for the next ``reset_s`` seconds."""

    quota: int
    window_s: int
    left: int
    reset_s: int


async def count_use(request: Request, key_id: str) -> None:
    """Count this request. Raises :class:`TooMany` where the key has used up its window."""
    limits: RateLimits = request.app.state.rate_limits
    quota, window_s = limits.allowance("api")
    rooms = rooms_of(request)
    database: Database = rooms.database
    async with database.session() as session:
        used, reset_s = await count_request(session, key_id, window_s, rooms.clock())
    request.state.allowance = Allowance(quota, window_s, max(0, quota - used), reset_s)
    if used > quota:
        raise TooMany(reset_s)


class RateLimitHeaders:
    """In refusals too: a program that is told to wait learns here what it may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            allowance = scope.get("state", {}).get("allowance")
            if message["type"] == "http.response.start" and isinstance(allowance, Allowance):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"key";q={allowance.quota};w={allowance.window_s}'
                headers["RateLimit"] = f'"key";r={allowance.left};t={allowance.reset_s}'
            await send(message)

        await self._app(scope, receive, with_headers)
