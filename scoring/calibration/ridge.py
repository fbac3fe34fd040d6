"""Ridge regression for few answers and many features, its penalties chosen by leave-one-out error.

    z = clip((x - mean) / deviation, +-CLIP) * sqrt(weight / size)     per block of features
    y = intercept + z . b,  b minimises |y - z b|^2 + penalty |b|^2

Each block gets its share of the variance whatever its size: without that the 384 numbers of an embedding drown out the
few features that were made to say something. Which share is right differs by question (in one length says much, in
another only meaning), so several are fitted and averaged with weights error^(-n/2) of their leave-one-out errors
(pseudo-BMA; Yao et al. 2018). All see the same z, so the average is a single line again. What each answer would be
predicted without it comes in closed form from one decomposition: y_i - (y_i - fit_i) / (1 - h_ii) (Allen's PRESS;
Golub, Heath and Wahba 1979).
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
    """Neighbouring features that share their weights: one for each mixture that is fitted, in proportion to the other
    blocks' in the same place."""

    name: str
    size: int
    weights: tuple[float, ...] = (1.0,)


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
    z = _scaled(features, means, scales)
    between = z.mean(axis=0)  # not 0 where something was clipped
    z = z - between
    middle = float(levels.mean())
    ends = np.cumsum(sizes)
    parts = [z[:, end - size : end] for end, size in zip(ends, sizes, strict=True)]
    kernels = [part @ part.T / max(1, size) for part, size in zip(parts, sizes, strict=True)]
    fits: list[_Fit] = []
    for weights in zip(*(b.weights for b in blocks), strict=True):
        kernel = np.sum([w * k for w, k in zip(weights, kernels, strict=True)], axis=0)
        shares = np.concatenate([np.full(n, w / max(1, n)) for w, n in zip(weights, sizes, strict=True)])
        fits.append(_fit(kernel, levels - middle, shares[:, None] * z.T))
    error = np.array([f.error for f in fits])
    worth = (np.maximum(error, 1e-9) / max(1e-9, float(error.min()))) ** (-len(levels) / 2)
    worth /= worth.sum()
    coefficients = worth @ np.stack([f.coefficients for f in fits])
    left_out = middle + worth @ np.stack([f.left_out for f in fits])
    return Line(means, scales, coefficients, middle - float(between @ coefficients)), left_out


@dataclass(frozen=True, slots=True)
class _Fit:
    """``coefficients`` are of the unweighted features; ``left_out`` without the mean level."""

    coefficients: Vector
    left_out: Vector
    error: float


def _fit(kernel: Matrix, levels: Vector, back: Matrix) -> _Fit:
    """``back`` leads from weights of answers to coefficients of features."""
    values, vectors = np.linalg.eigh(kernel)
    values = np.maximum(values, 0.0)
    turned = vectors.T @ levels
    shrunk = values[:, None] / (values[:, None] + PENALTIES)  # one column for each penalty
    leverage = np.square(vectors) @ shrunk + 1 / len(levels)
    missed = (levels[:, None] - vectors @ (shrunk * turned[:, None])) / np.maximum(1 - leverage, 1e-6)
    errors = np.square(missed).mean(axis=0)
    best = int(errors.argmin())
    coefficients = back @ (vectors @ (turned / (values + PENALTIES[best])))
    return _Fit(coefficients, levels - missed[:, best], float(errors[best]))


def _scaled(features: Matrix, means: Vector, scales: Vector) -> Matrix:
    return np.clip((features - means) / scales, -CLIP, CLIP)
