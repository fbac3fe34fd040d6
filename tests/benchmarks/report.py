"""What a benchmark hands back: figures with their targets, as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scoring.judges.choice import JudgeOptions

__all__ = ["DataMissing", "Figure", "Options", "Report"]


class DataMissing(Exception):
    """The benchmark's data is not where it was looked for; the message names the place."""


@dataclass(frozen=True, slots=True)
class Options:
    """``quick`` takes fewer samples. ``data`` is the folder that holds audio/ and data/. ``part`` names one part of a
    benchmark that has several, and ``judge`` the judge that is measured where there is a choice. ``answers`` and
    ``minutes`` bound a benchmark that says so; such a one hands each report so far to ``so_far``."""

    quick: bool
    data: Path
    part: str | None = None
    judge: JudgeOptions = field(default_factory=JudgeOptions)
    answers: int | None = None
    minutes: float | None = None
    so_far: Callable[[Report], None] = lambda report: None


@dataclass(frozen=True, slots=True)
class Figure:
    """``at_most`` or ``at_least`` is the target; a figure without either is shown for information."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """None without a target."""
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def target(self) -> str:
        parts = []
        if self.at_least is not None:
            parts.append(f">= {self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"<= {self.at_most:g}")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Report:
    """``notes`` say what a reader must know to judge the figures."""

    figures: Sequence[Figure]
    notes: Sequence[str] = ()

    @property
    def missed(self) -> list[Figure]:
        return [f for f in self.figures if f.met is False]

    def table(self) -> str:
        rows = [("figure", "measured", "target", "")]
        rows += [
            (f.name, f"{f.value:,.4g} {f.unit}" if f.value < 1000 else f"{f.value:,.0f} {f.unit}", f.target, _mark(f))
            for f in self.figures
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines.insert(1, "-" * max(len(line) for line in lines))
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def to_dict(self, name: str, options: Options, *, complete: bool = True) -> dict[str, Any]:
        return {
            "benchmark": name,
            "complete": complete,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": options.quick,
            "machine": machine(),
            "figures": [
                {"name": f.name, "value": f.value, "unit": f.unit, "at_most": f.at_most, "at_least": f.at_least,
                 "met": f.met}
                for f in self.figures
            ],
            "notes": list(self.notes),
        }  # fmt: skip


def _mark(figure: Figure) -> str:
    return {True: "met", False: "MISSED", None: ""}[figure.met]


def machine() -> dict[str, str | int | float]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 1),
    }
