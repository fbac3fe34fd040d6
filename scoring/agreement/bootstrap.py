"""How sure a statistic is: percentile bootstrap over items (Efron and Tibshirani 1993, ch. 13), seeded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "bootstrap", "estimate", "paired_difference"]

Column = Sequence[Any] | npt.NDArray[Any]
Statistic = Callable[..., float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its interval. ``low`` and ``high`` are nan where it was undefined in most resamples."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def to_dict(self) -> dict[str, float | None]:
        """For JSON, which has no nan."""
        return {
            name: None if math.isnan(x) else round(x, 4)
            for name, x in (("value", self.value), ("low", self.low), ("high", self.high))
        }


def bootstrap(
    statistic: Statistic, *columns: Column, resamples: int = 1000, seed: int = 0, share: float = 0.95
) -> Estimate:
    """``statistic(*columns)`` and the interval that holds ``share`` of its resampled values.

    Items, which all columns have in common along their first axis, are drawn with replacement. Resamples in which the
    statistic is undefined (nan) are left out; where they are more than half, there is no interval.
    """
    arrays = [np.asarray(c) for c in columns]
    value = float(statistic(*arrays))
    items = len(arrays[0])
    drawn = np.random.default_rng(seed).integers(0, items, size=(resamples if items else 0, items or 1))
    return estimate(value, [float(statistic(*(a[rows] for a in arrays))) for rows in drawn], share)


def paired_difference(
    statistic: Statistic,
    truth: Column,
    one: Column,
    two: Column,
    *,
    groups: Column | None = None,
    resamples: int = 1000,
    seed: int = 0,
    share: float = 0.95,
) -> Estimate:
    """``statistic(truth, one) - statistic(truth, two)``, both on the same items of each resample.

    With ``groups`` (one label for each item, a question's id say) the statistics are taken within each group and their
    difference is averaged over the groups; items are then drawn within their group.
    """
    t, a, b = np.asarray(truth), np.asarray(one), np.asarray(two)
    labels = np.zeros(len(t)) if groups is None else np.asarray(groups)
    if not len(t):
        return Estimate(float("nan"), float("nan"), float("nan"))
    members = [np.flatnonzero(labels == g) for g in np.unique(labels)]
    rng = np.random.default_rng(seed)

    def mean_difference(draws: Sequence[npt.NDArray[np.intp]]) -> float:
        return float(np.mean([statistic(t[d], a[d]) - statistic(t[d], b[d]) for d in draws]))

    resampled = [mean_difference([rng.choice(m, size=len(m)) for m in members]) for _ in range(resamples)]
    return estimate(mean_difference(members), resampled, share)


def estimate(value: float, resampled: Sequence[float] | npt.NDArray[np.float64], share: float) -> Estimate:
    """The value with the interval that holds ``share`` of the resampled ones."""
    values = np.asarray(resampled, dtype=np.float64)
    held = values[~np.isnan(values)]
    if math.isnan(value) or 2 * len(held) < len(resampled) or not len(held):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(held, [(1 - share) / 2, (1 + share) / 2])
    return Estimate(value, float(low), float(high))
