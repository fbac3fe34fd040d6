"""Which function reads which measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scoring.features.comparison import concrete_comparison
from scoring.features.length import length_fit
from scoring.features.meaning import coverage, on_topic
from scoring.features.plain_words import plain_words
from scoring.features.reading import Context, Reading
from scoring.features.specificity import specificity
from scoring.features.structure import structure
from scoring.features.warmth import warmth
from scoring.rubric import Measure

__all__ = ["MEASURES", "OF_THE_CRITERION"]

OF_THE_CRITERION: frozenset[Measure] = frozenset({"coverage", "length-fit"})
"""Measures that look at the criterion. The others read the answer and the question, so all criteria share them."""

MEASURES: Mapping[Measure, Callable[[Context], Reading]] = {
    "coverage": coverage,
    "plain-words": plain_words,
    "concrete-comparison": concrete_comparison,
    "warmth": warmth,
    "length-fit": length_fit,
    "specificity": specificity,
    "structure": structure,
    "on-topic": on_topic,
}
