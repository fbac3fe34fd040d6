"""The queue: deferred once, done in order, tried again with patience, given up in plain words, moved on by others."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job
from sqlalchemy import text

from interviewer.jobs.app import MOST_TRIES, Retries, jobs_app
from interviewer.jobs.defer import JobQueue
from interviewer.jobs.failures import PlainError, sentence
from interviewer.jobs.upkeep import pick_up_lost, retry_stalled, submit_unchecked
from interviewer.jobs.worker import HEAVY, LIGHT, work_off
from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.migrations import upgrade
from interviewer.records.scorecards import scorecards_of
from interviewer.records.tables import Interview
from tests.jobs.interviews import Bench, a_bench, recorded, spoken_then_ended, stored, typed_through
from tests.jobs.test_finalise import noise

WORKER = """
import asyncio, sys
from pathlib import Path
from interviewer.jobs import worker
from interviewer.speech.recognition import RecognitionOptions
from tests.jobs.interviews import ScriptedRecogniser
class Endless(ScriptedRecogniser):
    def recognise(self, *args, **kwargs):
        print("at work", flush=True)
        __import__("time").sleep(600)
worker.RecordRecogniser = lambda options: Endless()
folder = Path(sys.argv[2])
asyncio.run(worker.run_worker(worker.JobOptions(
    database_url=sys.argv[1], objects=folder / "objects", recordings=folder / "recordings",
    journals=folder / "journals",
    recognition=RecognitionOptions(cache=folder), nice=0)))
