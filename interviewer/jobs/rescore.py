"""Scoring runs: their items, then chunk by chunk what a judge makes of them.

A chunk's job may run twice, or its worker may die in the middle: what it stored stays, and what is left is done by the
next try. A chunk whose worker died is done carefully, one answer at a time with its try noted before it, so that an
answer that ends workers is found and set aside after MOST_TRIES.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from interviewer.jobs.answers_to_score import Questions, answers_in
from interviewer.jobs.judging import Judged, Task, judged
from interviewer.jobs.work import NoSuchJudge, Work
from interviewer.records.embeddings import embeddings_of, put_embeddings
from interviewer.records.interviews import live_on
from interviewer.records.queue import BEHIND_OTHERS, defer_many
from interviewer.records.run_items import (
    MOST_TRIES,
    Made,
    Waiting,
    begun,
    chunk_items,
    finish,
    make_items,
    next_due,
    standing_cards,
    store_results,
)
from interviewer.records.runs import RESCORE, RUN_QUEUE, defer_chunks, lost_runs, run_row
from interviewer.records.tables import ScoringRun
from scoring.embeddings import ModelMissing
from scoring.judges.base import Judge
from scoring.masking import reading
from scoring.rubric import Rubric

__all__ = ["pick_up_lost_runs", "prepare_run", "rescore"]

FIRST_PAUSE_S, PAUSE_GROWS, LONGEST_PAUSE_S = 10.0, 4.0, 300.0
DIED = "The worker ended each time while this answer was judged."
GONE = "The answer, its transcript or its plan is not there any more."
REST = 3.0
LONGEST_YIELD_S = 5.0

log = structlog.get_logger(__name__)


async def prepare_run(work: Work, run_id: str) -> None:
    """Idempotent: the items and the jobs of their chunks come into being together, once."""
    async with work.database.session() as session:
        run = await run_row(session, run_id, lock=True)
        if run is None or run.status != "preparing":
            return
        count = await make_items(session, run)
        run.status, run.started_at = "running", _now()
        run.total, run.done, run.failed, run.reused = count, 0, 0, 0
        await session.flush()
        await defer_chunks(session, run_id)
        await finish(session, run, _now())
    log.info("run.prepared", run=run_id, answers=count)


async def rescore(work: Work, run_id: str, chunk: int, begun_before: int) -> None:
    """``begun_before``: how often this job's worker died or was stopped. Raises the database's errors."""
    async with work.database.session() as session:
        run = await run_row(session, run_id)
        if run is None or run.status != "running":
            return
        if run.waits_until is not None and run.waits_until > _now():
            await _again(work, run_id, chunk, run.waits_until)
            return
    try:
        judge = await work.thread.run(lambda: work.judge(run.judge))
        await _chunk(work, run, judge, chunk, begun_before)
    except NoSuchJudge:
        await _hold(work, run_id, f"A worker has no settings for the judge “{run.judge}”. Mend them, then resume.")
    except ModelMissing as error:
        await _hold(work, run_id, f"{str(error).rstrip('.')}. Mend this, then resume.")


async def _chunk(work: Work, run: ScoringRun, judge: Judge, chunk: int, begun_before: int) -> None:
    results, tasks = await _read(work, run, judge, chunk)
    if results and not await _store(work, run.id, results):
        return
    careful = begun_before > 0
    stretches = [[task] for task in tasks] if careful else [tasks] if tasks else []
    for stretch in stretches:
        if careful:
            kept = await _noted(work, run.id, stretch)
            if not kept:
                continue
            stretch = kept
        async with work.resting:  # one chunk's rest is no time for another's
            judged_s = 0.0
        async for part in judged(work, judge, run.judge, stretch):
            away = _all_passing(part)
            if away is not None:
                await _endpoint_away(work, run.id, chunk, part[0], away)
                return
            if not await _keep(work, judge, run, part):
                return
            judged_s += sum(j.took_s for j in part)
        work.settle()
        await _yield_to_live(work, judged_s)
    async with work.database.session() as session:
        due = await next_due(session, run.id, chunk)
    if due is not None:
        await _again(work, run.id, chunk, due)


async def _read(work: Work, run: ScoringRun, judge: Judge, chunk: int) -> tuple[list[Made], list[Task]]:
    """What needs no judge, and what does."""
    questions = _questions(work, run)
    async with work.database.session() as session:
        items = await chunk_items(session, run.id, chunk, _now())
        if not items:
            return [], []
        await questions.read(session, list({i.plan_id for i in items}))
        asked_of = {i.seq: questions.of(i) for i in items}
        answers = await answers_in(session, items)
        ids = [i.answer_id for i in items]
        rubrics = {asked.rubric.hash for asked in asked_of.values() if asked is not None}
        standing = await standing_cards(session, ids, list(rubrics), judge.name, reading(judge.version))
        packed = await embeddings_of(session, ids, work.embedder.version) if work.embedder else {}
    results: list[Made] = []
    tasks: list[Task] = []
    for item in items:
        asked, answer = asked_of[item.seq], answers.get(item.seq)
        if asked is None or answer is None:
            results.append(replace(_made(item), error=GONE))
        elif (stands := standing.get((item.answer_id, item.transcript_version, asked.rubric.hash))) is not None:
            results.append(replace(_made(item), stands=stands))
        else:
            tasks.append(Task(item, answer, asked, packed.get(item.answer_id)))
    return results, tasks


async def _noted(work: Work, run_id: str, stretch: Sequence[Task]) -> list[Task]:
    """The tasks with this try counted, and the one that the worker did not survive. Those whose tries are used up are
    set aside."""
    async with work.database.session() as session:
        tries = await begun(session, run_id, [t.item.seq for t in stretch], at_least=1)
    going = [t for t in stretch if tries.get(t.item.seq, MOST_TRIES + 1) <= MOST_TRIES]
    over = [t.item for t in stretch if tries.get(t.item.seq, 0) > MOST_TRIES]
    if over:
        await _store(work, run_id, [replace(_made(i), error=DIED, tries=MOST_TRIES) for i in over])
    return [replace(t, item=replace(t.item, tries=tries[t.item.seq] - 1)) for t in going]


async def _keep(work: Work, judge: Judge, run: ScoringRun, part: Sequence[Judged]) -> bool:
    fresh = [(j.task.item.answer_id, *j.packed) for j in part if j.packed is not None]
    if fresh and work.embedder is not None:
        async with work.database.session() as session:
            await put_embeddings(session, work.embedder.version, fresh)
    return await _store(work, run.id, [_result(j, judge) for j in part], sum(j.took_s for j in part))


def _result(judged_one: Judged, judge: Judge) -> Made:
    item, card = judged_one.task.item, judged_one.card
    tries = item.tries + 1
    error = judged_one.error or judged_one.passing
    if error is not None or card is None:
        pause = _pause(item.tries) if judged_one.error is None else 2.0**item.tries
        again = None if tries >= MOST_TRIES else _now() + timedelta(seconds=pause)
        return replace(_made(item), error=error, again_at=again, tries=tries)
    return replace(
        _made(item), tries=tries, rubric_hash=judged_one.task.asked.rubric.hash, judge=card.provenance.judge,
        judge_version=reading(card.provenance.judge_version), body=card.to_dict(),
    )  # fmt: skip


async def _store(work: Work, run_id: str, results: Sequence[Made], judged_s: float = 0.0) -> bool:
    """False where the run goes on no more."""
    async with work.database.session() as session:
        taken = await store_results(session, run_id, results, _now())
    log.info("run.stored" if taken else "run.not_stored", run=run_id, answers=len(results), judged_s=round(judged_s, 3))
    return taken


def _all_passing(part: Sequence[Judged]) -> str | None:
    reasons = [j.passing for j in part]
    return reasons[0] if reasons and all(r is not None for r in reasons) else None


async def _endpoint_away(work: Work, run_id: str, chunk: int, first: Judged, reason: str) -> None:
    """The whole run waits; one answer's try is counted, so that one that the endpoint always fails at is found."""
    pause = _pause(first.task.item.tries)
    until = _now() + timedelta(seconds=pause)
    item = first.task.item
    again = None if item.tries + 1 >= MOST_TRIES else until
    await _store(work, run_id, [replace(_made(item), error=reason, again_at=again, tries=item.tries + 1)])
    async with work.database.session() as session:
        run = await run_row(session, run_id, lock=True)
        if run is not None and run.status == "running":
            run.problem, run.waits_until = reason, until
    log.warning("run.judge_away", run=run_id, again_in_s=round(pause))
    await _again(work, run_id, chunk, until)


