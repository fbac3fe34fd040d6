"""Scoring runs that come back to what was scored before: nothing is made twice, and what they say is what counts."""

from __future__ import annotations

from interviewer.jobs.worker import work_off
from interviewer.records.database import Database
from interviewer.records.scorecards import all_scorecards_of, scorecards_of
from tests.jobs.interviews import Bench, bundle
from tests.jobs.test_rescore import SLUG, a_run, bench, interviews, new_version, now_of

__all__ = ["bench"]


async def test_the_same_run_again_adds_no_scorecard_and_asks_no_judge(
    database: Database, database_url: str, bench: Bench
) -> None:
    ids = await interviews(database, bench)
    for _ in range(2):
        run_id = await a_run(database, new_version())
        read = len(bench.judge.read)
        await work_off(database_url, bench.work)
    _, progress, items = await now_of(database, run_id)
    assert len(bench.judge.read) == read
    assert progress.done == len(items) == progress.total
    assert all(i.reused and i.scorecard_id for i in items)
    async with database.session() as session:
        cards = [c for one in ids for c in await all_scorecards_of(session, one)]
    assert len({c.id for c in cards}) == len(bundle().plan.questions) * 2 + len(items)


async def test_a_run_that_goes_back_to_an_earlier_rubric_is_what_everybody_sees(
    database: Database, database_url: str, bench: Bench
) -> None:
    (interview_id,) = await interviews(database, bench, 1)
    seen = []
    old = bundle().rubrics[SLUG]
    for rubric in (new_version(), old):
        run_id = await a_run(database, rubric)
        await work_off(database_url, bench.work)
        async with database.session() as session:
            cards = {c.answer_id: c for c in await scorecards_of(session, interview_id)}
        _, progress, items = await now_of(database, run_id)
        assert {cards[i.answer_id].rubric_hash for i in items} == {rubric.hash}
        assert {cards[i.answer_id].id for i in items} == {i.scorecard_id for i in items}
        seen.append((progress.done, progress.reused))
    assert seen == [(len(items), 0), (len(items), len(items))], "told of a run that has ended, too"
    await a_run(database, new_version(), dry_run=True)
    await work_off(database_url, bench.work)
    async with database.session() as session:
        still = {c.id for c in await scorecards_of(session, interview_id)}
    assert still == {c.id for c in cards.values()}, "a dry run changes nothing"
