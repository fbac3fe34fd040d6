"""The fine-tuned encoder as one more feature of a question's scorer, without an answer's own rating in it.

    left_out[i, k]    of answer i, by an encoder that saw the ratings neither of fold k nor of i's own fold

Column k is all that may be known where fold k is held out: of its answers, and of the others, to which a ridge is then
fitted. [i, fold of i] is what the ridge that will be used is fitted to; new answers are read by an encoder fitted on
all. With five folds that is one fit on all, five without a fold and ten without two. The folds are those by which the
scorer is measured (conformal.deal), so that its figures are of answers that no part of it has seen. Inside a held-out
fold's training the intervals are fitted without a third round: they may come out a little narrow, and their measured
coverage says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from scoring.calibration.conformal import FOLDS
from scoring.calibration.finetune import Encoded, Finetuned, encoded_pairs, finetune, trained
from scoring.calibration.tuning import FinetuneOptions, Pair

__all__ = ["CrossFitted", "cross_fit"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """``left_out``: (answers, FOLDS), on the scale of levels."""

    encoder: Finetuned
    left_out: Matrix


def cross_fit(
    pairs: Sequence[Pair], levels: Vector, folds: npt.NDArray[np.intp], options: FinetuneOptions
) -> CrossFitted:
    """``levels`` from 1 to 5, ``folds`` from 0 to FOLDS - 1."""
    scores = (levels - 1) / 4
    encoded = encoded_pairs(pairs, options)
    left_out = np.zeros((len(pairs), FOLDS))
    for k in range(FOLDS):
        left_out[folds == k, k] = _predicted(encoded, scores, folds == k, options)[folds == k]
    for j, k in combinations(range(FOLDS), 2):
        predicted = _predicted(encoded, scores, (folds == j) | (folds == k), options)
        left_out[folds == j, k] = predicted[folds == j]
        left_out[folds == k, j] = predicted[folds == k]
    return CrossFitted(finetune(pairs, scores.tolist(), options), 1 + 4 * left_out)


def _predicted(
    encoded: Sequence[Encoded], scores: Vector, held: npt.NDArray[np.bool_], options: FinetuneOptions
) -> Vector:
    """Scores of the ``held`` answers, in their places, by an encoder fitted on the others."""
    rest, own = np.flatnonzero(~held).tolist(), np.flatnonzero(held).tolist()
    fitted = trained([encoded[i] for i in rest], scores[rest].tolist(), options)
    found = np.zeros(len(encoded))
    found[own] = fitted.predict_encoded([encoded[i] for i in own])
    return found
