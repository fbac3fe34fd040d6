"""Intervals that hold the share they promise, whatever the scorer: CV+ (Barber, Candes, Ramdas and Tibshirani 2021).

Each rated answer i was predicted by the scorer of the folds without it, and missed by R_i. A new answer x gets the
interval from the 10th percentile of those scorers' predictions less the R_i to the 90th of them plus the R_i:

    [ floor(a (n + 1))-th smallest of  m_-k(i)(x) - R_i ,  ceil((1 - a) (n + 1))-th smallest of  m_-k(i)(x) + R_i ]

with a = 1 - SHARE. It rests on answers being exchangeable: rated and new ones come from the same candidates. Guaranteed
are 1 - 2a; what is reached is measured on answers held out of everything (``held_out``), and stands in the report.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.calibration.alignment import Scorer, fit_scorer
from scoring.calibration.ridge import Block

__all__ = ["FOLDS", "SHARE", "Intervals", "deal", "fit_intervals"]

FOLDS = 5
SHARE = 0.9

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Intervals:
    """``scorers`` by fold, each fitted without its fold; ``folds`` and ``misses`` (levels, not negative) by answer."""

    scorers: tuple[Scorer, ...]
    folds: npt.NDArray[np.intp]
    misses: Vector

    @property
    def spread(self) -> float:
        """Root mean square of the misses, in levels."""
        return float(np.sqrt(np.square(self.misses).mean()))

    def around(self, features: Matrix) -> Matrix:
        """(answers, 2): lowest and highest level, within 1 to 5, for ``features`` of (answers, features)."""
        n = len(self.misses)
        places = np.stack([s.place(features) for s in self.scorers])[self.folds]  # (rated answers, answers)
        low, high = math.floor((1 - SHARE) * (n + 1) + 1e-9), math.ceil(SHARE * (n + 1) - 1e-9)
        if low < 1 or high > n:
            return np.tile([1.0, 5.0], (len(features), 1))
        lowest = np.partition(places - self.misses[:, None], low - 1, axis=0)[low - 1]
        highest = np.partition(places + self.misses[:, None], high - 1, axis=0)[high - 1]
        held: Matrix = np.clip(np.stack([lowest, highest], axis=1), 1.0, 5.0)
        return held


def deal(levels: Vector, seed: int) -> npt.NDArray[np.intp]:
    """Fold of each answer: FOLDS nearly equal parts, each with its share of every level."""
    order = np.lexsort((np.random.default_rng(seed).random(len(levels)), levels))
    folds = np.empty(len(levels), dtype=np.intp)
    folds[order] = np.arange(len(levels)) % FOLDS
    return folds


def fit_intervals(features: Matrix, levels: Vector, blocks: Sequence[Block], seed: int) -> Intervals:
    folds = deal(levels, seed)
    scorers = tuple(fit_scorer(features[folds != k], levels[folds != k], blocks) for k in range(FOLDS))
    misses = np.empty(len(levels))
    for k, scorer in enumerate(scorers):
        misses[folds == k] = np.abs(scorer.place(features[folds == k]) - levels[folds == k])
    return Intervals(scorers, folds, misses)
