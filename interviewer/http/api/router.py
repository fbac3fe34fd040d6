"""All of /api/v1 as one router, with the problems that any of it may answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from interviewer.http.api import (
    answer_imports,
    deletions,
    imported_sound,
    interviews,
    invitations,
    plans,
    scoring_runs,
    simulations,
    webhooks,
)
from interviewer.http.api.models import ProblemDocument

__all__ = ["router"]

_PROBLEMS = {
    400: "the body cannot be read as JSON in UTF-8 (`bad-request`)",
    401: "no key, or one that does not exist or was revoked (`unauthenticated`)",
    403: "the key lacks the scope (`scope-missing`)",
    404: "nothing has that id (`not-found`)",
    409: "the same Idempotency-Key is being worked on (`idempotency-key-in-use`), or what is there forbids it",
    413: "the body is too large (`too-large`)",
    415: "the body is of another kind than this address takes (`media-type`)",
    422: "the request is not as expected (`invalid` and others); `errors` names each parameter",
    429: "the key has used up its window, or too many wrong keys came from here (`rate-limited`); see Retry-After",
    503: "the database does not answer (`database-away`), or an answer takes longer than it may; see Retry-After",
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": f"Problem: {what}",
        "model": ProblemDocument,
    }
    for status, what in _PROBLEMS.items()
}

router = APIRouter(prefix="/api/v1", responses=_RESPONSES)
for part in (
    invitations,
    interviews,
    deletions,
    plans,
    scoring_runs,
    answer_imports,
    imported_sound,
    simulations,
    webhooks,
):
    router.include_router(part.router)
