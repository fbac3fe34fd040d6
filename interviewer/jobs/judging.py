"""Judging the items of a scoring run: in slices on the work thread, or many at once where the judge waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from interviewer.jobs.answers_to_score import Asked
from interviewer.jobs.work import Work, WorkThread
from interviewer.records.run_items import Waiting
from scoring.embeddings import ModelMissing, Vectors
from scoring.judges.base import Judge
from scoring.remembered import unpacked
from scoring.score import score
from scoring.scorecard import Scorecard
from scoring.transcript import Answer

__all__ = ["WAITING_JUDGES", "Judged", "Task", "judged"]

WAITING_JUDGES = ("chat", "panel")
"""Kinds that wait for an endpoint, so that many answers are in hand at once."""
SLICE_S = 5.0
"""After this long what is judged is stored, and whoever wants the run to stop is heard."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """``packed``: what is known of the answer's embeddings, as ``scoring.remembered`` packs them."""

    item: Waiting
    answer: Answer
    asked: Asked
    packed: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """``card`` is None where the judge broke, and ``error`` then says how, without any words of the candidate.
    ``packed``: the answer's embeddings where they were not known before. ``took_s``: processor seconds in the judge;
    what it waited for, be it an endpoint or the interpreter, is not in it."""

    task: Task
    card: Scorecard | None
    error: str | None = None
    packed: tuple[bytes, bytes] | None = None
    took_s: float = 0.0

    @property
    def passing(self) -> str | None:
        """Why the judge may answer another time."""
        if self.card is None or not self.card.passing_failure:
            return None
        return self.card.criteria[0].reason


async def judged(work: Work, judge: Judge, kind: str, tasks: Sequence[Task]) -> AsyncIterator[list[Judged]]:
    """All tasks, a part at a time as they are done. Raises ModelMissing, and the database's errors."""
    if kind in WAITING_JUDGES:
        async for part in _at_once(work, judge, tasks):
            yield part
        return
    left = list(tasks)
    while left:
        part = await work.thread.run(_slice(work, judge, left))
        del left[: len(part)]
        yield part


def _slice(work: Work, judge: Judge, tasks: Sequence[Task]) -> Callable[[], list[Judged]]:
    def run() -> list[Judged]:
        done: list[Judged] = []
        end = time.monotonic() + SLICE_S
        for task in tasks:
            done.append(_one(work, judge, task))
            if time.monotonic() > end:
                break
        return done

    return run


async def _at_once(work: Work, judge: Judge, tasks: Sequence[Task]) -> AsyncIterator[list[Judged]]:
    """As many at once as this worker has waiters. Where all of the first ones fail in passing, the endpoint is away and
    the rest is left alone."""
    free: asyncio.LifoQueue[WorkThread] = asyncio.LifoQueue()
    for waiter in work.waiters:
        free.put_nowait(waiter)
    slots = len(work.waiters)
    waiting = list(tasks)
    running: set[asyncio.Task[Judged]] = set()
    finished = answered = 0

    async def one(task: Task) -> Judged:
        waiter = await free.get()
        try:
            async with work.turn():
                return await waiter.run(lambda: _one(work, judge, task))
        finally:
            free.put_nowait(waiter)

    try:
        while waiting or running:
            away = finished >= min(slots, len(tasks)) and not answered
            while waiting and len(running) < slots and not away:
                running.add(asyncio.create_task(one(waiting.pop(0))))
            if not running:
                return
            until = asyncio.get_running_loop().time() + SLICE_S
            ready: list[Judged] = []
            while running:
                done, running = await asyncio.wait(running, timeout=SLICE_S, return_when=asyncio.FIRST_COMPLETED)
                ready += [task.result() for task in done]
                finished += len(done)
                answered += sum(task.result().passing is None for task in done)
                away = finished >= min(slots, len(tasks)) and not answered
                while waiting and len(running) < slots and not away:
                    running.add(asyncio.create_task(one(waiting.pop(0))))
                if asyncio.get_running_loop().time() > until and ready:
                    break
            if ready:
                yield ready
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _one(work: Work, judge: Judge, task: Task) -> Judged:
    began = time.thread_time()
    embedder = work.embedder
    try:
        if embedder is None:
            card = _scored(judge, task)
            return Judged(task, card, took_s=time.thread_time() - began)
        known: Mapping[bytes, Vectors] = unpacked(*task.packed) if task.packed else {}
        with embedder.of_answer(known, task.asked.texts) as remembered:
            card = _scored(judge, task)
    except ModelMissing:
        raise
    except Exception as error:  # noqa: BLE001 - the border of one answer: a judge that trips over it ends nothing else
        log.warning("answer.not_judged", answer=task.item.answer_id, error=type(error).__name__)
        return Judged(task, None, f"The judge broke on this answer ({type(error).__name__}).")
    fresh = (remembered.texts, remembered.vectors) if remembered.fresh else None
    return Judged(task, card, packed=fresh, took_s=time.thread_time() - began)


def _scored(judge: Judge, task: Task) -> Scorecard:
    # The judge is given the answer's words and nothing of who gave it; the name only says what to mask.
    return score(
        task.answer, task.asked.rubric, judge, question_text=task.asked.question_text, now=datetime.now(UTC),
        names=(task.item.candidate,),
    )  # fmt: skip
