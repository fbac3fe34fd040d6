"""API keys: ``Authorization: Bearer mk_live_...`` (or ``mk_test_...``) and what each may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from interviewer.http.api.limits import count_use
from interviewer.http.guesses import Guesses
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.http.security import client_address
from interviewer.records import keys

__all__ = ["Caller", "Scope", "caller", "scoped"]


class Scope(StrEnum):
    ANSWER_IMPORTS_READ = "answer-imports:read"
    ANSWER_IMPORTS_WRITE = "answer-imports:write"
    INVITATIONS_READ = "invitations:read"
    INVITATIONS_WRITE = "invitations:write"
    INTERVIEWS_READ = "interviews:read"
    INTERVIEWS_DELETE = "interviews:delete"
    PLANS_READ = "plans:read"
    SCORING_RUNS_READ = "scoring-runs:read"
    SCORING_RUNS_WRITE = "scoring-runs:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


@dataclass(frozen=True, slots=True)
class Caller:
    """``secret`` is the key itself, as it was sent. One without ``livemode`` makes and sees test objects alone."""

    key_id: str
    scopes: frozenset[str]
    livemode: bool
    secret: str = field(repr=False)


_bearer = HTTPBearer(scheme_name="api_key", description="A key made with `interviewer keys create`.", auto_error=False)


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """Raises ``unauthenticated`` (401), the same for an unknown and for a revoked key; :class:`TooMany` for one that
    asks too often."""
    guesses: Guesses = request.app.state.guessed_keys
    address = client_address(request)
    if given is None:
        raise _unauthenticated("Send an API key: Authorization: Bearer mk_live_...")
    guesses.check(address, given.credentials)
    async with rooms_of(request).database.session() as session:
        key = await keys.key_by_secret(session, given.credentials)
    if key is None:
        guesses.wrong(address, given.credentials)
        raise _unauthenticated("This API key does not exist or was revoked.")
    guesses.right(given.credentials)
    await count_use(request, key.id)
    return Caller(key.id, frozenset(key.scopes), key.livemode, given.credentials)


def scoped(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, whose key must hold ``scope``; else ``scope-missing`` (403)."""

    async def check(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if scope not in found.scopes:
            raise Problem(
                403, "scope-missing", "This key may not do that", f"The key needs the scope {scope.value}.",
                scope=scope.value,
            )  # fmt: skip
        return found

    return check


def _unauthenticated(detail: str) -> Problem:
    challenge = {"WWW-Authenticate": 'Bearer realm="api"'}
    return Problem(401, "unauthenticated", "An API key is needed", detail, headers=challenge)
