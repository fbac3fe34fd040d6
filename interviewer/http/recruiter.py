"""Recruiters' pages: the list of interviews, and one interview to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import STATUS_WORDS, ModeAsked, recruiter_page
from interviewer.http.review import gather
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account
from interviewer.records import interviews, scorecards
from interviewer.records.pages import UnknownCursor
from interviewer.records.tables import Interview, ScorecardRow
from scoring.scorecard import Scorecard

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
    mode: ModeAsked = "live",
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
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
                with_scripts=True,
            )
        except UnknownCursor as error:
            raise Problem(404, "cursor-unknown", "This page of the list does not exist", str(error)) from None
        cards = await scorecards.scorecards_of(session, *(row.id for row in rows))
    hints = _hints(rows, cards)
    kept = {"mode": mode} if mode == "test" else {}
    chosen = {**{name: value for name, value in (("status", status), ("plan", plan)) if value}, **kept}
    older = "/?" + urlencode({**chosen, "starting_after": rows[-1].id}) if more else None
    return recruiter_page(
        request,
        "interviews",
        who,
        {
            "interviews": rows,
            "hints": hints,
            "uncalibrated": any(h.uncalibrated for own in hints.values() for h in own),
            "plans": [rooms.library.get(name).plan for name in rooms.library.names()],
            "status": status,
            "plan": plan,
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
) -> Response:
    async with rooms_of(request).database.session() as session:
        found = await gather(session, interview_id, transcript)
    return recruiter_page(request, "interview", who, {"review": found})


def _hints(rows: Sequence[Interview], cards: Sequence[ScorecardRow]) -> dict[str, list[Hints]]:
    """By interview id, in the plan's order."""
    titles = {row.id: {q["id"]: q["title"] for q in row.script["questions"]} for row in rows}
    found: dict[str, list[Hints]] = {row.id: [] for row in rows}
    for row in cards:
        card = Scorecard.from_dict(row.body)
        interview_id = row.answer.interview_id
        found[interview_id].append(
            Hints(
                row.answer.position,
                str(titles[interview_id].get(row.answer.question_id, row.answer.question_id)),
                tuple(c.level for c in card.criteria),
                card.provenance.calibration == "uncalibrated",
            )
        )
    return found
