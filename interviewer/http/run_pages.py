"""Recruiters' pages for scoring runs: the list with their progress, and one with its report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse, Response

from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import ModeAsked, recruiter_page
from interviewer.http.rooms import rooms_of
from interviewer.http.run_plots import plot_of
from interviewer.http.run_report import csv_response, report_of
from interviewer.http.security import Account, Form
from interviewer.records import runs
from interviewer.records.pages import UnknownCursor
from interviewer.records.run_report import item_rows
from interviewer.records.tables import ScoringRun

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE = 25
SHOWN_FAILURES = 25
SHOWN_CROSSINGS = 25
USUAL_CUT = 3


@router.get("/scoring-runs")
async def listed(
    request: Request,
    who: Account,
    mode: ModeAsked = "live",
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        try:
            rows, more = await runs.list_runs(
                session, limit=PAGE, starting_after=starting_after, livemode=mode == "live"
            )
        except UnknownCursor as error:
            raise Problem(404, "cursor-unknown", "This page of the list does not exist", str(error)) from None
        progress = await runs.progress_of(session, rows, rooms.clock())
    context = {
        "runs": [(row, progress[row.id]) for row in rows],
        "left_words": left_words,
        "mode": mode,
        "path": "/scoring-runs",
        "older": f"/scoring-runs?mode={mode}&starting_after={rows[-1].id}" if more else None,
        "newest": f"/scoring-runs?mode={mode}" if starting_after else None,
    }
    return recruiter_page(request, "scoring-runs", who, context)


@router.get("/scoring-runs/{run_id}")
async def one(
    request: Request,
    who: Account,
    run_id: str,
    cut: Annotated[int, Query(ge=2, le=5)] = USUAL_CUT,
    part: Annotated[str, Query(max_length=20, description="`progress`: without the report")] = "",
) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        run = await _there(session, run_id)
        progress = (await runs.progress_of(session, [run], rooms.clock()))[run_id]
        context = {"run": run, "progress": progress, "left_words": left_words, "whole": part != "progress"}
        if part == "progress":
            return recruiter_page(request, "scoring-run", who, context)
        report = await report_of(session, run_id, cut)
        failed, more = await item_rows(session, run_id, limit=SHOWN_FAILURES, status="failed")
    rubric = run.rubric or {}
    context |= {
        "criteria": [(c, plot_of(c)) for c in report.criteria],
        "titles": {c["id"]: c["title"] for c in rubric.get("criteria", ())},
        "crossing": report.crossing[:SHOWN_CROSSINGS],
        "crossing_total": report.crossing_total,
        "cut": cut,
        "failed": failed,
        "more_failed": more,
    }
    return recruiter_page(request, "scoring-run", who, context)


@router.get("/scoring-runs/{run_id}/report.csv")
async def report_csv(request: Request, who: Account, run_id: str) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        await _there(session, run_id)
    return csv_response(rooms.database, run_id)


@router.post("/scoring-runs/{run_id}/{action}")
async def act(request: Request, who: Account, form: Form, run_id: str, action: str) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        await _there(session, run_id)
        try:
            if action == "pause":
                await runs.pause_run(session, run_id)
            elif action == "resume":
                await runs.resume_run(session, run_id)
            elif action == "cancel":
                await runs.cancel_run(session, run_id, rooms.clock())
            elif action == "retry_failed":
                await runs.retry_failed(session, run_id)
            else:
                raise Problem(404, "not-found", "There is no such page")
        except runs.WrongState as error:
            raise Problem(409, "wrong-status", "That is not possible now", str(error)) from None
    return RedirectResponse(f"/scoring-runs/{run_id}", status_code=303)


async def _there(session: AsyncSession, run_id: str) -> ScoringRun:
    run = await runs.run_row(session, run_id)
    if run is None:
        raise Problem(404, "not-found", "There is no such scoring run", f"No scoring run has the id {run_id}.")
    return run


def left_words(seconds: float | None) -> str:
    """``about 4 minutes left``; empty where nothing can be said."""
    if seconds is None:
        return ""
    if seconds < 90:
        return "less than two minutes left"
    minutes = round(seconds / 60)
    return f"about {minutes} minutes left" if minutes < 120 else f"about {round(minutes / 60)} hours left"
