"""Each POST is one transaction, and with an ``Idempotency-Key`` it is done once.

What a request changes and the reply that is kept for its key are stored together. So a program that hears nothing
sends the same request again: either nothing was done and it is done now, or the first reply comes back. Refusals and
errors undo everything and are not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from interviewer.http.api.keys import Caller, caller
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.records import replies

__all__ = ["OnceRoute", "Transaction"]


class _Known(Exception):
    """The request was answered before."""

    def __init__(self, reply: replies.Reply) -> None:
        super().__init__("answered before")
        self.reply = reply


class OnceRoute(APIRoute):
    """The class of routes whose POSTs take :data:`Transaction`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            if request.method != "POST":
                return await handle(request)
            rooms = rooms_of(request)
            try:
                async with rooms.database.session() as session:
                    request.state.transaction = session
                    response = await handle(request)
                    asked: replies.Request | None = getattr(request.state, "asked", None)
                    if asked is not None:
                        reply = replies.Reply(
                            response.status_code, response.headers.get("location"), bytes(response.body)
                        )
                        await replies.keep_reply(session, asked, reply, rooms.clock())
            except _Known as known:
                return _again(known.reply)
            return response

        return in_transaction


async def transaction(
    request: Request,
    found: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="chosen by the caller; the same request with the same key is done once within 24 hours",
        ),
    ] = None,
) -> AsyncSession:
    """The request's transaction, committed when the reply is ready.

    Raises ``idempotency-key-in-use`` (409) while the same key is being worked on, and ``idempotency-key-reused`` (422)
    where it came with another request before.
    """
    session: AsyncSession = request.state.transaction
    if idempotency_key is None:
        return session
    asked = replies.Request(found.key_id, idempotency_key, await _hash(request), request.url.path, found.secret)
    if not await replies.take_turn(session, asked):
        raise Problem(
            409,
            "idempotency-key-in-use",
            "The first request with this key is still being worked on",
            "Send it again in a second; the reply will be there.",
            headers={"Retry-After": "1"},
        )
    known = await replies.kept_reply(session, asked, rooms_of(request).clock())
    if known is not None:
        before, reply = known
        if before != asked.hash:
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key came with another request before",
                "Choose a new key for a new request; nothing was done.",
                param="Idempotency-Key",
            )
        raise _Known(reply)
    request.state.asked = asked
    return session


Transaction = Annotated[AsyncSession, Depends(transaction)]


async def _hash(request: Request) -> str:
    """Of method, address and body; JSON that says the same in another spelling is the same request."""
    body = await request.body()
    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON, or too deep, the route will refuse
        body = json.dumps(json.loads(body), sort_keys=True).encode() if body else b""
    address = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(address + body).hexdigest()


def _again(reply: replies.Reply) -> Response:
    headers = {"Idempotent-Replayed": "true"}
    if reply.location is not None:
        headers["Location"] = reply.location
    return Response(reply.body, reply.status, headers, media_type="application/json")
