"""The stress suite's results: a table, the failures with their texts, and the same for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoring.judges.base import Judge
from scoring.rubric import Rubric
from scoring.stress.change import Direction
from scoring.stress.measure import Levels, Verdict
from scoring.stress.suite import Case

__all__ = ["Row", "failures", "report", "rows", "table"]

VERSION = 1  # of the machine-readable report
MOST_SHOWN = 3  # failures of one attack in the text for people; the report has all
MOST_TEXT = 600  # characters of a changed text shown to people


@dataclass(frozen=True, slots=True)
class Row:
    """``worst`` as in Move: the worst of all cases that were judged."""

    name: str
    direction: str
    bound: float
    cases: int
    failed: int
    not_judged: int
    worst: float
    worst_where: str


def rows(cases: Sequence[Case]) -> list[Row]:
    """One for each perturbation, in the order of their first cases."""
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        by_name.setdefault(case.perturbation.name, []).append(case)
    return [_row(own) for own in by_name.values()]


def table(found: Sequence[Row]) -> str:
    head = ("attack", "direction", "bound", "cases", "failed", "not judged", "worst move", "where")
    lines = [
        head,
        *(
            (r.name, r.direction, f"{r.bound:g}", str(r.cases), str(r.failed), str(r.not_judged), f"{r.worst:+.2f}",
             r.worst_where)
            for r in found
        ),
        ("all", "", "", str(sum(r.cases for r in found)), str(sum(r.failed for r in found)),
         str(sum(r.not_judged for r in found)), "", ""),
    ]  # fmt: skip
    widths = [max(len(line[i]) for line in lines) for i in range(8)]
    text = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([text[0], "-" * max(map(len, text)), *text[1:]])


def failures(cases: Sequence[Case], most: int = MOST_SHOWN) -> str:
    """The worst failures of each attack, with levels before and after and the changed text."""
    lines: list[str] = []
    for row in rows(cases):
        own = [c for c in cases if c.perturbation.name == row.name and c.move.verdict is not Verdict.HELD]
        own.sort(key=lambda c: (c.move.verdict is Verdict.NOT_JUDGED, -abs(c.move.worst)))
        for case in own[:most]:
            lines += [
                "",
                f"{row.name} ({row.direction}), {case.answer_id or 'no answer'}, {case.change.label}: "
                f"{case.move.verdict.value}, {case.move.worst:+.2f} at {case.move.where or '-'}",
                f"  before {_shown(case.before)}",
                f"  after  {_shown(case.after)}",
                f"  text   {_cut(case.change.after)}",
            ]
        if len(own) > most:
            lines += ["", f"{row.name}: {len(own) - most} more in the report (--json)"]
    return "\n".join(lines).strip()


def report(judge: Judge, rubrics: Sequence[Rubric], cases: Sequence[Case], *, quick: bool) -> dict[str, Any]:
    """All that was measured; texts only of what failed, so that a report of thousands of cases stays readable."""
    return {
        "report": "stress",
        "version": VERSION,
        "quick": quick,
        "judge": {
            "name": judge.name,
            "version": judge.version,
            "model": judge.model,
            "calibration": judge.calibration,
        },
        "rubrics": [{"rubric": r.rubric, "version": r.version, "hash": r.hash} for r in rubrics],
        "attacks": [
            {
                "attack": r.name, "direction": r.direction, "bound": r.bound, "cases": r.cases, "failed": r.failed,
                "not_judged": r.not_judged, "worst": r.worst, "worst_where": r.worst_where,
            }
            for r in rows(cases)
        ],
        "cases": [_case(c) for c in cases],
    }  # fmt: skip


def _case(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attack": case.perturbation.name,
        "answer": case.answer_id or None,
        "change": case.change.label,
        "verdict": case.move.verdict.value,
        "worst": case.move.worst,
        "where": case.move.where,
        "overall": [case.before.overall, case.after.overall],
    }
    if case.move.verdict is not Verdict.HELD:
        found["expected"] = {name: [own, case.after.expected.get(name)] for name, own in case.before.expected.items()}
        found["statuses"] = {
            name: [own.value, case.after.statuses[name].value] for name, own in case.before.statuses.items()
        }
        found["text_before"], found["text_after"] = case.change.before, case.change.after
    return found


def _row(own: Sequence[Case]) -> Row:
    first = own[0].perturbation
    judged = [c for c in own if c.move.verdict is not Verdict.NOT_JUDGED]
    # A failed case is worse than a held one whatever its number: a lost level counts, however small the move.
    worst = max(judged, key=lambda c: (c.move.verdict is Verdict.FAILED, _badness(c)), default=None)
    return Row(
        first.name,
        first.direction.value,
        first.bound,
        len(own),
        sum(c.move.verdict is Verdict.FAILED for c in own),
        len(own) - len(judged),
        worst.move.worst if worst else 0.0,
        f"{worst.answer_id or 'alone'}, {worst.change.label}, {worst.move.where}" if worst else "",
    )


def _badness(case: Case) -> float:
    sign = {Direction.NOT_FALL: -case.move.worst, Direction.STAY: abs(case.move.worst)}
    return sign.get(case.perturbation.direction, case.move.worst)


def _shown(own: Levels) -> str:
    return f"{own.overall:.2f}: " + ", ".join(
        f"{name} {own.statuses[name].value if value is None else f'{value:.2f}'}"
        for name, value in own.expected.items()
    )


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST_TEXT else f"{flat[: MOST_TEXT // 2]} ... {flat[-MOST_TEXT // 2 :]}"
