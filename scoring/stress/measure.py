"""What a judge made of a text before and after a change, and whether the score went where it may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scoring.rubric import Rubric
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.stress.change import Direction

__all__ = ["FLOOR", "Levels", "Move", "Verdict", "compared", "levels"]

FLOOR = 1.0
"""What a criterion without a level counts in the overall value and in moves: where nothing was shown, nothing more than
the lowest level was shown. Left out instead, a lost low level would raise the mean of the others."""

ROUNDING = 0.002  # levels; expected levels have three digits


class Verdict(StrEnum):
    HELD = "held"
    FAILED = "failed"
    NOT_JUDGED = "not judged"  # the judge failed before or after: nothing is known, so it is no pass


@dataclass(frozen=True, slots=True)
class Levels:
    """By criterion id: the expected level (None without one), the likeliest level, the status. ``overall`` is the mean
    of the expected levels by the rubric's weights, with FLOOR where there is none."""

    expected: dict[str, float | None]
    likeliest: dict[str, int | None]
    statuses: dict[str, ScoreStatus]
    overall: float

    @property
    def judged(self) -> bool:
        return ScoreStatus.JUDGE_FAILED not in self.statuses.values()


@dataclass(frozen=True, slots=True)
class Move:
    """``worst`` is signed, in levels, in the direction that is forbidden or, where both are, the larger.

    For LOWEST it is the highest likeliest level above 1. ``where``: "overall" or a criterion id.
    """

    verdict: Verdict
    worst: float
    where: str
    overall: float


def levels(card: Scorecard, rubric: Rubric) -> Levels:
    """Raises KeyError where the card is not of this rubric's criteria."""
    weights = {c.id: c.weight for c in rubric.criteria}
    expected = {c.criterion_id: c.expected for c in card.criteria}
    total = sum(weights[name] * _value(own) for name, own in expected.items())
    return Levels(
        expected,
        {c.criterion_id: c.level for c in card.criteria},
        {c.criterion_id: c.status for c in card.criteria},
        round(total / sum(weights.values()), 3),
    )


def compared(before: Levels, after: Levels, direction: Direction, bound: float) -> Move:
    overall = round(after.overall - before.overall, 3)
    if not after.judged or (direction is not Direction.LOWEST and not before.judged):
        return Move(Verdict.NOT_JUDGED, 0.0, "", 0.0)
    if direction is Direction.LOWEST:
        where, level = max(after.likeliest.items(), key=lambda item: item[1] or 0)
        return Move(_verdict((level or 1) > 1), float((level or 1) - 1), where, overall)
    moves = {name: round(_value(after.expected[name]) - _value(own), 3) for name, own in before.expected.items()}
    lost = [name for name, own in before.expected.items() if own is not None and after.expected[name] is None]
    gained = [name for name, own in before.expected.items() if own is None and after.expected[name] is not None]
    if direction is Direction.NOT_RISE:
        where, worst = max([("overall", overall), *moves.items()], key=lambda item: item[1])
        return Move(_verdict(worst > bound + ROUNDING), worst, where, overall)
    if direction is Direction.NOT_FALL:
        broken = overall < -bound - ROUNDING
        where = lost[0] if lost else "overall"
        return Move(_verdict(broken or bool(lost)), moves[where] if lost else overall, where, overall)
    where = max(moves, key=lambda name: (name in lost or name in gained, abs(moves[name])))
    broken = bool(lost or gained) or abs(moves[where]) > bound + ROUNDING
    return Move(_verdict(broken), moves[where], where, overall)


def _value(expected: float | None) -> float:
    return FLOOR if expected is None else expected


def _verdict(broken: bool) -> Verdict:
    return Verdict.FAILED if broken else Verdict.HELD
