"""Term frequency times inverse document frequency, of words or of characters within words, in numpy alone.

Frequencies count as 1 + log, document frequencies smoothed by one, rows of length 1: scikit-learn's TfidfVectorizer
with sublinear_tf gives the same numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Tfidf"]

_WORD = re.compile(r"\b\w\w+\b")
_SPACE = re.compile(r"\s\s+")

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tfidf:
    """``terms`` with their weights. ``lengths``: shortest and longest n-gram; of characters where ``characters``."""

    terms: dict[str, int]
    weights: Matrix
    lengths: tuple[int, int]
    characters: bool

    @classmethod
    def fit(
        cls, texts: Sequence[str], lengths: tuple[int, int] = (1, 1), characters: bool = False, least: int = 1
    ) -> Tfidf:
        """``least``: texts in which a term must stand to count."""
        documents: Counter[str] = Counter()
        for text in texts:
            documents.update(set(_grams(text, lengths, characters)))
        terms = sorted(term for term, count in documents.items() if count >= least)
        counts = np.array([documents[t] for t in terms], dtype=np.float64)
        return cls(
            {t: i for i, t in enumerate(terms)}, np.log((1 + len(texts)) / (1 + counts)) + 1, lengths, characters
        )

    def transform(self, texts: Sequence[str]) -> Matrix:
        """(texts, terms), rows of length 1, or of zeros where a text has no known term."""
        rows = np.zeros((len(texts), len(self.terms)))
        for row, text in zip(rows, texts, strict=True):
            for term, count in Counter(_grams(text, self.lengths, self.characters)).items():
                at = self.terms.get(term)
                if at is not None:
                    row[at] = (1 + np.log(count)) * self.weights[at]
        unit: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit


def _grams(text: str, lengths: tuple[int, int], characters: bool) -> list[str]:
    shortest, longest = lengths
    found = []
    if not characters:
        words = _WORD.findall(text.lower())
        for n in range(shortest, longest + 1):
            found += [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]
        return found
    for word in _SPACE.sub(" ", text.lower()).split():
        padded = f" {word} "
        for n in range(shortest, longest + 1):
            found += [padded[i : i + n] for i in range(max(1, len(padded) - n + 1))]
            if n >= len(padded):  # a word that is shorter than n counts once
                break
    return found
