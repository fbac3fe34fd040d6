"""What every judge offers. Level, expected level and confidence are derived from its probabilities by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from scoring.calls import CallRecord
from scoring.rubric import Rubric
from scoring.transcript import Answer

__all__ = [
    "Citation", "CriterionJudgement", "Judge", "JudgeFailed", "Judgement", "OverallJudgement", "Probabilities",
]  # fmt: skip

Probabilities = tuple[float, float, float, float, float]


class JudgeFailed(Exception):
    """The judge cannot judge this answer: it is away, it lied, or it does not read the language. Never a low level.

    ``calls`` are those made before it failed. ``passing``: asked again later, the judge may well answer, as where its
    endpoint is down, slow or busy.
    """

    def __init__(self, reason: str, calls: tuple[CallRecord, ...] = (), *, passing: bool = False) -> None:
        super().__init__(reason)
        self.calls = calls
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that a judge claims to stand at [start, end) of the answer's text. Nobody believes it unchecked."""

    start: int
    end: int
    quote: str
    key_point: str | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class CriterionJudgement:
    """``probabilities`` over levels 1 to 5, or None where the answer gives no ground for a level.

    ``interval`` holds the expected level with the share that the judge states in its documentation (a calibrated one
    90 %; a panel from its lowest to its highest member). ``agreement`` is how far a panel's members agree, 0 to 1.
    """

    probabilities: Probabilities | None
    reason: str
    citations: tuple[Citation, ...] = ()
    missing: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class OverallJudgement:
    """The level of the answer as a whole, from a judge that was fitted to overall ratings of people: never a sum of
    the criteria. ``interval`` holds people's level in 90 % of answers; ``calibration`` as of a judge."""

    probabilities: Probabilities
    interval: tuple[float, float]
    calibration: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """``criteria`` by criterion id. ``calls`` to language models, in order. ``calibration`` and ``model`` are given
    where they are other for this question than for the judge at large."""

    criteria: Mapping[str, CriterionJudgement]
    calls: tuple[CallRecord, ...] = ()
    overall: OverallJudgement | None = None
    calibration: str | None = None
    model: str | None = None


class Judge(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever equal input could give another judgement: code, prompt, fitted model, seeds."""
        ...

    @property
    def model(self) -> str: ...

    @property
    def calibration(self) -> str:
        """ "uncalibrated", "provisional" or "calibrated"."""
        ...

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        """Every criterion of the rubric is in the result. Raises JudgeFailed. Threads may call it at once."""
        ...
