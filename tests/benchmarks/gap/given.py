"""The answers that were given so far, as lines to print and as a report; it can be made after each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.benchmarks.gap.answers import Answer
from tests.benchmarks.gap.measure import ROUNDING_S, Outcome
from tests.benchmarks.gap.stages import Stages, parts, table
from tests.benchmarks.report import Figure, Report

__all__ = ["Given", "line", "report"]

LENGTHS = (1, 2, 3, 4, 5, 6, 10)


@dataclass(frozen=True, slots=True)
class Given:
    answer: Answer
    outcome: Outcome
    spliced: bool
    stages: Stages | None = None


def line(given: Given) -> str:
    """Its gap with the parts of it, and each of its pauses, cut or kept."""
    outcome = given.outcome
    gap = "no gap" if outcome.gap_s is None else f"gap {outcome.gap_s:.2f}"
    if given.stages is not None:
        gap += f" = {parts(given.stages)}"
    told = [gap]
    pauses = [
        f"{pause.end - pause.begin:.1f} {'CUT' if cut else 'kept'}"
        for pause, cut in zip(given.answer.spoken.pauses, outcome.cut, strict=True)
    ]
    if pauses:
        told.append("pauses " + ", ".join(pauses))
    if outcome.cut_elsewhere:
        told.append(f"came in elsewhere {outcome.cut_elsewhere} times")
    if not outcome.replied:
        told.append("NO REPLY")
    return f"{given.answer.name}: " + "; ".join(told)


def report(given: Sequence[Given], notes: Sequence[str] = ()) -> Report:
    """``notes`` stand before those on the answers."""
    replied = [g for g in given if g.outcome.gap_s is not None]
    gaps = [g.outcome.gap_s or 0.0 for g in replied]
    cut = [(p.end - p.begin, c) for g in given for p, c in zip(g.answer.spoken.pauses, g.outcome.cut, strict=True)]
    median, ninth, slowest, largest = np.percentile(gaps, [50, 90, 95, 100]) if gaps else (np.inf,) * 4
    by_length = [[c for s, c in cut if low <= s + ROUNDING_S < high] for low, high in pairwise(LENGTHS)]
    shares = [100 * sum(of) / len(of) for of in by_length if of]
    figures = [
        Figure("answers", len(given), ""),
        Figure("answers with a response gap", len(gaps), ""),
        Figure("response gap, median", float(median), "s", at_most=1.3),
        Figure("response gap, 90th percentile", float(ninth), "s"),
        Figure("response gap, 95th percentile", float(slowest), "s", at_most=2.0),
        Figure("response gap, largest", float(largest), "s"),
        Figure("pauses of 1 s or more", len(cut), ""),
        Figure(
            "share of them cut in upon, mean over their lengths",
            float(np.mean(shares)) if shares else np.inf,
            "%",
            at_most=3.0,
        ),
        Figure("cut in upon", sum(c for _, c in cut), ""),
        Figure("came in over the voice or in a shorter pause", sum(g.outcome.cut_elsewhere for g in given), ""),
        Figure("answers without a reply", sum(not g.outcome.replied for g in given), ""),
    ]
    found = list(notes)
    for kind, spliced in (("recordings as they are", False), ("recordings with spliced silences", True)):
        found.append(
            f"gaps after {kind}, s: " + " ".join(f"{g.outcome.gap_s:.2f}" for g in replied if g.spliced is spliced)
        )
    for (low, high), of in zip(pairwise(LENGTHS), by_length, strict=True):
        found.append(f"pauses of {low:g} s and more, below {high:g} s: {sum(of)} of {len(of)} cut in upon")
    found += table([g.stages for g in given if g.stages is not None])
    found += [line(g) for g in given]
    return Report(figures, found)
