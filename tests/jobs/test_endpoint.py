"""A judge's endpoint is asked no more than all workers together may: at once, and in a minute."""

import asyncio
import threading
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interviewer.jobs.endpoint import EndpointLimits, EndpointTurns
from interviewer.jobs.rescore import prepare_run, rescore
from interviewer.jobs.roles import ROLES, UnknownRole, queues_of
from interviewer.jobs.worker import HEAVY, LIGHT
from interviewer.records import runs
from interviewer.records.allowances import LEASE, give_back_slot, renew_slots, take_slot
from interviewer.records.database import Database
from scoring.judges.base import CriterionJudgement, Judgement
from scoring.rubric import Rubric
from scoring.transcript import Answer
from tests.jobs.interviews import a_bench, bundle
from tests.jobs.test_rescore import interviews, now_of

NOW = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PLACE = "http://judge.example/v1"


async def take(database: Database, holder: str, now: datetime, *, most: int | None = None, rate: int | None = None):  # type: ignore[no-untyped-def]
    async with database.session() as session:
        return await take_slot(session, PLACE, holder, most=most, per_minute=rate, now=now)


async def test_two_workers_share_the_slots_and_those_of_a_dead_one_come_free(database: Database) -> None:
    first, _ = await take(database, "one", NOW, most=2)
    await take(database, "two", NOW, most=2)
    slot, wait_s = await take(database, "two", NOW, most=2)
    assert slot is None
    assert wait_s > 0
    async with database.session() as session:
        await give_back_slot(session, first)
    assert (await take(database, "two", NOW, most=2))[0] is not None
    late = NOW + LEASE - timedelta(seconds=1)
    async with database.session() as session:
        await renew_slots(session, "two", late)
    assert (await take(database, "three", NOW + LEASE * 1.5, most=2))[0] is None, "it still lives"
    assert (await take(database, "three", late + LEASE * 1.5, most=2))[0] is not None


async def test_a_rate_is_kept_over_all_workers_and_says_how_long_to_wait(database: Database) -> None:
    taken = [await take(database, holder, NOW, rate=60) for holder in ("one", "two") * 4]
    assert sum(slot is not None for slot, _ in taken) == 6, "a tenth of a minute's may come at once"
    assert taken[-1][1] == pytest.approx(1.0)
    assert (await take(database, "one", NOW + timedelta(seconds=1), rate=60))[0] is not None
    assert (await take(database, "two", NOW + timedelta(seconds=1), rate=60))[0] is None


class Waiting:
    """Holds each answer until as many are with it as may be, and counts them."""

    name, version, model, calibration = "chat", "1", "none", "uncalibrated"

    def __init__(self, together: int) -> None:
        self.gate = threading.Barrier(together)
        self.lock = threading.Lock()
        self.within = self.most = 0

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        with self.lock:
            self.within += 1
            self.most = max(self.most, self.within)
        self.gate.wait(timeout=60)
        with self.lock:
            self.within -= 1
        return Judgement({c.id: CriterionJudgement(None, "Nothing here.") for c in rubric.criteria})


async def test_many_answers_wait_for_an_endpoint_at_once_and_never_more_than_may(
    database: Database, tmp_path: Path
) -> None:
    bench = a_bench(database, tmp_path)
    await interviews(database, bench, 2)
    answers = 2 * len(bundle().plan.questions)
    judge = Waiting(2)
    assert answers % 2 == 0
    bench.work._judges = {"chat": judge}
    bench.work.turns = EndpointTurns(database, EndpointLimits(PLACE, slots=4, at_once=2))
    async with database.session() as session:
        made = await runs.make_run(
            session, asked={"livemode": True}, rubric=None, judge="chat", dry_run=False, requested_by="tests"
        )
    await prepare_run(bench.work, made.id)
    await rescore(bench.work, made.id, 0, 0)
    run, progress, _ = await now_of(database, made.id)
    assert (run.status, progress.done) == ("completed", answers)
    assert judge.most == 2


async def test_without_limits_no_slot_is_taken(database: Database) -> None:
    turns = EndpointTurns(database, EndpointLimits(PLACE))
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(turns.turn())
        slot, _ = await take(database, "other", datetime.now(UTC), most=1)
    assert slot is not None


async def test_a_turn_that_was_cancelled_leaves_its_slot(database: Database) -> None:
    turns = EndpointTurns(database, EndpointLimits(PLACE, at_once=1))
    inside = asyncio.Event()

    async def hold() -> None:
        async with turns.turn():
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(30), turns.turn():
        pass


def test_roles_are_queues_and_all_roles_are_all_queues() -> None:
    assert queues_of([]) is None
    assert queues_of(["score"]) == ("score", "rescore")
    assert sorted(queues_of(list(ROLES)) or ()) == sorted((*HEAVY, *LIGHT))
    with pytest.raises(UnknownRole, match="transcribe, score, deliver"):
        queues_of(["score", "cook"])
