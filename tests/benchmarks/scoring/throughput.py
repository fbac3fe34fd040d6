"""How many answers a second the embedded judge scores, end to end, on two cores.

Answers are what applicants said in the simulated interviews (../shared/data/rubric_judge), cut into pieces of 150
words; the rubric is that of their role, seven criteria with coverage, specificity and structure. Two processes share
them, each with its own judge, from the answer's text to the finished scorecard. Then the same answers again under a new
rubric (criteria in another order, anchors in other words, each criterion's first key point gone): what was read and
embedded of an answer is remembered, nothing of the rubric is. Times are by the clock, from the moment both processes
are ready to the moment the slower is done; processor time is shown beside, since it does not grow with other work on
the machine.
"""

from __future__ import annotations

import multiprocessing
import queue
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.scoring.rubric_judge_data import ROLES, read, rubric_of

if TYPE_CHECKING:
    from scoring.rubric import Rubric

__all__ = ["run", "version_of"]

WORDS = 150
PROCESSES = 2
AGAIN = 5  # times over, for a second pass that is long enough to be timed


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds by the clock from a common start, and of the processor; ``mebibytes`` is the most memory ever held."""

    answers: int
    first_s: float
    first_cpu_s: float
    again_s: float
    again_cpu_s: float
    mebibytes: float


def run(options: Options) -> Report:
    per_process = 60 if options.quick else 300
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES)
    results: multiprocessing.Queue[Timed] = context.Queue()
    workers = [
        context.Process(target=_worker, args=(options.data, number, per_process, ready, results))
        for number in range(PROCESSES)
    ]
    read(options.data)  # says here, not in the workers, that the data is missing
    for worker in workers:
        worker.start()
    done: list[Timed] = []
    while len(done) < PROCESSES:
        try:
            done.append(results.get(timeout=1))
        except queue.Empty:
            if any(worker.exitcode for worker in workers):
                for worker in workers:
                    worker.terminate()
                raise RuntimeError("a scoring process died; its error stands above") from None
    for worker in workers:
        worker.join()
    count = sum(t.answers for t in done)
    first, again = max(t.first_s for t in done), max(t.again_s for t in done)
    return Report(
        [
            Figure("answers of 150 words scored a second, two processes", count / first, "/s", at_least=30.0),
            Figure("processor time for each", 1000 * sum(t.first_cpu_s for t in done) / count, "ms"),
            Figure("rescored a second under a new rubric", AGAIN * count / again, "/s", at_least=1000.0),
            Figure("processor time for each, rescored", 1000 * sum(t.again_cpu_s for t in done) / count / AGAIN, "ms"),
            Figure("most memory of a process", max(t.mebibytes for t in done), "MiB"),
        ],
        [f"{count} answers; the second pass goes over them {AGAIN} times, each time under another rubric"],
    )


def _worker(data: Path, number: int, most: int, ready: Barrier, results: multiprocessing.Queue[Timed]) -> None:
    from scoring.batch import Item, score_chunk
    from scoring.embeddings import Embedder, EmbedderOptions
    from scoring.judges.embedded import EmbeddedJudge

    pieces, rubrics = _answers(data)
    mine = pieces[number::PROCESSES][:most]
    judge = EmbeddedJudge(Embedder(EmbedderOptions(cache=50_000)))

    def timed(passes: Iterable[int]) -> tuple[float, float]:
        items: list[Item] = []
        for n in passes:
            asked = {role: version_of(rubric, n) for role, rubric in rubrics.items()}
            items += [Item(answer, asked[role], "Tell me how you work.") for role, answer in mine]
        score_chunk(items[:1] if 0 in passes else [], judge)  # loads the model
        ready.wait()
        start, start_cpu = time.perf_counter(), time.process_time()
        score_chunk(items, judge)
        return time.perf_counter() - start, time.process_time() - start_cpu

    first = timed(range(1))
    again = timed(range(1, 1 + AGAIN))
    kilo = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    results.put(Timed(len(mine), *first, *again, kilo / 1024))


def _answers(data: Path) -> tuple[list[tuple[str, object]], dict[str, Rubric]]:
    from scoring.transcript import Answer

    found = read(data)
    pieces: list[tuple[str, object]] = []
    for role in ROLES:
        said = " ".join(e.reply for s in found.simulated if s.role == role for e in s.exchanges).split()
        pieces += [
            (role, Answer("all", " ".join(said[at : at + WORDS]), "en"))
            for at in range(0, len(said) - WORDS + 1, WORDS)
        ]
    order = [pieces[i::7] for i in range(7)]  # both roles throughout
    return list(chain.from_iterable(order)), {role: rubric_of(role, found.dimensions[role]) for role in ROLES}


def version_of(rubric: Rubric, number: int) -> Rubric:
    """Another version: number 0 with the measures, each later one with other words, order and key points besides."""
    criteria = []
    for criterion in rubric.criteria:
        changed = {"measures": ("coverage", "specificity", "structure")}
        if number:
            anchors = {str(n): f"Version {number}: {criterion.anchors[n]}" for n in range(1, 6)}
            changed |= {
                "anchors": type(criterion.anchors).model_validate(anchors),
                "key_points": criterion.key_points[1:] or criterion.key_points,
            }
        criteria.append(criterion.model_copy(update=changed))
    if number:
        criteria = criteria[number % len(criteria) :] + criteria[: number % len(criteria)]
    return rubric.model_copy(update={"version": 1 + number, "criteria": tuple(criteria)})
