"""Scoring runs: making one, its state, and how far it is. Its items are in :mod:`interviewer.records.run_items`.

preparing -> running <-> paused        running, paused -> cancelled
             running -> completed      completed -> running, where what failed is tried again
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.pages import page
from interviewer.records.queue import BEHIND_OTHERS, defer_many, defer_within
from interviewer.records.tables import AnswerRow, ScoringRun, ScoringRunItem

__all__ = [
    "CHUNK", "ENDED", "PREPARE_RUN", "RESCORE", "RUN_QUEUE", "Counts", "Progress", "RunStatus", "WrongState",
    "cancel_run", "count_results", "defer_chunks", "end_run", "forget_counts", "list_runs", "lost_runs", "make_run",
    "pause_run", "progress_of", "resume_run", "retry_failed", "run_row",
]  # fmt: skip

RunStatus = Literal["preparing", "running", "paused", "completed", "cancelled"]
ENDED = ("completed", "cancelled")
PREPARE_RUN = "prepare_run"
RESCORE = "rescore"
RUN_QUEUE = "rescore"
CHUNK = 100
"""Answers of one job: its reads and writes cost little for each, and little is done twice where a worker dies."""
RATE_OVER = timedelta(seconds=60)


class WrongState(Exception):
    """The run's status does not allow what was asked; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of a run; ``reused`` are among those done."""

    total: int = 0
    done: int = 0
    failed: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """``rate`` is answers a second over the last minute of work; ``seconds_left`` is None where
    nothing can be said."""

    total: int
    done: int
    failed: int
    reused: int
    rate: float
    seconds_left: float | None

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed

    @property
    def share(self) -> float:
        return (self.done + self.failed) / self.total if self.total else 1.0


