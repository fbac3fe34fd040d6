"""An answer beside a reference answer: what of the reference it says, and what else it says.

Words are matched in context (cosine of their states; Zhang et al. 2020, BERTScore) and weigh by how rare they are in
English at large. What the question says already counts apart: repeating it is not answering it (Sultan et al. 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from wordfreq import zipf_frequency

from scoring.calibration.encoder import TextReading

__all__ = ["PAIR_NAMES", "overlap", "pair_features"]

PAIR_NAMES = (
    "cosine", "cosine-question", "reference-question",
    "soft-precision", "soft-recall", "soft-both", "new-soft-precision", "new-soft-recall",
    "hard-precision", "hard-recall", "new-hard-precision", "new-hard-recall",
    "weakest-tenth", "weakest-quarter", "weak-share", "strangest-tenth",
    "part-recall", "part-recall-least", "part-recall-median", "parts-found", "part-precision", "part-precision-least",
    "part-precision-most", "log-parts", "log-reference-parts", "log-words", "log-reference-words", "log-ratio",
    "numbers-shared", "numbers-strange", "numbers-missed", "negations-apart",
)  # fmt: skip

FOUND = 0.55  # cosine from which a sentence of the reference counts as said
WEAK = 0.45
RAREST = 7.5  # Zipf: a word in 30 is near 7.5 and weighs next to nothing
_NEGATIONS = frozenset({"not", "no", "never", "none", "nothing", "without", "neither", "nor", "cannot", "t"})

Vector = npt.NDArray[np.float64]


@lru_cache(maxsize=50_000)
def _rarity(word: str) -> float:
    return max(0.2, RAREST - zipf_frequency(word, "en")) if not word.isdigit() else 4.0


def overlap(answer: Sequence[str], reference: Sequence[str]) -> tuple[float, float]:
    """(share of the answer's words that the reference has, share of the reference's that the answer has), by rarity."""
    return _share(answer, frozenset(reference)), _share(reference, frozenset(answer))


def pair_features(answer: TextReading, question: TextReading, references: Sequence[TextReading]) -> Vector:
    """One number for each of PAIR_NAMES, beside that reference of several which is most alike. Raises ValueError
    without a reference."""
    if not references:
        raise ValueError("a pair needs a reference answer")
    rows = [_against(answer, question, reference) for reference in references]
    return max(rows, key=lambda row: row[0] + row[4])


def _against(answer: TextReading, question: TextReading, reference: TextReading) -> Vector:
    asked = frozenset(question.words)
    cosines = answer.states @ reference.states.T
    here, there = _most(cosines, 1), _most(cosines, 0)
    mine, theirs = _weights(answer.words), _weights(reference.words)
    new_mine = mine * [w not in asked for w in answer.words]
    new_theirs = theirs * [w not in asked for w in reference.words]
    precision, recall = _mean(here, mine), _mean(there, theirs)
    parts = answer.parts @ reference.parts.T
    said, own = _most(parts, 0), _most(parts, 1)
    numbers, wanted = (frozenset(w for w in r.words if w.isdigit()) for r in (answer, reference))
    common, back = overlap(answer.words, reference.words)
    said_words, reference_words = frozenset(answer.words), frozenset(reference.words)
    return np.array([
        answer.vector @ reference.vector, answer.vector @ question.vector, reference.vector @ question.vector,
        precision, recall, 2 * precision * recall / max(precision + recall, 1e-9), _mean(here, new_mine),
        _mean(there, new_theirs), common, back,
        _mean(np.array([w in reference_words for w in answer.words], dtype=float), new_mine),
        _mean(np.array([w in said_words for w in reference.words], dtype=float), new_theirs),
        np.quantile(there, 0.1), np.quantile(there, 0.25), (there < WEAK).mean(), np.quantile(here, 0.1),
        said.mean(), said.min(), np.median(said), (said > FOUND).mean(), own.mean(), own.min(), own.max(),
        np.log1p(len(answer.parts)), np.log1p(len(reference.parts)), np.log1p(len(answer.words)),
        np.log1p(len(reference.words)), np.log((1 + len(answer.words)) / (1 + len(reference.words))),
        np.log1p(len(numbers & wanted)), np.log1p(len(numbers - wanted - asked)), np.log1p(len(wanted - numbers)),
        abs(_negations(answer.words) - _negations(reference.words)),
    ], dtype=np.float64)  # fmt: skip


def _most(cosines: npt.NDArray[np.float32], axis: int) -> Vector:
    """Best match of each; 0 where there is nothing to match or to match with."""
    best: Vector = (
        cosines.max(axis=axis).astype(np.float64) if cosines.size else np.zeros(max(1, cosines.shape[1 - axis]))
    )
    return best


def _weights(words: Sequence[str]) -> Vector:
    return np.array([_rarity(w) for w in words] or [1.0])


def _mean(values: Vector, weights: Vector) -> float:
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total and len(values) == len(weights) else 0.0


def _share(words: Sequence[str], others: frozenset[str]) -> float:
    if not words:
        return 0.0
    weights = _weights(words)
    return float(weights[[w in others for w in words]].sum() / weights.sum())


def _negations(words: Sequence[str]) -> int:
    return sum(w in _NEGATIONS for w in words)
