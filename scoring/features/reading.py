"""What a measure is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.content import Content, ContentSentence
from scoring.coverage import Match
from scoring.rubric import Criterion

__all__ = ["REMEMBERED", "Context", "Reading", "ramp"]

REMEMBERED = 16_384
"""Sentences whose signs a measure remembers, since answers are scored again under new rubrics."""


@dataclass(frozen=True, slots=True)
class Context:
    """``matches`` of this criterion by key point id; ``relevance``: mean cosine of the sentences with the topic."""

    criterion: Criterion
    question_text: str
    content: Content
    matches: Mapping[str, Match]
    relevance: float


@dataclass(frozen=True, slots=True)
class Reading:
    """``value`` from 0 to 1; ``sentences`` are those that the value rests on, best first; ``note`` is for people."""

    value: float
    note: str
    sentences: tuple[ContentSentence, ...] = ()


def ramp(x: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high``, straight between; falls instead where ``high`` is below ``low``."""
    return min(1.0, max(0.0, (x - low) / (high - low)))
