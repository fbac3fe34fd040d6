"""/api/v1/scoring-runs"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import ListOf
from interviewer.http.api.once import OnceRoute, Transaction
from interviewer.http.api.run_models import RubricRef, RunDocument, RunIn, RunItemDocument, RunReportDocument
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.http.run_report import csv_response, report_of
from interviewer.http.running import RunWish, ask_for_run
from interviewer.records import runs
from interviewer.records.pages import UnknownCursor
from interviewer.records.run_report import item_rows
from interviewer.records.runs import RunStatus
from interviewer.records.tables import ScoringRun

router = APIRouter(prefix="/scoring-runs", tags=["Scoring runs"], route_class=OnceRoute)

Writer = Annotated[Caller, Depends(scoped(Scope.SCORING_RUNS_WRITE))]
Reader = Annotated[Caller, Depends(scoped(Scope.SCORING_RUNS_READ))]
Cut = Annotated[int, Query(ge=2, le=5, description="the lowest level that is enough")]


@router.post("", status_code=202, operation_id="create_scoring_run", summary="Score many answers again")
async def create(
    request: Request, response: Response, caller: Writer, session: Transaction, wanted: RunIn
) -> RunDocument:
    """Under another rubric, or by another judge. The work is done by workers in the background: read the run for its
    progress, or wait for the event `scoring_run.completed`. What was scored with just this before is not judged again,
    and old scorecards stay."""
    rubric = wanted.rubric.name if isinstance(wanted.rubric, RubricRef) else wanted.rubric
    wish = RunWish(
        rubric=rubric,
        judge=wanted.judge,
        dry_run=wanted.dry_run,
        answers=tuple(wanted.answer_ids),
        interviews=tuple(wanted.interview_ids),
        plan=wanted.filter.plan,
        questions=tuple(wanted.filter.questions),
        ended_after=wanted.filter.ended_after,
        ended_before=wanted.filter.ended_before,
        livemode=caller.livemode,
        requested_by=caller.key_id,
    )
    made = await ask_for_run(session, rooms_of(request), wish)
    response.headers["Location"] = f"/api/v1/scoring-runs/{made.id}"
    return await _document(request, session, made)


@router.get("", operation_id="list_scoring_runs", summary="List scoring runs, newest first")
async def listed(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[RunStatus | None, Query()] = None,
) -> ListOf[RunDocument]:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        try:
            rows, more = await runs.list_runs(
                session, limit=limit, starting_after=starting_after, status=status, livemode=caller.livemode
            )
        except UnknownCursor as error:
            raise Problem(
                422, "cursor-unknown", "The page does not exist", str(error), param="starting_after"
            ) from None
        progress = await runs.progress_of(session, rows, rooms.clock())
    return ListOf[RunDocument](data=[RunDocument.of(row, progress[row.id]) for row in rows], has_more=more)


@router.get("/{run_id}", operation_id="get_scoring_run", summary="Read a scoring run and its progress")
async def read(request: Request, caller: Reader, run_id: str) -> RunDocument:
    async with rooms_of(request).database.session() as session:
        return await _document(request, session, _there(await runs.run_row(session, run_id), run_id, caller))


@router.get("/{run_id}/items", operation_id="list_scoring_run_items", summary="List a run's answers, in its order")
async def items(
    request: Request,
    caller: Reader,
    run_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64, description="an answer's id")] = None,
    status: Annotated[Literal["todo", "done", "failed"] | None, Query()] = None,
) -> ListOf[RunItemDocument]:
    """With `status=failed`, those that were set aside, and why."""
    async with rooms_of(request).database.session() as session:
        _there(await runs.run_row(session, run_id), run_id, caller)
        try:
            rows, more = await item_rows(session, run_id, limit=limit, status=status, after_answer=starting_after)
        except LookupError:
            detail = f"starting_after: {starting_after!r} is no answer of this run"
            raise Problem(422, "cursor-unknown", "The page does not exist", detail, param="starting_after") from None
    return ListOf[RunItemDocument](data=[RunItemDocument.of(row) for row in rows], has_more=more)


@router.get("/{run_id}/report", operation_id="get_scoring_run_report", summary="Read what a run changed")
async def report(request: Request, caller: Reader, run_id: str, cut: Cut = 3) -> RunReportDocument:
    """Of the answers done so far: levels before and after, the correlation of their order, who crosses the cut."""
    async with rooms_of(request).database.session() as session:
        _there(await runs.run_row(session, run_id), run_id, caller)
        return RunReportDocument.of(run_id, await report_of(session, run_id, cut))


@router.get(
    "/{run_id}/report.csv",
    operation_id="get_scoring_run_csv",
    summary="Read every answer's levels before and after, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def report_csv(request: Request, caller: Reader, run_id: str) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        _there(await runs.run_row(session, run_id), run_id, caller)
    return csv_response(rooms_of(request).database, run_id)


@router.post("/{run_id}/pause", operation_id="pause_scoring_run", summary="Pause a run")
async def pause(request: Request, caller: Writer, session: Transaction, run_id: str) -> RunDocument:
    """Answers in hand are finished, no others begun. `wrong-status` (409) where it does not run."""
    return await _acted(request, session, caller, run_id, runs.pause_run(session, run_id))


@router.post("/{run_id}/resume", operation_id="resume_scoring_run", summary="Go on with a paused run")
async def resume(request: Request, caller: Writer, session: Transaction, run_id: str) -> RunDocument:
    return await _acted(request, session, caller, run_id, runs.resume_run(session, run_id))


@router.post("/{run_id}/cancel", operation_id="cancel_scoring_run", summary="Cancel a run for good")
async def cancel(request: Request, caller: Writer, session: Transaction, run_id: str) -> RunDocument:
    """Scorecards that it has stored stay."""
    return await _acted(request, session, caller, run_id, runs.cancel_run(session, run_id, rooms_of(request).clock()))


@router.post("/{run_id}/retry_failed", operation_id="retry_failed_scoring_run", summary="Try again what was set aside")
async def retry_failed(request: Request, caller: Writer, session: Transaction, run_id: str) -> RunDocument:
    return await _acted(request, session, caller, run_id, runs.retry_failed(session, run_id))


async def _acted(
    request: Request, session: AsyncSession, caller: Caller, run_id: str, action: Awaitable[ScoringRun | None]
) -> RunDocument:
    try:
        found = await action
    except runs.WrongState as error:
        raise Problem(409, "wrong-status", "The run's status does not allow that", str(error)) from None
    # Whose run it is not is told that there is none, and the transaction is undone.
    return await _document(request, session, _there(found, run_id, caller))


async def _document(request: Request, session: AsyncSession, row: ScoringRun) -> RunDocument:
    progress = await runs.progress_of(session, [row], rooms_of(request).clock())
    return RunDocument.of(row, progress[row.id])


def _there(found: ScoringRun | None, run_id: str, caller: Caller) -> ScoringRun:
    if found is None or bool(found.asked.get("livemode", True)) != caller.livemode:
        detail = f"No scoring run has the id {run_id}."
        raise Problem(404, "not-found", "There is no such scoring run", detail, param="run_id")
    return found