"""


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


@pytest.fixture
async def queue(database_url: str) -> Any:
    queue = JobQueue(database_url)
    await queue.open()
    yield queue
    await queue.close()


async def jobs(database: Database) -> list[tuple[Any, ...]]:
    """But for what comes by the clock, which may strike during any test."""
    query = "SELECT task_name, status, attempts FROM procrastinate_jobs WHERE queue_name <> 'upkeep' ORDER BY id"
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def now(database: Database, interview_id: str) -> Interview:
    async with database.session() as session:
        found = await find_interview(session, interview_id)
    assert found is not None
    return found


async def hurry(database: Database) -> None:
    """What waits for its next try is due at once."""
    async with database.session() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 s'"))
        for each in ("webhook_deliveries", "ats_assessments"):
            await session.execute(text(f"UPDATE {each} SET due_at = now() - interval '1 s' WHERE due_at IS NOT NULL"))  # noqa: S608


async def a_spoken_interview(database: Database, folder: Path) -> str:
    candidate = spoken_then_ended([("one", 3.0)])
    interview_id = await stored(database, candidate)
    recorded(folder, interview_id, [(0, noise(candidate.seconds))])
    return interview_id


async def test_an_interview_goes_from_its_end_to_its_scorecards(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
    await queue.defer_finalise(interview_id)
    await queue.defer_score(interview_id)
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).status == "scored"
    async with database.session() as session:
        (card,) = await scorecards_of(session, interview_id)
    assert card.transcript_version == 2, "the record transcript was there first"
    assert await jobs(database) == []


def test_every_queue_is_worked_off() -> None:
    tasks = jobs_app("postgresql://nobody@127.0.0.1/none").tasks.values()
    assert {t.queue for t in tasks if not t.name.startswith("builtin")} == {*HEAVY, *LIGHT}


async def test_deferring_twice_is_one_job(database: Database, queue: JobQueue) -> None:
    for _ in range(3):
        await queue.defer_finalise("int_1")
    await queue.defer_finalise("int_2")
    await queue.defer_score("int_1")
    assert [name for name, *_ in await jobs(database)] == ["finalise", "finalise", "score"]


async def test_a_failure_is_told_tried_again_later_and_forgotten_when_mended(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    bench.recogniser.failure = OSError(28, "No space left on device")
    await queue.defer_finalise(interview_id)
    await work_off(database_url, bench.work)
    failure = (await now(database, interview_id)).failure
    assert failure is not None
    assert failure.startswith("Writing out the recording failed (no space left on device); it is tried again at ")
    assert await jobs(database) == [("finalise", "todo", 1)]
    await work_off(database_url, bench.work)
    assert await jobs(database) == [("finalise", "todo", 1)], "not before its time"

    bench.recogniser.failure = None
    await hurry(database)
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).failure is None
    assert await jobs(database) == []


async def test_after_five_tries_it_is_set_aside_and_scoring_takes_what_was_heard_live(
    database: Database,
    database_url: str,
    bench: Bench,
    queue: JobQueue,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    bench.recogniser.failure = ValueError("the candidate said: a secret")
    await queue.defer_finalise(interview_id)
    for _ in range(MOST_TRIES):
        await hurry(database)
        await work_off(database_url, bench.work)
    assert await jobs(database) == [("finalise", "failed", MOST_TRIES)]
    failure = (await now(database, interview_id)).failure
    assert "secret" not in caplog.text
    assert "secret" not in capsys.readouterr().out
    assert failure == "Writing out the recording failed (ValueError); it was given up after several tries."
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
    await queue.defer_score(interview_id)
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).status == "scored"
    assert [a.text for a in bench.judge.read] == ["one"]


async def test_scoring_waits_for_a_transcript_that_is_tried_again(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
    bench.recogniser.failure = OSError(28, "No space left on device")
    await queue.defer_finalise(interview_id)
    await queue.defer_score(interview_id)
    await work_off(database_url, bench.work)
    assert bench.judge.read == []
    bench.recogniser.failure = None
    await hurry(database)
    await work_off(database_url, bench.work)
    assert [a.text.split()[0] for a in bench.judge.read] == ["word0"]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 10), (1, 40), (2, 160), (3, 640)])
def test_pauses_grow(attempts: int, seconds: int) -> None:
    job = Job(id=1, lock=None, queueing_lock=None, task_name="score", queue="score", attempts=attempts)
    decision = Retries().get_retry_decision(exception=OSError(), job=job)
    assert decision is not None
    assert decision.retry_at is not None
    assert abs(decision.retry_at - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(seconds=1)


def test_a_worker_that_is_told_to_stop_costs_no_try() -> None:
    job = Job(id=1, lock=None, queueing_lock=None, task_name="score", queue="score", attempts=MOST_TRIES + 3)
    for exception in (JobAborted(), asyncio.CancelledError()):
        assert Retries().get_retry_decision(exception=exception, job=job) is not None
    assert Retries().get_retry_decision(exception=OSError(), job=job) is None


def test_a_failure_s_sentence_quotes_no_error_but_a_plain_one() -> None:
    again = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert sentence("Scoring", PlainError("the disk is away"), again) == (
        "Scoring failed (the disk is away); it is tried again at 03:04:05 UTC."
    )
    assert "secret" not in sentence("Scoring", ValueError("secret"), again)


async def test_what_nobody_checked_for_a_day_is_submitted(database: Database, bench: Bench, queue: JobQueue) -> None:
    old, young = await stored(database, typed_through()), await stored(database, typed_through())
    async with database.session() as session:
        await update_interview(session, old, ended_at=datetime.now(UTC) - timedelta(hours=25))
    assert await submit_unchecked(bench.work) == [old]
    assert await submit_unchecked(bench.work) == []
    assert (await now(database, old)).status == "submitted"
    assert (await now(database, young)).status == "checking"
    assert await jobs(database) == [("score", "todo", 0)]


async def test_work_that_a_crash_let_fall_is_picked_up_once(
    database: Database, database_url: str, bench: Bench, queue: JobQueue
) -> None:
    unwritten, unscored, recent = [await stored(database, typed_through()) for _ in range(3)]
    past = datetime.now(UTC) - timedelta(minutes=10)
    async with database.session() as session:
        await update_interview(session, unwritten, ended_at=past)
        await set_status(session, unscored, "submitted", ended_at=past, submitted_at=past)
    assert set(await pick_up_lost(bench.work)) == {unwritten, unscored}
    assert await pick_up_lost(bench.work) == []
    await work_off(database_url, bench.work)
    assert (await now(database, unscored)).status == "scored"
    assert await pick_up_lost(bench.work) == [], "what was done is not lost"
    assert (await now(database, recent)).progress is None


async def test_what_was_given_up_is_tried_again_hours_later(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    """A version that mends it may have come, or a store that is well again."""
    interview_id = await a_spoken_interview(database, tmp_path)
    async with database.session() as session:
        await update_interview(session, interview_id, ended_at=datetime.now(UTC) - timedelta(minutes=10))
    await queue.defer_finalise(interview_id)
    bench.recogniser.failure = RuntimeError("a mistake of ours")
    for _ in range(MOST_TRIES):
        await hurry(database)
        await work_off(database_url, bench.work)
    assert [status for _, status, _ in await jobs(database)] == ["failed"]
    assert ((await now(database, interview_id)).progress or {})["stage"] == "failed"
    assert await pick_up_lost(bench.work) == []
    async with database.session() as session:
        await session.execute(text("UPDATE procrastinate_events SET at = at - interval '7 hours'"))
    bench.recogniser.failure = None
    assert await pick_up_lost(bench.work) == [interview_id]
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).failure is None
    assert await pick_up_lost(bench.work) == []


async def test_who_does_not_want_to_wait_has_what_failed_tried_now(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id, other = await a_spoken_interview(database, tmp_path), await stored(database, typed_through())
    await queue.defer_finalise(interview_id)
    await queue.defer_finalise(other, in_s=600)
    bench.recogniser.failure = RuntimeError("a disk that was taken out")
    await work_off(database_url, bench.work)
    for _ in range(MOST_TRIES - 1):
        assert await queue.try_again(interview_id), "the wait for the next try ends"
        await work_off(database_url, bench.work)
    failed = ("finalise", "failed", MOST_TRIES)
    assert failed in await jobs(database)
    bench.recogniser.failure = None
    assert await queue.try_again(interview_id), "what was given up is begun again"
    assert await queue.try_again(interview_id)
    assert sorted(await jobs(database)) == [failed, ("finalise", "todo", 0), ("finalise", "todo", 0)], "but once"
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).failure is None
    assert not await queue.try_again(interview_id), "nothing of it fails now"
    assert not await queue.try_again(other), "what only waits is left alone"
    assert not await queue.try_again("int_unknown")


async def test_a_scored_interview_has_the_judge_asked_again_for_what_it_gave_nothing_for(
    database: Database, database_url: str, bench: Bench, queue: JobQueue
) -> None:
    interview_id = await stored(database, typed_through())
    async with database.session() as session:
        await set_status(session, interview_id, "submitted", submitted_at=datetime.now(UTC))
    await queue.defer_finalise(interview_id)
    await queue.defer_score(interview_id)
    await work_off(database_url, bench.work)
    assert not await queue.try_again(interview_id)
    async with database.session() as session:
        await update_interview(session, interview_id, failure="Scoring failed (an endpoint); it was given up.")
    assert await queue.try_again(interview_id)
    assert await jobs(database) == [("score", "todo", 0)]
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).failure is None


async def started_worker(url: str, folder: Path) -> asyncio.subprocess.Process:
    """A worker in the middle of a transcription that never ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, url, str(folder), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while (await process.stdout.readline()).strip() != b"at work":
            assert process.returncode is None
    return process


