"""What every judge offers. Level, expected level and confidence are derived from its probabilities by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from scoring.rubric import Rubric
from scoring.transcript import Answer

__all__ = ["Citation", "CriterionJudgement", "Judge", "JudgeFailed", "Judgement", "Probabilities"]

Probabilities = tuple[float, float, float, float, float]


class JudgeFailed(Exception):
    """The judge cannot judge this answer: it is away, it lied, or it does not read the language. Never a low level."""


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
    """``probabilities`` over levels 1 to 5, or None where the answer gives no ground for a level."""

    probabilities: Probabilities | None
    reason: str
    citations: tuple[Citation, ...] = ()
    missing: tuple[str, ...] = ()


Judgement = Mapping[str, CriterionJudgement]
"""By criterion id."""


class Judge(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def calibration(self) -> str:
        """ "uncalibrated", "provisional" or "calibrated"."""
        ...

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        """Every criterion of the rubric is in the result. Raises JudgeFailed."""
        ...
