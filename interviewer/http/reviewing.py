"""A recruiter gives their own levels beside a scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from interviewer.http.problems import Problem
from interviewer.http.review import gather
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account, Form
from interviewer.records.reviews import add_review
from scoring.rubric import Rubric

__all__ = ["MOST_COMMENT", "Hints", "router"]

router = APIRouter(include_in_schema=False)

MOST_COMMENT = 2_000
"""Characters."""
LEVELS = frozenset("12345")

Hints = Literal["on", "off"]
"""Whether a judge's levels, and other people's, stand on a page."""


@router.post("/interviews/{interview_id}/answers/{answer_id}/review")
async def give(request: Request, who: Account, form: Form, interview_id: str, answer_id: str) -> Response:
    """``level-<criterion>``: 1 to 5, or nothing. ``version``: the transcript that was read."""
    hints: Hints = "off" if form.get("hints") == "off" else "on"
    async with rooms_of(request).database.session() as session:
        gathered = await gather(session, interview_id)
        section = next((s for s in gathered.sections if s.answer_id == answer_id and s.rateable), None)
        if section is None:
            raise Problem(404, "not-found", "There is no such answer", "It was deleted, or nothing was said.")
        levels = _levels(form, section.rubric)
        comment = form.get("comment", "").replace("\r\n", "\n").replace("\x00", "").strip()
        if len(comment) > MOST_COMMENT:
            raise Problem(
                422,
                "too-long",
                "The comment is too long",
                f"It may have at most {MOST_COMMENT:,} characters; this one has {len(comment):,}. Nothing was saved.",
                todo=("Go back to the page before this one. What you gave is still there.",),
            )
        if not levels and not comment and section.review_by(who.account_id) is None:
            raise Problem(
                422,
                "empty",
                "There is no level and no comment yet",
                todo=("Go back, and choose a level for one criterion at least.",),
            )
        read = [t.version for t in gathered.transcripts if str(t.version) == form.get("version")]
        shown = gathered.shown.version if gathered.shown is not None else 0
        await add_review(
            session,
            answer_id=answer_id,
            account_id=who.account_id,
            transcript_version=read[0] if read else shown,
            rubric_hash=section.rubric.hash,
            levels=levels,
            comment=comment,
            hints_seen=hints == "on",
        )
    wanted = "?hints=off" if hints == "off" else ""
    return RedirectResponse(f"/interviews/{interview_id}{wanted}#answer-{section.question_id}", status_code=303)


def _levels(form: Mapping[str, str], rubric: Rubric) -> dict[str, int]:
    found: dict[str, int] = {}
    for criterion in rubric.criteria:
        given = form.get(f"level-{criterion.id}", "")
        if given and given not in LEVELS:
            raise Problem(422, "invalid", "That is no level", "Levels are 1 to 5.", param=f"level-{criterion.id}")
        if given:
            found[criterion.id] = int(given)
    return found
