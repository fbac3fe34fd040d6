"""The statistics of two columns in many resamples at once, from how often each item was drawn.

One matrix product takes the place of a thousand small calculations: 1,000 resamples of 60 pairs in 1 ms, where calling
the statistics on each takes 100. The figures are those of ``bootstrap`` with the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.agreement.bootstrap import Estimate, estimate
from scoring.agreement.correlation import FLAT
from scoring.agreement.kappa import SLACK

__all__ = ["PairStatistics", "draws", "of_resamples", "pair_statistics"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairStatistics:
    """Each has one value for each row of ``draws``; nan where the statistic has none."""

    qwk: Vector
    pearson: Vector
    exact: Vector
    adjacent: Vector


def draws(items: int, resamples: int, seed: int) -> Matrix:
    """(resamples + 1, items): how often each item counts; first every item once, then as ``bootstrap`` draws them."""
    drawn = np.random.default_rng(seed).integers(0, items, size=(resamples, items))
    counts = np.zeros((resamples + 1, items))
    counts[0] = 1
    np.add.at(counts, (np.arange(1, resamples + 1)[:, None], drawn), 1)
    return counts


def pair_statistics(one: Vector, two: Vector, counts: Matrix) -> PairStatistics:
    """Items at which either is missing (nan) do not count."""
    there = ~(np.isnan(one) | np.isnan(two))
    a, b, weights = one[there], two[there], counts[:, there]
    n = weights.sum(axis=1)
    middle = np.concatenate([a, b]).mean() if len(a) else 0.0
    a, b = a - middle, b - middle  # so that squares of what is far from 0 do not swallow differences
    gap = np.abs(a - b)
    columns = np.stack([a, b, a * a, b * b, a * b, gap <= SLACK, gap <= 1 + SLACK], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_a, mean_b, aa, bb, ab, same, near = (weights @ columns / n[:, None]).T
        var_a, var_b = aa - mean_a**2, bb - mean_b**2
        expected = var_a + var_b + (mean_a - mean_b) ** 2
        size = max(1.0, float(np.abs(columns[:, :2]).max())) if len(a) else 1.0
        flat = (var_a <= FLAT * size**2) | (var_b <= FLAT * size**2)
        kappa = np.where(expected > FLAT, 1 - (aa + bb - 2 * ab) / expected, np.nan)
        r = np.where(flat, np.nan, (ab - mean_a * mean_b) / np.sqrt(var_a * var_b))
    return PairStatistics(kappa, np.clip(r, -1, 1), same, near)


def of_resamples(values: Vector, share: float = 0.95) -> Estimate:
    """The first value with the interval of the others."""
    return estimate(float(values[0]), values[1:], share)