async def given_back(app: App, bench: Bench, count: int) -> None:
    """PostgreSQL takes a moment to see that a process is gone."""
    found = 0
    async with asyncio.timeout(20):
        while found < count:
            found += await retry_stalled(app, bench.work, MOST_TRIES, silent_s=0)
    assert found == count


async def test_a_worker_that_is_only_slow_keeps_its_job_and_one_that_hangs_does_not(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    await queue.defer_finalise(interview_id)
    worker = await started_worker(database_url, tmp_path)
    app = jobs_app(database_url)
    async with app.open_async():
        assert await retry_stalled(app, bench.work, MOST_TRIES, silent_s=0) == 0
        assert await jobs(database) == [("finalise", "doing", 0)]
        assert await retry_stalled(app, bench.work, MOST_TRIES, silent_s=0, frozen_s=0) == 1
    worker.kill()
    await worker.wait()


async def test_a_killed_worker_s_job_is_done_by_another(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    await queue.defer_finalise(interview_id)
    worker = await started_worker(database_url, tmp_path)
    worker.kill()
    await worker.wait()
    assert await jobs(database) == [("finalise", "doing", 0)]
    app = jobs_app(database_url)
    async with app.open_async():
        assert await retry_stalled(app, bench.work, MOST_TRIES) == 0, "its silence is short"
        await given_back(app, bench, 1)
    await work_off(database_url, bench.work)
    assert (await now(database, interview_id)).progress is not None
    assert await jobs(database) == []


async def test_a_job_that_kills_every_worker_is_set_aside(
    database: Database, database_url: str, bench: Bench, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    await queue.defer_finalise(interview_id)
    async with database.session() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET attempts = 4"))
    worker = await started_worker(database_url, tmp_path)
    worker.kill()
    await worker.wait()
    app = jobs_app(database_url)
    async with app.open_async(), asyncio.timeout(20):
        while await jobs(database) == [("finalise", "doing", 4)]:
            assert await retry_stalled(app, bench.work, MOST_TRIES, silent_s=0) == 0
    assert await jobs(database) == [("finalise", "failed", MOST_TRIES)]
    set_aside = await now(database, interview_id)
    assert "Writing out the recording failed (its worker died each time)" in (set_aside.failure or "")
    assert (set_aside.progress or {})["stage"] == "failed", "who waits for the transcript is shown what was heard live"


async def test_a_worker_told_to_stop_ends_soon_and_gives_its_job_back(
    database: Database, database_url: str, queue: JobQueue, tmp_path: Path
) -> None:
    interview_id = await a_spoken_interview(database, tmp_path)
    await queue.defer_finalise(interview_id)
    worker = await started_worker(database_url, tmp_path)
    worker.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        await worker.wait()
    ((name, status, _),) = await jobs(database)
    assert (name, status) == ("finalise", "todo")
    assert (await now(database, interview_id)).failure is None


async def test_a_worker_outlives_an_outage_of_the_database(tmp_path: Path, open_folder: Path) -> None:
    server = EmbeddedPostgres(open_folder, shared_state=open_folder / "shared")
    url = await server.start()
    upgrade(url)
    database = Database(url)
    queue = JobQueue(url)
    await queue.open()
    worker = None
    try:
        interview_id = await a_spoken_interview(database, tmp_path)
        program = WORKER.replace("__import__", "return super().recognise(*args, **kwargs)\n        __import__")
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, url, str(tmp_path), cwd=Path(__file__).parents[2]
        )
        await asyncio.sleep(4)
        await server.stop()
        await asyncio.sleep(3)
        assert worker.returncode is None
        await server.start()
        await queue.defer_finalise(interview_id)
        async with asyncio.timeout(60):
            while ((await now(database, interview_id)).progress or {}).get("stage") != "transcribed":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        if worker is not None and worker.returncode is None:
            worker.kill()
            await worker.wait()
        await queue.close()
        await database.close()
        await server.stop()


async def test_a_queue_whose_database_is_away_raises_what_callers_know(tmp_path: Path) -> None:
    queue = JobQueue(f"postgresql://melvin@/melvin?host={tmp_path}&connect_timeout=1")
    queue._pool.timeout = 0.5
    await queue.open()
    with pytest.raises(psycopg.Error):
        await queue.defer_score("int_1")
    await queue.close()
