"""The two regressions of the anchor model: yes or no, and three levels in their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

__all__ = ["Row", "ordinal", "two_sided"]

ALONG_PENALTY, APART_PENALTY = 30.0, 300.0

Numbers = npt.NDArray[np.float64]
Row = tuple[Numbers, int, float]
"""Numbers, class, weight; every class weighs the same in all."""

_ALONG = np.array([-1.0, 0.0, 1.0]) / np.sqrt(2)
_APART = np.array([1.0, -2.0, 1.0]) / np.sqrt(6)


def ordinal(rows: Sequence[Row], scale: Numbers) -> Numbers:
    """Weights of low, medium and high for the numbers as they come, the bias last: shape (3, numbers + 1).

    Three logits, of which one direction runs from low over medium to high (with it alone they are the model of adjacent
    categories, Agresti 2010, section 4.1) and the other sets medium apart from both, and is penalised ten times as
    much: most of what tells high from low says little of medium, which thirty cases for each role cannot show.
    """
    x, y = np.stack([r[0] for r in rows]), np.array([r[1] for r in rows])
    mean, spread = x.mean(axis=0), (x.std(axis=0) + 1e-9) / scale
    z = (x - mean) / spread
    weight = np.array([r[2] for r in rows]) * (len(y) / (3 * np.bincount(y, minlength=3)))[y]
    truth, size = np.eye(3)[y], z.shape[1]

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        along, apart, bias = flat[:size], flat[size : 2 * size], flat[2 * size :]
        scores = np.outer(z @ along, _ALONG) + np.outer(z @ apart, _APART) + bias
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        residual = weight[:, None] * (np.exp(log_p) - truth)
        total = -float(weight @ log_p[np.arange(len(y)), y])
        total += 0.5 * ALONG_PENALTY * float(along @ along) + 0.5 * APART_PENALTY * float(apart @ apart)
        return total, np.concatenate([
            z.T @ (residual @ _ALONG) + ALONG_PENALTY * along,
            z.T @ (residual @ _APART) + APART_PENALTY * apart,
            residual.sum(axis=0),
        ])  # fmt: skip

    flat = minimize(loss, np.zeros(2 * size + 3), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    weights = (np.outer(_ALONG, flat[:size]) + np.outer(_APART, flat[size : 2 * size])) / spread
    found: Numbers = np.hstack([weights, (flat[2 * size :] - weights @ mean)[:, None]])
    return found


def two_sided(rows: Sequence[Row], c: float) -> Numbers:
    """Weights of a logistic regression, the bias last. ``c``: the smaller, the more they are held back."""
    x = np.stack([r[0] for r in rows])
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    model = LogisticRegression(C=c, class_weight="balanced", max_iter=2000)
    model.fit((x - mean) / spread, [r[1] for r in rows], sample_weight=[r[2] for r in rows])
    weights, bias = model.coef_ / spread, model.intercept_ - (model.coef_ / spread) @ mean
    found: Numbers = np.append(weights[0], bias)
    return found
