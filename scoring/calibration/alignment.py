"""Distribution alignment: predictions spread as far as people's levels do.

A ridge on few answers plays safe and stays near the mean, so that nobody gets a 1 or a 5. The left-out predictions of
the rated answers show by how much it does so; the difference from the mean is stretched by that, at most twofold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.calibration.distribution import level_probabilities, level_shares
from scoring.calibration.ridge import Block, Line, fit_ridge

__all__ = ["MOST_STRETCH", "Scorer", "fit_scorer", "stretch"]

MOST_STRETCH = 2.0

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A fitted line with its stretch about ``centre``, the mean level it was fitted on, and how often each level was
    given there."""

    line: Line
    centre: float
    factor: float
    shares: Vector

    def probabilities(self, features: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.float64]:
        """Of the five levels: (answers, 5)."""
        return level_probabilities(self.place(features), spread, self.shares)

    def place(self, features: npt.NDArray[np.float64]) -> Vector:
        """Aligned predictions on the scale of levels, cut to 1 to 5. ``features``: (answers, features)."""
        aligned = self.centre + self.factor * (self.line.predict(features) - self.centre)
        place: Vector = np.clip(aligned, 1.0, 5.0)
        return place


def stretch(left_out: Vector, levels: Vector) -> float:
    """The factor that gives left-out predictions the spread of the levels; at most MOST_STRETCH."""
    spread = float(left_out.std())
    return min(MOST_STRETCH, float(levels.std()) / spread) if spread > 1e-9 else 1.0


def fit_scorer(features: npt.NDArray[np.float64], levels: Vector, blocks: Sequence[Block]) -> Scorer:
    line, left_out = fit_ridge(features, levels, blocks)
    return Scorer(line, float(levels.mean()), stretch(left_out, levels), level_shares(levels))