async def _hold(work: Work, run_id: str, problem: str) -> None:
    async with work.database.session() as session:
        run = await run_row(session, run_id, lock=True)
        if run is not None and run.status == "running":
            run.status, run.problem = "paused", problem
    log.error("run.held", run=run_id)


async def _again(work: Work, run_id: str, chunk: int, at: datetime) -> None:
    async with work.database.session() as session:
        await defer_many(
            session, RESCORE, [{"run": run_id, "chunk": chunk}], queue=RUN_QUEUE, priority=BEHIND_OTHERS, at=at
        )


async def pick_up_lost_runs(work: Work) -> list[str]:
    """Runs whose jobs were lost; they go on."""
    async with work.database.session() as session:
        lost = await lost_runs(session)
    for run_id in lost:
        async with work.database.session() as session:
            run = await run_row(session, run_id, lock=True)
            if run is not None and not await finish(session, run, _now()):
                await defer_chunks(session, run_id)
        log.info("run.picked_up", run=run_id)
    return lost


async def _yield_to_live(work: Work, judged_s: float) -> None:
    """While somebody is being interviewed on this machine, rest three times as long as the judge used the processor:
    most of what is asked of the machine meanwhile, a page say, is then answered as if there were no run."""
    async with work.database.session() as session:
        busy = await live_on(session, work.node, but="")
    if busy:
        async with work.resting:
            await asyncio.sleep(min(REST * judged_s, LONGEST_YIELD_S))


def _questions(work: Work, run: ScoringRun) -> Questions:
    """Kept for the run, so that a plan is read once and not for each chunk."""
    known = work.questions.get(run.id)
    if known is None:
        known = Questions(None if run.rubric is None else Rubric.model_validate(run.rubric))
        if len(work.questions) > 8:
            work.questions.clear()
        work.questions[run.id] = known
    return known


def _made(item: Waiting) -> Made:
    return Made(item.seq, item.answer_id, item.transcript_version, tries=item.tries)


def _pause(tries: int) -> float:
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * PAUSE_GROWS**tries)


def _now() -> datetime:
    return datetime.now(UTC)
