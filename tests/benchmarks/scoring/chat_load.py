"""How busy the chat judge keeps an endpoint with 64 slots, while that answers in 1 s and in 0.2 s.

A scripted endpoint in a process of its own answers every request after exactly that time. Answers of about 150 words
are scored as ``python -m scoring --judge chat --workers 64`` scores them, in two processes (scoring/lanes.py), by the
moon landing's rubric of five criteria, with everything that scoring does: masking, prompt, request, validation, quotes
looked up, scorecard. Busy is the mean number of requests in flight at the
endpoint over 64, from the third round of requests to when the last answers are handed out.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from scoring.batch import Item
from scoring.judges.choice import JudgeOptions
from scoring.lanes import Lanes
from scoring.rubric import Rubric
from scoring.rubric_file import read_examples, read_rubric
from scoring.scorecard import ScoreStatus
from scoring.sentences import sentences
from scoring.transcript import Answer
from tests.benchmarks.report import Figure, Options, Report

__all__ = ["run"]

SLOTS = 64
PROCESSES = 2
PROMPTS = Path(__file__).parents[3] / "prompts"
TARGETS = {1.0: 0.95, 0.2: 0.75}  # busy at least, by seconds to answer


def run(options: Options) -> Report:
    figures: list[Figure] = []
    notes: list[str] = []
    for seconds, least in TARGETS.items():
        busy, rate, cpu, count = _busy(seconds, rounds=8 if options.quick else 15)
        figures.append(Figure(f"slots busy, endpoint answers in {seconds:g} s", 100 * busy, "%", at_least=100 * least))
        notes.append(
            f"at {seconds:g} s: {count} answers, {rate:.0f} a second; the processes that asked took {cpu:.1f} s of the "
            f"processors, their start and {2 * SLOTS} answers before included"
        )
    return Report(figures, notes)


def _busy(seconds: float, rounds: int) -> tuple[float, float, float, int]:
    """(mean in flight / slots, answers a second while it was steady, processor seconds, answers)."""
    rubric = read_rubric(PROMPTS / "rubrics" / "explain-to-six-year-old.yaml")
    examples = read_examples(PROMPTS / "examples" / "explain-to-six-year-old.yaml")
    text = " ".join(min((e.text for e in examples.examples), key=lambda t: abs(len(t.split()) - 150)).split())
    count = rounds * SLOTS
    command = [sys.executable, "-m", "tests.benchmarks.scoring.slow_endpoint", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as endpoint:
        assert endpoint.stdin is not None
        assert endpoint.stdout is not None
        endpoint.stdin.write(json.dumps(_reply(rubric, text)) + "\n")
        endpoint.stdin.flush()
        port = int(endpoint.stdout.readline())
        url = f"http://127.0.0.1:{port}"
        options = JudgeOptions("chat", base_url=f"{url}/v1", model="scripted", slots=SLOTS)
        handed_out = [0.0]

        def items(number: int, of: int) -> Iterator[Item]:
            for n in range(number, number + of):
                handed_out[0] = time.monotonic()
                # No two alike, so that nothing is known from the answer before.
                yield Item(Answer("moon", f"This is what I said, take {n}. {text}", "en"), rubric, examples.question)

        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Lanes(options, processes=PROCESSES, threads=SLOTS) as lanes:
            list(lanes.score(items(0, 2 * SLOTS)))  # the SDK is imported, the endpoint probed, connections made
            started = time.monotonic()
            cards = list(lanes.score(items(2 * SLOTS, count)))
        used = _processor(resource.getrusage(resource.RUSAGE_CHILDREN)) - _processor(children)
        with urllib.request.urlopen(f"{url}/events") as answer:  # noqa: S310 - our own address
            events = [(at, change) for at, change in json.load(answer) if at >= started]
        endpoint.stdin.close()
    assert all(c.status is ScoreStatus.SCORED for card in cards for c in card.criteria)
    # The lanes are dealt two answers a thread ahead; when the last are handed out all threads still have work.
    first, last = events[0][0] + 2 * seconds, handed_out[0]
    done = sum(change < 0 and first <= at <= last for at, change in events)
    return _mean_in_flight(events, first, last) / SLOTS, done / (last - first), used, count


def _processor(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def _mean_in_flight(events: list[tuple[float, int]], first: float, last: float) -> float:
    total, level, before = 0.0, 0, first
    for at, change in sorted(events):
        if at > last:
            break
        total += level * max(0.0, at - max(before, first))
        level += change
        before = max(at, first)
    total += level * max(0.0, last - before)
    return total / (last - first)


def _reply(rubric: Rubric, text: str) -> str:
    """A judgement of usual length: two quotes, a reason and probabilities for each criterion."""
    spans = [text[s.start : s.end] for s in sentences(text)]
    levels = {"1": 0.05, "2": 0.1, "3": 0.3, "4": 0.4, "5": 0.15}
    criteria = {
        c.id: {
            "evidence": [
                {"quote": spans[(2 * i + j) % len(spans)], "key_point": c.key_points[j].id} for j in range(2)
            ],
            "missing": [p.id for p in c.key_points[2:]],
            "reason": "The journey and the walk are told in order, and one step is missing; see the quotes.",
            "levels": levels,
        }
        for i, c in enumerate(rubric.criteria)
    }  # fmt: skip
    return json.dumps({"criteria": criteria})
