"""Surface features: counts of how an answer is built. None of them knows what it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.lexicon import FUNCTION_WORDS
from scoring.sentences import sentences, words

__all__ = ["LENGTH_NAMES", "SURFACE_NAMES", "length", "surface"]

_CONNECTIVES_TEXT = """
    because so therefore however although though but if then when while since also first second next finally example
    instead unless thus hence which whereas
"""
_CONNECTIVES = frozenset(_CONNECTIVES_TEXT.split())
LONG_WORD = 8  # letters

LENGTH_NAMES = ("log-words", "root-words")
SURFACE_NAMES = (
    "log-sentences", "words-per-sentence", "longest-sentence", "word-length", "long-words", "variety",
    "root-variety", "connectives", "log-connectives", "function-words", "digits", "commas", "brackets",
)  # fmt: skip


def length(text: str) -> list[float]:
    count = len(words(text))
    return [float(np.log1p(count)), float(np.sqrt(count))]


def surface(text: str) -> npt.NDArray[np.float64]:
    """One number for each of SURFACE_NAMES; 0 throughout for a text without words."""
    tokens = words(text)
    if not tokens:
        return np.zeros(len(SURFACE_NAMES))
    n = len(tokens)
    by_sentence = [len(words(text[s.start : s.end])) for s in sentences(text)]
    connectives = sum(t in _CONNECTIVES for t in tokens)
    kinds = len(set(tokens))
    return np.array([
        np.log1p(len(by_sentence)), n / len(by_sentence), max(by_sentence), np.mean([*map(len, tokens)]),
        _share(tokens, [len(t) >= LONG_WORD for t in tokens]), kinds / n, kinds / np.sqrt(n), connectives / n,
        np.log1p(connectives), _share(tokens, [t in FUNCTION_WORDS for t in tokens]),
        _share(tokens, [t[0].isdigit() for t in tokens]), text.count(",") / n, text.count("(") / n,
    ])  # fmt: skip


def _share(tokens: Sequence[str], hits: Sequence[bool]) -> float:
    return sum(hits) / len(tokens)
