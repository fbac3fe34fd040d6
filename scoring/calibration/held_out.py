"""What a scorer does on rated answers that had no part in fitting it, its alignment or its intervals.

    answers     |--1--|--2--|--3--|--4--|--5--|      outer folds
    for fold 3:  fit, align, and within 1, 2, 4, 5 by folds again the intervals and the spread; then judge 3

Where answers are few, the folds matter; so they are dealt several times. Where encoders were
left out of the same folds (cross_fit.py), what may be known of their scores with a fold held out stands beside the
features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.calibration.alignment import fit_scorer
from scoring.calibration.conformal import FOLDS, deal, fit_intervals
from scoring.calibration.ridge import Block

__all__ = ["HeldOut", "held_out", "repeats_for"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One row for each dealing of the folds: ``places`` on the scale (r, n), ``probabilities`` (r, n, 5),
    ``intervals`` (r, n, 2)."""

    places: Matrix
    probabilities: npt.NDArray[np.float64]
    intervals: npt.NDArray[np.float64]

    @property
    def levels(self) -> npt.NDArray[np.intp]:
        """(r, n): the likeliest level, as a scorecard shows it."""
        likeliest: npt.NDArray[np.intp] = self.probabilities.argmax(axis=2) + 1
        return likeliest

    def coverage(self, levels: Vector) -> Matrix:
        """(r, n): 1 where people's level lies in the interval."""
        low, high = self.intervals[:, :, 0], self.intervals[:, :, 1]
        return ((low - 1e-9 <= levels) & (levels <= high + 1e-9)).astype(np.float64)

    @property
    def width(self) -> float:
        """Mean width of the intervals, in levels."""
        return float((self.intervals[:, :, 1] - self.intervals[:, :, 0]).mean())


def repeats_for(answers: int) -> int:
    return 5 if answers < 50 else 3 if answers < 100 else 1


def held_out(
    features: Matrix, levels: Vector, blocks: Sequence[Block], seed: int, repeats: int, encoder: Matrix | None = None
) -> HeldOut:
    """``encoder``: (answers, FOLDS), left out of the folds that ``seed`` deals; so it goes with one repeat."""
    if encoder is not None and repeats != 1:
        raise ValueError("an encoder was left out of one dealing of the folds alone")
    n = len(levels)
    places = np.empty((repeats, n))
    probabilities = np.empty((repeats, n, 5))
    intervals = np.empty((repeats, n, 2))
    for r in range(repeats):
        folds = deal(levels, seed + r)
        for k in range(FOLDS):
            own, rest = folds == k, folds != k
            seen = features if encoder is None else np.hstack([features, encoder[:, [k]]])
            inner = fit_intervals(seen[rest], levels[rest], blocks, seed + r + 1)
            scorer = fit_scorer(seen[rest], levels[rest], blocks)
            places[r, own] = scorer.place(seen[own])
            probabilities[r, own] = scorer.probabilities(seen[own], inner.spread)
            intervals[r, own] = inner.around(seen[own])
    return HeldOut(places, probabilities, intervals)
