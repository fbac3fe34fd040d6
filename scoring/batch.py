"""Many answers through one judge: threads for a judge that waits, processes for one that computes.

Scorecards come in the order of the answers, and only a bounded number of answers is in hand at a time, so a million may
be given as an iterator.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TypeVar

from scoring.judges.base import Judge
from scoring.judges.choice import JudgeOptions, make_judge
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import Scorecard
from scoring.transcript import Answer

__all__ = ["CHUNK", "Item", "score_apart", "score_chunk", "score_together"]

CHUNK = 64
"""Answers that a process takes at a time: its model is fed their sentences together."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Item:
    """``names`` are the candidate's own, which no judge may see."""

    answer: Answer
    rubric: Rubric
    question_text: str
    names: tuple[str, ...] = ()


def score_together(items: Iterable[Item], judge: Judge, *, threads: int = 1) -> Iterator[Scorecard]:
    """In this process. As many threads as the judge's endpoint has slots keep it busy."""
    if threads == 1:
        yield from (_scored(item, judge) for item in items)
        return
    with ThreadPoolExecutor(threads, "judge") as pool:
        yield from _in_order(pool, lambda item: _scored(item, judge), items, 2 * threads)


def score_apart(items: Iterable[Item], options: JudgeOptions, *, processes: int) -> Iterator[Scorecard]:
    """In processes of their own, each with a judge of its own. A process that dies raises BrokenProcessPool."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(options,)) as pool:
        given = iter(items)
        chunks = iter(lambda: tuple(islice(given, CHUNK)), ())
        yield from chain.from_iterable(_in_order(pool, _chunk_here, chunks, 2 * processes))


def score_chunk(items: Sequence[Item], judge: Judge) -> list[Scorecard]:
    return [_scored(item, judge) for item in items]


_here: Judge | None = None


def _begin(options: JudgeOptions) -> None:
    global _here  # one judge for each process
    _here = make_judge(options)


def _chunk_here(items: Sequence[Item]) -> list[Scorecard]:
    if _here is None:
        raise RuntimeError("this process has no judge")
    return score_chunk(items, _here)


def _scored(item: Item, judge: Judge) -> Scorecard:
    return score(
        item.answer,
        item.rubric,
        judge,
        question_text=item.question_text,
        now=datetime.now(UTC),
        names=item.names,
    )


def _in_order(pool: Executor, work: Callable[[Task], Result], tasks: Iterable[Task], most: int) -> Iterator[Result]:
    """Results in the order of the tasks, with at most ``most`` tasks handed out and not yet given back."""
    waiting: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
