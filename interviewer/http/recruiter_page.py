"""What recruiters' pages share: who is signed in, the navigation, how times are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from interviewer.http.pages import day, render
from interviewer.http.security import SignedIn
from interviewer.http.spoken_text import clock
from interviewer.plans.schema import VARIABLE_IN_TEXT

__all__ = ["STATUS_WORDS", "Mode", "ModeAsked", "moment", "recruiter_page"]

Mode = Literal["live", "test"]
ModeAsked = Annotated[Mode, Query()]
"""Which objects a list shows: those that count, or those that programs made with a test key."""

STATUS_WORDS: Mapping[str, str] = {
    "created": "Not started",
    "live": "In progress",
    "paused": "Paused",
    "checking": "Candidate checks the transcript",
    "submitted": "Being scored",
    "scored": "Ready for review",
}


_SECTIONS = {
    "interviews": "Interviews", "interview": "Interviews", "invitations": "Invitations", "invite": "Invitations",
    "invited": "Invitations", "plans": "Plans", "plan": "Plans",
    "scoring-runs": "Scoring runs", "scoring-run": "Scoring runs", "webhooks": "Webhooks",
}  # fmt: skip


def moment(at: datetime | None) -> str:
    """``3 March 2026, 14:05 UTC``, or a dash."""
    if at is None:
        return "–"
    at = at.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def named(text: str) -> str:
    """A plan's text with its variables as ``[name]``: what a reader of a plan that nobody is invited to yet sees."""
    return VARIABLE_IN_TEXT.sub(lambda found: f"[{found[1].replace('_', ' ')}]", text)


def recruiter_page(
    request: Request,
    name: str,
    who: SignedIn | None,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HTMLResponse:
    """The template ``recruiter/<name>.html``, for the person signed in (None on the login page)."""
    section = _SECTIONS.get(name, "")
    shared = {
        "who": who,
        "section": section,
        "moment": moment,
        "clock": clock,
        "named": named,
        "status_words": STATUS_WORDS,
    }
    return render(request, f"recruiter/{name}.html", {**shared, **context}, status=status)
