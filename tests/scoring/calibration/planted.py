"""Made-up features and raters whose signal is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.calibration.ridge import Block

__all__ = ["BLOCKS", "features", "lengths", "rated", "true_levels"]

Matrix = npt.NDArray[np.float64]

BLOCKS = (Block("meaning", 40, (1.0, 0.3)), Block("rubric", 5, (0.3, 1.0)))


def features(answers: int, seed: int = 0) -> Matrix:
    """The first of the small block's columns is what the levels are made of."""
    return np.random.default_rng(seed).normal(size=(answers, 45))


def lengths(answers: int, seed: int = 0) -> Matrix:
    """They say nothing of the levels."""
    words = np.random.default_rng(seed + 1).integers(20, 200, size=(answers, 1))
    return np.concatenate([np.log1p(words), np.sqrt(words)], axis=1)


def true_levels(table: Matrix) -> Matrix:
    """Unrounded, about 3."""
    levels: Matrix = 3 + 1.1 * table[:, 40]
    return levels


def rated(true: Matrix, raters: int, noise: float = 0.4, seed: int = 0) -> Matrix:
    """Whole levels, one column for each rater, each with noise of its own."""
    rng = np.random.default_rng(seed + 2)
    ratings: Matrix = np.clip(np.rint(true[:, None] + noise * rng.normal(size=(len(true), raters))), 1, 5)
    return ratings
