"""Recruiters' pages: the list of interviews, and one interview to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import STATUS_WORDS, ModeAsked, recruiter_page
from interviewer.http.review import found, gather
from interviewer.http.reviewing import Hints as HintsShown
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account, Form
from interviewer.records import interviews, scorecards
from interviewer.records.pages import UnknownCursor
from interviewer.records.search import LONGEST
from interviewer.records.tables import Interview

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE = 25


@dataclass(frozen=True, slots=True)
class Hints:
    """One answer's levels for the list: a level or None for each criterion. Never added up, never sorted by."""

    number: int
    question: str
    levels: tuple[int | None, ...]
    uncalibrated: bool


@router.get("/")
async def listed(
    request: Request,
    who: Account,
    status: Annotated[str, Query(max_length=20)] = "",
    plan: Annotated[str, Query(max_length=64)] = "",
    candidate: Annotated[str, Query(max_length=LONGEST)] = "",
    mode: ModeAsked = "live",
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
    hints: HintsShown = "on",
) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        try:
            rows, more = await interviews.list_interviews(
                session,
                limit=PAGE,
                starting_after=starting_after,
                status=status if status in STATUS_WORDS else None,
                plan=plan or None,
                livemode=mode == "live",
                candidate=candidate.strip(),
            )
        except UnknownCursor as error:
            raise Problem(404, "cursor-unknown", "This page of the list does not exist", str(error)) from None
        levels = await scorecards.latest_levels(session, [row.id for row in rows]) if hints == "on" else []
    shown = _hints(rows, levels)
    filters = (("status", status), ("plan", plan), ("candidate", candidate.strip()))
    kept = ({"mode": mode} if mode == "test" else {}) | ({"hints": hints} if hints == "off" else {})
    chosen = {**{name: value for name, value in filters if value}, **kept}
    older = "/?" + urlencode({**chosen, "starting_after": rows[-1].id}) if more else None
    return recruiter_page(
        request,
        "interviews",
        who,
        {
            "interviews": rows,
            "hints": shown,
            "hints_shown": hints == "on",
            "switched": "/?" + urlencode({**chosen, "hints": "off" if hints == "on" else "on"}),
            "uncalibrated": any(h.uncalibrated for own in shown.values() for h in own),
            "plans": [rooms.library.get(name).plan for name in rooms.library.names()],
            "status": status,
            "plan": plan,
            "candidate": candidate.strip(),
            "mode": mode,
            "path": "/",
            "older": older,
            "newest": "/?" + urlencode(chosen) if starting_after else None,
        },
    )


@router.get("/interviews/{interview_id}")
async def review(
    request: Request,
    who: Account,
    interview_id: str,
    transcript: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    again: bool = False,
    hints: HintsShown = "on",
) -> Response:
    async with rooms_of(request).database.session() as session:
        gathered = await gather(session, interview_id, transcript)
    return recruiter_page(request, "interview", who, {"review": gathered, "again": again, "hints": hints})


@router.post("/interviews/{interview_id}/try-again")
async def try_again(request: Request, who: Account, form: Form, interview_id: str) -> Response:
    """What failed is tried now, and not only when its next try is due."""
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        await found(session, interview_id)
    begun = await rooms.jobs.try_again(interview_id)
    return RedirectResponse(f"/interviews/{interview_id}{'?again=1' if begun else ''}", status_code=303)


def _hints(rows: Sequence[Interview], found: Sequence[scorecards.LatestLevels]) -> dict[str, list[Hints]]:
    """By interview id, in the plan's order."""
    hints: dict[str, list[Hints]] = {row.id: [] for row in rows}
    for one in found:
        uncalibrated = one.calibration == "uncalibrated"
        hints[one.interview_id].append(Hints(one.position, one.title or one.question_id, one.levels, uncalibrated))
    return hints
