"""Scoring runs: every answer once, under the run's rubric; what breaks is set aside; what was scored is not again."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from interviewer.jobs.rescore import pick_up_lost_runs, prepare_run, rescore
from interviewer.jobs.score import score
from interviewer.jobs.worker import work_off
from interviewer.records import runs
from interviewer.records.database import Database
from interviewer.records.interviews import set_status
from interviewer.records.run_items import MOST_TRIES
from interviewer.records.scorecards import all_scorecards_of
from interviewer.records.tables import AnswerEmbeddings, ScoringRun, ScoringRunItem
from scoring.judges.base import CriterionJudgement, JudgeFailed, Judgement
from scoring.judges.embedded import EmbeddedJudge
from scoring.remembered import RememberingEmbedder
from scoring.rubric import Rubric
from scoring.transcript import Answer
from tests.jobs.interviews import Bench, a_bench, bundle, stored, typed_through

SLUG = "careful-work"


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


def new_version(slug: str = SLUG) -> Rubric:
    rubric = bundle().rubrics[slug]
    return rubric.model_copy(update={"version": rubric.version + 1, "title": f"{rubric.title}, again"})


async def interviews(database: Database, bench: Bench, count: int = 2) -> list[str]:
    """Submitted and scored as they are every day."""
    made = []
    for _ in range(count):
        made.append(await stored(database, typed_through()))
        async with database.session() as session:
            await set_status(session, made[-1], "submitted")
        await score(bench.work, made[-1])
    return made


async def a_run(database: Database, rubric: Rubric | None = None, *, dry_run: bool = False, **asked: Any) -> str:
    async with database.session() as session:
        body = None if rubric is None else rubric.model_dump(mode="json", by_alias=True)
        made = await runs.make_run(
            session, asked={"livemode": True, **asked}, rubric=body, judge="embedded", dry_run=dry_run,
            requested_by="tests",
        )  # fmt: skip
    return made.id


async def now_of(database: Database, run_id: str) -> tuple[ScoringRun, runs.Progress, list[ScoringRunItem]]:
    async with database.session() as session:
        run = await runs.run_row(session, run_id)
        assert run is not None
        progress = (await runs.progress_of(session, [run], datetime.now(UTC)))[run_id]
        items = select(ScoringRunItem).where(ScoringRunItem.run_id == run_id).order_by(ScoringRunItem.seq)
        return run, progress, list(await session.scalars(items))


async def hurry(database: Database) -> None:
    """What waits for its next try is due at once."""
    async with database.session() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 s'"))
        await session.execute(text("UPDATE scoring_run_items SET due_at = NULL"))
        await session.execute(text("UPDATE scoring_runs SET waits_until = NULL"))


async def test_a_run_judges_the_answers_to_the_questions_of_its_rubric_and_old_scorecards_stay(
    database: Database, database_url: str, bench: Bench
) -> None:
    ids = await interviews(database, bench)
    rubric = new_version()
    run_id = await a_run(database, rubric)
    await work_off(database_url, bench.work)
    run, progress, items = await now_of(database, run_id)
    questions = [q for q in bundle().plan.questions if q.rubric == SLUG]
    assert (run.status, progress.total, progress.done) == ("completed", 2 * len(questions), 2 * len(questions))
    assert all(i.before is not None and i.after is not None and i.scorecard_id for i in items)
    async with database.session() as session:
        cards = [c for one in ids for c in await all_scorecards_of(session, one)]
    under = [c.rubric_hash for c in cards]
    assert under.count(rubric.hash) == len(items)
    assert under.count(bundle().rubrics[SLUG].hash) == len(items), "the old ones stay"


async def test_a_chunk_that_is_done_twice_is_stored_once(database: Database, bench: Bench) -> None:
    await interviews(database, bench, 1)
    run_id = await a_run(database)
    await prepare_run(bench.work, run_id)
    await prepare_run(bench.work, run_id)
    bench.judge.version = "2"
    await rescore(bench.work, run_id, 0, 0)
    read = len(bench.judge.read)
    await rescore(bench.work, run_id, 0, 1)
    assert len(bench.judge.read) == read
    _, progress, items = await now_of(database, run_id)
    assert progress.done == len(items) == len(bundle().plan.questions)


async def test_beside_a_live_interview_a_run_rests_and_its_chunks_rest_together(
    database: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await interviews(database, bench)
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        assert bench.work.resting.locked()

    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    async with database.session() as session:
        await session.execute(
            text("UPDATE interviews SET status = 'live', node = :node WHERE id = :id"),
            {"node": bench.work.node, "id": other},
        )
    async with bench.work.resting:
        chunk = asyncio.create_task(rescore(bench.work, run_id, 0, 0))
        await asyncio.sleep(0.3)
        assert (await now_of(database, run_id))[1].done == 0, "another chunk rests"
        monkeypatch.setattr("interviewer.jobs.rescore.asyncio", SimpleNamespace(sleep=sleep))
    await chunk
    assert (await now_of(database, run_id))[0].status == "completed"
    assert len(rests) == 1
    assert 0 < rests[0] <= 5

    async with database.session() as session:
        await session.execute(text("UPDATE interviews SET status = 'scored' WHERE id = :id"), {"id": other})
    bench.judge.version = "2"
    again = await a_run(database, new_version(), interviews=[one])
    await prepare_run(bench.work, again)
    await rescore(bench.work, again, 0, 0)
    assert len(rests) == 1


async def test_a_dry_run_reports_and_stores_no_scorecard(database: Database, database_url: str, bench: Bench) -> None:
    (interview_id,) = await interviews(database, bench, 1)
    run_id = await a_run(database, new_version(), dry_run=True)
    await work_off(database_url, bench.work)
    run, _, items = await now_of(database, run_id)
    assert run.status == "completed"
    assert all(i.after is not None and i.scorecard_id is None for i in items)
    async with database.session() as session:
        assert len(await all_scorecards_of(session, interview_id)) == len(bundle().plan.questions)


async def test_a_paused_run_rests_and_goes_on_where_it_was(database: Database, database_url: str, bench: Bench) -> None:
    await interviews(database, bench, 1)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    async with database.session() as session:
        await runs.pause_run(session, run_id)
    read = len(bench.judge.read)
    await work_off(database_url, bench.work)
    assert len(bench.judge.read) == read
    async with database.session() as session:
        await runs.resume_run(session, run_id)
    await work_off(database_url, bench.work)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, progress.left) == ("completed", 0)


async def test_what_was_judged_when_a_run_was_cancelled_is_not_stored(
    database: Database, database_url: str, bench: Bench
) -> None:
    (interview_id,) = await interviews(database, bench, 1)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)

    async def cancel() -> None:
        async with database.session() as session:
            await runs.cancel_run(session, run_id, datetime.now(UTC))

    thread_run = bench.work.thread.run

    async def run_then_cancel(work: Any) -> Any:
        done = await thread_run(work)
        if isinstance(done, list):
            await cancel()
        return done

    bench.work.thread.run = run_then_cancel  # type: ignore[method-assign] # the moment between judging and storing
    await rescore(bench.work, run_id, 0, 0)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, progress.done) == ("cancelled", 0)
    async with database.session() as session:
        assert len(await all_scorecards_of(session, interview_id)) == len(bundle().plan.questions)
    with pytest.raises(runs.WrongState):
        async with database.session() as session:
            await runs.resume_run(session, run_id)


class Trips:
    """Breaks on the answer to one question."""

    name, version, model, calibration = "scripted", "trips", "none", "uncalibrated"

    def __init__(self, question_id: str, failure: Exception) -> None:
        self.question_id, self.failure = question_id, failure

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if answer.question_id == self.question_id:
            raise self.failure
        return Judgement({c.id: CriterionJudgement(None, "Nothing here.") for c in rubric.criteria})


async def until_it_rests(database: Database, url: str, bench: Bench, run_id: str) -> None:
    for _ in range(2 * MOST_TRIES):
        await work_off(url, bench.work)
        await hurry(database)
        if (await now_of(database, run_id))[0].status != "running":
            return


async def test_an_answer_that_the_judge_breaks_on_is_set_aside_after_five_tries_and_can_be_tried_again(
    database: Database, database_url: str, bench: Bench
) -> None:
    await interviews(database, bench, 1)
    poison = bundle().plan.questions[1].id
    run_id = await a_run(database)
    bench.work._judges = {"embedded": Trips(poison, ValueError("he said: secret words"))}
    await until_it_rests(database, database_url, bench, run_id)
    run, progress, items = await now_of(database, run_id)
    assert (run.status, progress.failed, progress.done) == ("completed", 1, len(items) - 1)
    (failed,) = [i for i in items if i.status == "failed"]
    assert failed.tries == MOST_TRIES
    assert failed.error == "The judge broke on this answer (ValueError)."
    bench.work._judges = {"embedded": Trips("none", ValueError())}
    async with database.session() as session:
        await runs.retry_failed(session, run_id)
    await work_off(database_url, bench.work)
    run, progress, items = await now_of(database, run_id)
    assert (run.status, progress.failed, progress.done) == ("completed", 0, len(items))


async def test_an_answer_that_ends_its_worker_takes_no_other_answer_with_it(database: Database, bench: Bench) -> None:
    await interviews(database, bench, 1)
    poison = bundle().plan.questions[1].id
    run_id = await a_run(database)
    await prepare_run(bench.work, run_id)

    class WorkerEnded(BaseException):
        """Stands for the end of the process: nothing that follows is done."""

    bench.work._judges = {"embedded": Trips(poison, WorkerEnded())}  # type: ignore[arg-type]
    deaths = 0
    for attempt in range(2 * MOST_TRIES):
        try:
            await rescore(bench.work, run_id, 0, attempt)
        except WorkerEnded:
            deaths += 1
    run, progress, items = await now_of(database, run_id)
    assert deaths == MOST_TRIES
    assert (run.status, progress.failed, progress.done) == ("completed", 1, len(items) - 1)
    assert "worker ended" in next(i.error for i in items if i.status == "failed")


async def test_while_the_endpoint_is_away_the_run_says_so_waits_and_sets_nothing_else_aside(
    database: Database, database_url: str, bench: Bench
) -> None:
    await interviews(database, bench, 1)
    run_id = await a_run(database)
    away = JudgeFailed("The endpoint cannot be reached.", passing=True)
    bench.judge.failure, bench.judge.version = away, "2"
    await work_off(database_url, bench.work)
    run, progress, items = await now_of(database, run_id)
    assert run.status == "running"
    assert run.problem == "The endpoint cannot be reached."
    assert run.waits_until is not None
    assert [i.tries for i in items] == [1] + [0] * (len(items) - 1)
    bench.judge.failure = None
    await hurry(database)
    await work_off(database_url, bench.work)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, run.problem, progress.left) == ("completed", None, 0)


async def test_a_worker_without_the_judge_s_settings_holds_the_run_in_plain_words(
    database: Database, database_url: str, bench: Bench
) -> None:
    await interviews(database, bench, 1)
    async with database.session() as session:
        made = await runs.make_run(
            session, asked={"livemode": True}, rubric=None, judge="chat", dry_run=False, requested_by="tests"
        )
    await work_off(database_url, bench.work)
    run, _, _ = await now_of(database, made.id)
    assert run.status == "paused"
    assert run.problem is not None
    assert "no settings for the judge" in run.problem


async def test_a_run_whose_jobs_were_lost_is_picked_up(database: Database, database_url: str, bench: Bench) -> None:
    await interviews(database, bench, 1)
    run_id = await a_run(database, new_version())
    await prepare_run(bench.work, run_id)
    async with database.session() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    assert await pick_up_lost_runs(bench.work) == [run_id]
    assert await pick_up_lost_runs(bench.work) == []
    await work_off(database_url, bench.work)
    assert (await now_of(database, run_id))[0].status == "completed"


async def test_a_run_over_nothing_is_completed_at_once(database: Database, bench: Bench) -> None:
    run_id = await a_run(database, plan="no-such-plan")
    await prepare_run(bench.work, run_id)
    run, progress, _ = await now_of(database, run_id)
    assert (run.status, progress.total, progress.share) == ("completed", 0, 1.0)


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ({"plan": "generalist-ai-trainer"}, 2 * len(bundle().plan.questions)),
        ({"questions": [bundle().plan.questions[0].id]}, 2),
        ({"ended_after": "2030-01-01T00:00:00Z"}, 0),
        ({"ended_before": "2030-01-01T00:00:00Z"}, 2 * len(bundle().plan.questions)),
        ({"livemode": False}, 0),
    ],
)
async def test_a_run_takes_the_answers_that_are_asked_for(
    database: Database, bench: Bench, asked: dict[str, Any], answers: int
) -> None:
    await interviews(database, bench)
    run_id = await a_run(database, **asked)
    await prepare_run(bench.work, run_id)
    assert (await now_of(database, run_id))[1].total == answers


@pytest.mark.slow
async def test_embeddings_are_made_once_and_go_with_their_answer(
    database: Database, database_url: str, bench: Bench
) -> None:
    first, second = RememberingEmbedder(), RememberingEmbedder()
    bench.work.embedder, bench.work.make_judge = first, lambda: EmbeddedJudge(first)
    (interview_id,) = await interviews(database, bench, 1)
    async with database.session() as session:
        kept = list(await session.scalars(select(AnswerEmbeddings)))
    assert len(kept) == len(bundle().plan.questions)
    bench.work.embedder, bench.work._judges = second, {"embedded": EmbeddedJudge(second)}
    run_id = await a_run(database, new_version())
    await work_off(database_url, bench.work)
    _, progress, items = await now_of(database, run_id)
    assert progress.done == len(items) > 0
    own = {"I worked as a fact checker.", "Every name had to be right before we printed it."}
    assert own <= set(first._cache)
    assert not own & set(second._cache), "no sentence of an answer was encoded again"
    async with database.session() as session:
        await session.execute(text("DELETE FROM interviews WHERE id = :id"), {"id": interview_id})
        assert list(await session.scalars(select(AnswerEmbeddings))) == []
        assert list(await session.scalars(select(ScoringRunItem))) == []


def test_the_rate_of_a_run_that_has_just_begun_is_not_counted_over_a_minute() -> None:
    now = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
    run = ScoringRun(status="running", started_at=now - timedelta(seconds=2))
    progress = runs._progress(run, runs.Counts(1000, 20), 20, now, now)
    assert progress.rate == 10
    assert progress.seconds_left == 98
    assert replace(progress, done=1000).share == 1.0
