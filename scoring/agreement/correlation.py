"""Correlations: Pearson's r, Spearman's rho, and rho given a covariate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.agreement.pairs import Numbers, paired

__all__ = ["partial_spearman", "pearson", "spearman"]

FLAT = 1e-12
"""A standard deviation under this share of the largest value is rounding, not variation."""


def pearson(one: Numbers, two: Numbers) -> float:
    """Pearson's r over the items that both sides have; nan where either side does not vary."""
    return _r(*paired(one, two))


def spearman(one: Numbers, two: Numbers) -> float:
    """Spearman's rank correlation with mean ranks for ties; nan where either side does not vary."""
    a, b = paired(one, two)
    return _r(_ranks(a), _ranks(b))


def partial_spearman(one: Numbers, two: Numbers, given: Numbers) -> float:
    """Spearman's correlation of two columns with what ``given`` explains of each taken out.

    First-order partial correlation of the three rank correlations. nan where any column does not vary, and where one of
    the two is in the same order as ``given`` (or its reverse), for then nothing is left of it.
    """
    a, b, c = (_ranks(column) for column in paired(one, two, given))
    ab, ac, bc = _r(a, b), _r(a, c), _r(b, c)
    left = (1 - ac * ac) * (1 - bc * bc)
    if not left > FLAT:
        return float("nan")
    return float(np.clip((ab - ac * bc) / np.sqrt(left), -1.0, 1.0))


def _r(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    if len(a) < 2 or _is_flat(a) or _is_flat(b):
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    # Each is brought to length 1 before they are multiplied, so that the product of small numbers does not vanish.
    return float(np.clip((a / np.sqrt(a @ a)) @ (b / np.sqrt(b @ b)), -1.0, 1.0))


def _is_flat(a: npt.NDArray[np.float64]) -> bool:
    return bool(a.std() <= FLAT * np.abs(a).max())


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank: npt.NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return mean_rank
