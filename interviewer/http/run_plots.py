"""The plots of a scoring run's report, as shapes that a template draws: no script and no style of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.http.run_report import CriterionReport

__all__ = ["Bar", "Plot", "plot_of"]

WIDTH, HEIGHT = 360, 154
"""Of the drawing, in its own units; the page scales it."""
TOP, FLOOR = 24, 130
GROUP = WIDTH / 6
BAR = 20
NAMES = ("1", "2", "3", "4", "5", "none")


@dataclass(frozen=True, slots=True)
class Bar:
    """``number`` stands over it; ``side`` is before or after."""

    x: float
    y: float
    height: float
    number: int
    side: str


@dataclass(frozen=True, slots=True)
class Plot:
    """``names`` are the levels with the middle of their bars; ``words`` say the same for who cannot see it."""

    width: int
    height: int
    floor: int
    bar: int
    bars: tuple[Bar, ...]
    names: tuple[tuple[float, str], ...]
    words: str


def plot_of(report: CriterionReport) -> Plot:
    most = max(*report.before, *report.after, 1)
    bars = [_bar("before", place, count, most, shift=-BAR - 1.0) for place, count in enumerate(report.before)] + [
        _bar("after", place, count, most, shift=1.0) for place, count in enumerate(report.after)
    ]
    names = tuple((round(place * GROUP + GROUP / 2, 1), name) for place, name in enumerate(NAMES))
    return Plot(WIDTH, HEIGHT, FLOOR, BAR, tuple(bars), names, _words(report))


def _bar(side: str, place: int, count: int, most: int, *, shift: float) -> Bar:
    height = count / most * (FLOOR - TOP)
    return Bar(round(place * GROUP + GROUP / 2 + shift, 1), round(FLOOR - height, 1), round(height, 1), count, side)


def _words(report: CriterionReport) -> str:
    def side(counts: Sequence[int]) -> str:
        return ", ".join(f"{count} at {name}" for name, count in zip(NAMES, counts, strict=True) if count) or "nothing"

    return f"Answers by level. Before: {side(report.before)}. After: {side(report.after)}."