async def make_run(
    session: AsyncSession,
    *,
    asked: Mapping[str, Any],
    rubric: Mapping[str, Any] | None,
    judge: str,
    dry_run: bool,
    requested_by: str,
) -> ScoringRun:
    """Its items are made by a job. ``asked``: see :func:`interviewer.records.run_items.make_items`."""
    made = ScoringRun(
        asked=dict(asked), rubric=None if rubric is None else dict(rubric), judge=judge, dry_run=dry_run,
        requested_by=requested_by,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await session.refresh(made)
    await defer_within(session, PREPARE_RUN, made.id, queue=RUN_QUEUE, lock=made.id)
    return made


async def run_row(session: AsyncSession, run_id: str, *, lock: bool = False) -> ScoringRun | None:
    return await session.get(ScoringRun, run_id, with_for_update=lock or None)


async def list_runs(
    session: AsyncSession,
    *,
    limit: int = 20,
    starting_after: str | None = None,
    status: RunStatus | None = None,
    livemode: bool = True,
) -> tuple[list[ScoringRun], bool]:
    """Newest first, and whether more follow."""
    query = select(ScoringRun).where(ScoringRun.asked["livemode"].as_boolean() == livemode)
    if status is not None:
        query = query.where(ScoringRun.status == status)
    return await page(session, query, ScoringRun, limit=limit, starting_after=starting_after)


async def progress_of(session: AsyncSession, runs: Sequence[ScoringRun], now: datetime) -> dict[str, Progress]:
    """By run id."""
    counts = {
        run.id: Counts(run.total, run.done or 0, run.failed or 0, run.reused or 0)
        for run in runs
        if run.total is not None
    }
    uncounted = [run.id for run in runs if run.total is None]
    if uncounted:
        counts |= await _count(session, uncounted)
    none: tuple[int, datetime | None] = (0, None)
    lately = {run.id: await _lately(session, run.id, now) for run in runs if run.status in ("running", "paused")}
    return {run.id: _progress(run, counts.get(run.id, Counts()), *lately.get(run.id, none), now) for run in runs}


async def count_results(session: AsyncSession, run: ScoringRun, done: int, failed: int, reused: int) -> None:
    """These have just been stored, in the transaction that has locked the run."""
    if run.total is None:
        await _keep_counts(session, run)
        return
    run.done = (run.done or 0) + done
    run.failed = (run.failed or 0) + failed
    run.reused = (run.reused or 0) + reused


async def forget_counts(session: AsyncSession, interview_id: str) -> None:
    """Of runs that go on, before answers of theirs are deleted: the next result has their items counted."""
    of_it = (
        select(ScoringRunItem.run_id)
        .join(AnswerRow, AnswerRow.id == ScoringRunItem.answer_id)
        .where(AnswerRow.interview_id == interview_id)
    )
    going = select(ScoringRun.id).where(ScoringRun.id.in_(of_it), ScoringRun.ended_at.is_(None))
    locked = list(await session.scalars(going.order_by(ScoringRun.id).with_for_update()))
    await session.execute(update(ScoringRun).where(ScoringRun.id.in_(locked)).values(total=None))


async def _keep_counts(session: AsyncSession, run: ScoringRun) -> None:
    counted = (await _count(session, [run.id])).get(run.id, Counts())
    run.total, run.done, run.failed, run.reused = counted.total, counted.done, counted.failed, counted.reused


async def _count(session: AsyncSession, run_ids: Sequence[str]) -> dict[str, Counts]:
    item = ScoringRunItem
    rows = await session.execute(
        select(
            item.run_id,
            func.count(),
            func.count().filter(item.status == "done"),
            func.count().filter(item.status == "failed"),
            func.count().filter(item.reused),
        )
        .where(item.run_id.in_(run_ids))
        .group_by(item.run_id)
    )
    return {run_id: Counts(*numbers) for run_id, *numbers in rows}


async def _lately(session: AsyncSession, run_id: str, now: datetime) -> tuple[int, datetime | None]:
    """Answers finished in the last minute, and when the first of them was."""
    item = ScoringRunItem
    found = await session.execute(
        select(func.count(), func.min(item.finished_at)).where(
            item.run_id == run_id, item.status == "done", item.finished_at > now - RATE_OVER
        )
    )
    count, first = found.one()
    return count, first


def _progress(run: ScoringRun, counts: Counts, lately: int, first: datetime | None, now: datetime) -> Progress:
    if run.ended_at is not None and run.started_at is not None:
        rate = counts.done / max((run.ended_at - run.started_at).total_seconds(), 1.0)
    else:
        # The first minute is counted from its beginning, so that ten answers after a second are not ten a minute.
        since = max(run.started_at or now, now - RATE_OVER) if first is not None else now
        rate = lately / max((now - since).total_seconds(), 1.0)
    left = counts.total - counts.done - counts.failed
    seconds = left / rate if rate and run.status == "running" else None
    return Progress(
        counts.total, counts.done, counts.failed, counts.reused, rate, 0.0 if run.status == "completed" else seconds
    )


async def pause_run(session: AsyncSession, run_id: str) -> ScoringRun | None:
    """Chunks in hand are finished; no other is begun. Raises :class:`WrongState`."""
    run = await run_row(session, run_id, lock=True)
    if run is not None and run.status != "paused":
        if run.status != "running":
            raise WrongState(f"The run is {run.status}; only one that is running can be paused.")
        run.status = "paused"
    return run


async def resume_run(session: AsyncSession, run_id: str) -> ScoringRun | None:
    """Raises :class:`WrongState`."""
    run = await run_row(session, run_id, lock=True)
    if run is not None and run.status != "running":
        if run.status != "paused":
            raise WrongState(f"The run is {run.status}; only one that is paused can be resumed.")
        run.status, run.problem, run.waits_until = "running", None, None
        await session.flush()
        await defer_chunks(session, run_id)
    return run


async def cancel_run(session: AsyncSession, run_id: str, now: datetime) -> ScoringRun | None:
    """What is scored stays. Raises :class:`WrongState`."""
    run = await run_row(session, run_id, lock=True)
    if run is not None and run.status != "cancelled":
        if run.status == "completed":
            raise WrongState("The run is completed; there is nothing left to cancel.")
        await end_run(session, run, "cancelled", now)
    return run


async def retry_failed(session: AsyncSession, run_id: str) -> ScoringRun | None:
    """What was set aside is tried again, five times at most. Raises :class:`WrongState`."""
    run = await run_row(session, run_id, lock=True)
    if run is None:
        return None
    if run.status not in ("running", "completed"):
        raise WrongState(f"The run is {run.status}; what failed can be tried again while it runs or when it is done.")
    again = (
        update(ScoringRunItem)
        .where(ScoringRunItem.run_id == run_id, ScoringRunItem.status == "failed")
        .values(status="todo", tries=0, due_at=None, error=None)
        .returning(ScoringRunItem.seq)
    )
    if (await session.execute(again)).first() is not None:
        run.status, run.ended_at = "running", None
        run.total = run.done = run.failed = None
        await session.flush()
        await defer_chunks(session, run_id)
    return run


async def end_run(session: AsyncSession, run: ScoringRun, status: RunStatus, now: datetime) -> None:
    """Its items are counted once more: some may have been deleted with their interviews."""
    await _keep_counts(session, run)
    run.status, run.ended_at, run.problem, run.waits_until = status, now, None, None
    await session.flush()


async def defer_chunks(session: AsyncSession, run_id: str) -> int:
    """A job for each chunk that has work left and none waiting. How many were deferred."""
    found = await session.execute(
        text(
            """SELECT DISTINCT (seq - 1) / :chunk FROM scoring_run_items WHERE run_id = :run AND status = 'todo'
            EXCEPT SELECT (args->>'chunk')::int FROM procrastinate_jobs
            WHERE task_name = :task AND status = 'todo' AND args->>'run' = :run
            ORDER BY 1"""
        ),
        {"chunk": CHUNK, "run": run_id, "task": RESCORE},
    )
    chunks = [int(row[0]) for row in found]
    await defer_many(
        session, RESCORE, [{"run": run_id, "chunk": number} for number in chunks],
        queue=RUN_QUEUE, priority=BEHIND_OTHERS,
    )  # fmt: skip
    return len(chunks)


async def lost_runs(session: AsyncSession) -> list[str]:
    """Runs with work left of which no job is waiting or in hand: a crash let it fall. Those with no work left that
    nobody has ended come too."""
    rows = await session.scalars(
        text(
            """SELECT r.id FROM scoring_runs r WHERE r.status = 'running' AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs j WHERE j.task_name IN (:chunk, :prepare)
                AND j.status IN ('todo', 'doing') AND r.id IN (j.args->>'run', j.args->>'subject'))"""
        ),
        {"chunk": RESCORE, "prepare": PREPARE_RUN},
    )
    return list(rows)
