"""Ridge regression for few answers and many features, its penalty chosen by leave-one-out error.

    z = clip((x - mean) / deviation, +-CLIP) * sqrt(weight / size)     per block of features
    y = intercept + z . b,  b minimises |y - z b|^2 + penalty |b|^2

Each block gets its share of the variance whatever its size: without that the 384 numbers of an embedding drown out the
few features that were made to say something. What each answer would be predicted without it comes in closed form from
one decomposition: y_i - (y_i - fit_i) / (1 - h_ii) (Allen's PRESS; Golub, Heath and Wahba 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Block", "Line", "fit_ridge"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

PENALTIES = np.logspace(-3, 3, 19)  # over a mean squared length of z of about the blocks' summed weights
CLIP = 3.0  # deviations: an answer unlike all rated ones is not extrapolated to


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring features that share one weight. The weights' proportion alone matters."""

    name: str
    size: int
    weight: float


@dataclass(frozen=True, slots=True)
class Line:
    """What was fitted. Three rows of one length, and the intercept."""

    means: Vector
    scales: Vector
    coefficients: Vector
    intercept: float

    def predict(self, features: Matrix) -> Vector:
        """``features``: (answers, features)."""
        predicted: Vector = self.intercept + _scaled(features, self.means, self.scales) @ self.coefficients
        return predicted


def fit_ridge(features: Matrix, levels: Vector, blocks: Sequence[Block]) -> tuple[Line, Vector]:
    """(line, what each answer would be predicted without it). Constant features get no weight."""
    sizes = [b.size for b in blocks]
    if features.shape != (len(levels), sum(sizes)):
        raise ValueError(f"{features.shape} features for {len(levels)} levels in blocks of {sizes}")
    means, deviations = features.mean(axis=0), features.std(axis=0)
    # A division, not a product: a deviation of 0 must switch its feature off.
    scales = np.where(deviations > 1e-9, deviations, np.inf)
    shares = np.concatenate([np.full(b.size, np.sqrt(b.weight / max(1, b.size))) for b in blocks])
    z = _scaled(features, means, scales) * shares
    between = z.mean(axis=0)  # not 0 where something was clipped
    z = z - between
    middle = float(levels.mean())
    kernel = z @ z.T
    values, vectors = np.linalg.eigh(kernel)
    values = np.maximum(values, 0.0)
    turned = vectors.T @ (levels - middle)
    shrunk = values[:, None] / (values[:, None] + PENALTIES)  # one column for each penalty
    fitted = middle + vectors @ (shrunk * turned[:, None])
    leverage = np.square(vectors) @ shrunk + 1 / len(levels)
    missed = (levels[:, None] - fitted) / np.maximum(1 - leverage, 1e-6)
    best = int(np.square(missed).mean(axis=0).argmin())
    weights = z.T @ (vectors @ (turned / (values + PENALTIES[best])))
    return Line(means, scales, weights * shares, middle - float(between @ weights)), levels - missed[:, best]


def _scaled(features: Matrix, means: Vector, scales: Vector) -> Matrix:
    return np.clip((features - means) / scales, -CLIP, CLIP)
