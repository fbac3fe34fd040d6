"""All of /api/v1 as one router, with the problems that any of it may answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from interviewer.http.api import deletions, interviews, invitations, plans, webhooks
from interviewer.http.api.models import ProblemDocument

__all__ = ["router"]

_PROBLEMS = {
    401: "no key, or one that does not exist or was revoked (`unauthenticated`)",
    403: "the key lacks the scope (`scope-missing`)",
    404: "nothing has that id (`not-found`)",
    409: "the same Idempotency-Key is being worked on (`idempotency-key-in-use`), or what is there forbids it",
    422: "the request is not as expected (`invalid` and others); `errors` names each parameter",
    429: "the key has used up its window, or too many wrong keys came from here (`rate-limited`); see Retry-After",
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": f"Problem: {what}",
        "model": ProblemDocument,
    }
    for status, what in _PROBLEMS.items()
}

router = APIRouter(prefix="/api/v1", responses=_RESPONSES)
for part in (invitations, interviews, deletions, plans, webhooks):
    router.include_router(part.router)
