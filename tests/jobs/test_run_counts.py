"""A run's counts are kept as results come in, so that nobody who looks at it reads all its answers; they are right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from interviewer.jobs.rescore import prepare_run
from interviewer.jobs.worker import work_off
from interviewer.records import deletions, runs
from interviewer.records.database import Database
from interviewer.records.run_items import Made, store_results
from interviewer.records.tables import AnswerRow, ScoringRunItem
from tests.jobs.interviews import Bench
from tests.jobs.test_rescore import a_run, bench, interviews, new_version, now_of

__all__ = ["bench"]


async def results(database: Database, run_id: str, *errors: str | None, final: bool = True) -> None:
    """The next items that wait fail with these; ``final``: they are not tried again."""
    waiting = select(ScoringRunItem).where(ScoringRunItem.run_id == run_id, ScoringRunItem.status == "todo")
    now = datetime.now(UTC)
    again = None if final else now + timedelta(hours=1)
    async with database.session() as session:
        items = list(await session.scalars(waiting.order_by(ScoringRunItem.seq).limit(len(errors))))
        made = [
            Made(i.seq, i.answer_id, i.transcript_version, error=e, again_at=again)
            for i, e in zip(items, errors, strict=True)
        ]
        assert await store_results(session, run_id, made, now)


async def kept(database: Database, run_id: str) -> tuple[int | None, int | None, int | None]:
    """What the run's row says; and what a look at the run does is what a count of its items would."""
    async with database.session() as session:
        run = await runs.run_row(session, run_id)
        assert run is not None
        seen = (await runs.progress_of(session, [run], datetime.now(UTC)))[run_id]
        counted = (await runs._count(session, [run_id])).get(run_id, runs.Counts())
    assert (seen.total, seen.done, seen.failed, seen.reused) == (
        counted.total, counted.done, counted.failed, counted.reused
    )  # fmt: skip
    return run.total, run.done, run.failed


async def test_counts_follow_what_becomes_of_items(database: Database, database_url: str, bench: Bench) -> None:
    await interviews(database, bench, 4)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    _, progress, items = await now_of(database, run_id)
    assert await kept(database, run_id) == (len(items), 0, 0)
    await results(database, run_id, None, "no")
    assert await kept(database, run_id) == (len(items), 1, 1)
    await results(database, run_id, "later", final=False)
    assert await kept(database, run_id) == (len(items), 1, 1), "what is tried again is neither"
    async with database.session() as session:  # a result that comes twice
        assert await store_results(
            session, run_id, [Made(items[0].seq, items[0].answer_id, 1)], datetime.now(UTC)
        )  # fmt: skip
    assert await kept(database, run_id) == (len(items), 1, 1)
    async with database.session() as session:
        await runs.retry_failed(session, run_id)
    assert (await now_of(database, run_id))[1].failed == 0
    async with database.session() as session:
        await session.execute(text("UPDATE scoring_run_items SET due_at = NULL"))
    await work_off(database_url, bench.work)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, run.done, run.failed, progress.left) == ("completed", len(items), 0, 0)


async def test_counts_are_right_where_an_interview_is_deleted_meanwhile(
    database: Database, database_url: str, bench: Bench
) -> None:
    await interviews(database, bench, 4)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    _, _, items = await now_of(database, run_id)
    await results(database, run_id, None, "no")
    async with database.session() as session:
        gone = await session.scalar(select(AnswerRow.interview_id).where(AnswerRow.id == items[0].answer_id))
        assert gone is not None
        assert await deletions.forget(session, gone, "a test") is not None
    assert await kept(database, run_id) == (None, 1, 1), "they are counted when they are asked for"
    await results(database, run_id, None)
    assert await kept(database, run_id) == (3, 1, 1), "and kept from the next result on"
    await work_off(database_url, bench.work)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, run.total, run.done, run.failed, progress.left) == ("completed", 3, 2, 1, 0)


async def test_a_run_that_an_earlier_version_began_is_counted_once(database: Database, bench: Bench) -> None:
    await interviews(database, bench, 1)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    async with database.session() as session:
        await session.execute(text("UPDATE scoring_runs SET total = NULL, done = NULL, failed = NULL, reused = NULL"))
    await results(database, run_id, None)
    total, done, failed = await kept(database, run_id)
    assert (total, done, failed) == (len((await now_of(database, run_id))[2]), 1, 0)
