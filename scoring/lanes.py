"""Processes that each keep many requests in flight: for a judge that waits, where one process cannot ask fast enough.

    answers   0 1 2 3 4 5 6 7     dealt in turn, DEALT at a time
    lane A    0 1     4 5         each scores its own by threads
    lane B        2 3     6 7
    out       0 1 2 3 4 5 6 7     taken back in the same turn, so in the order of the answers

A process of Python works on one core, and asking costs 3 to 5 ms of it for each answer: an endpoint of 64 slots that
answers in 0.2 s wants more than that.
"""

from __future__ import annotations

import multiprocessing
import queue
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import cycle, islice
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scoring.batch import Item, score_together
from scoring.judges.choice import JudgeOptions, make_judge
from scoring.rubric import Rubric
from scoring.scorecard import Scorecard

__all__ = ["MOST_THREADS", "Lanes"]

DEALT = 8  # answers; together, since they share a rubric that is sent with them
MOST_THREADS = 32
"""Requests in flight that one process keeps up with, where the endpoint takes 0.2 s."""
PATIENCE_S = 1.0  # between two looks at whether a lane is still there

if TYPE_CHECKING:
    Given = multiprocessing.Queue[Sequence[Item] | None]
    Made = multiprocessing.Queue[Scorecard]


@dataclass(frozen=True, slots=True)
class _Lane:
    given: Given
    made: Made
    process: BaseProcess

    def next(self) -> Scorecard:
        while True:
            try:
                return self.made.get(timeout=PATIENCE_S)
            except queue.Empty:
                if not self.process.is_alive() and self.made.empty():
                    raise BrokenProcessPool("a process that scores has ended") from None


class Lanes:
    """``threads`` are of all lanes together, and so are the slots of ``options``; no more requests are in flight than
    either. Use as a context manager: the processes, their connections and what they know of the endpoint last until it
    ends."""

    def __init__(self, options: JudgeOptions, *, processes: int, threads: int) -> None:
        own = replace(options, slots=-(-min(options.slots, threads) // processes))
        self.threads = -(-threads // processes)  # more, to read ahead, only made all replies come at once
        context = multiprocessing.get_context("spawn")
        self._lanes: list[_Lane] = []
        for _ in range(processes):
            given: Given = context.Queue()
            made: Made = context.Queue()
            process = context.Process(target=_work, args=(own, self.threads, given, made), daemon=True)
            self._lanes.append(_Lane(given, made, process))

    def __enter__(self) -> Self:
        for lane in self._lanes:
            lane.process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.process.terminate()
            lane.process.join()
            for line in (lane.given, lane.made):
                line.cancel_join_thread()
                line.close()

    def score(self, items: Iterable[Item]) -> Iterator[Scorecard]:
        """Scorecards in the order of the answers, of which a bounded number is in hand at a time. To be taken to the
        end before more is given. Raises BrokenProcessPool where a process dies."""
        # A lane gives nothing back before it has two answers for each thread.
        most = len(self._lanes) * (2 * self.threads + 2 * DEALT)
        given, turns = iter(items), cycle(self._lanes)
        waiting: deque[_Lane] = deque()
        while dealt := tuple(islice(given, DEALT)):
            lane = next(turns)
            lane.given.put(dealt)
            waiting.extend([lane] * len(dealt))
            while len(waiting) >= most:
                yield waiting.popleft().next()
        for lane in self._lanes:
            lane.given.put(None)
        while waiting:
            yield waiting.popleft().next()


def _work(options: JudgeOptions, threads: int, given: Given, made: Made) -> None:
    """One lane: what is given up to each None is scored together."""
    judge = make_judge(options)
    rubrics: dict[str, Rubric] = {}

    def dealt() -> Iterator[Item]:
        while (items := given.get()) is not None:
            for item in items:
                # Each deal brings a rubric of its own; of the same one, all that is known of it is kept.
                yield replace(item, rubric=rubrics.setdefault(item.rubric.hash, item.rubric))

    while True:
        for card in score_together(dealt(), judge, threads=threads):
            made.put(card)
