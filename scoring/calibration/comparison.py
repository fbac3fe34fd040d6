"""One side's levels against another's: kappa, Pearson, exact and adjacent agreement, each with its interval.

A side has one column for each rater, or for each dealing of the folds; a statistic is the mean over all pairs of
columns, and answers are what is resampled. Means of raters are rounded to whole levels, halves to the even one, for
every statistic but Pearson's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.agreement import (
    Estimate,
    adjacent_agreement,
    bootstrap,
    exact_agreement,
    pearson,
    quadratic_weighted_kappa,
)

__all__ = ["Comparison", "compare", "mean_of_pairs", "whole"]

Matrix = npt.NDArray[np.float64]
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``answers``: how many both sides have in common, at most."""

    name: str
    answers: int
    qwk: Estimate
    pearson: Estimate
    exact: Estimate
    adjacent: Estimate

    def to_dict(self) -> dict[str, Any]:
        figures = {"qwk": self.qwk, "pearson": self.pearson, "exact": self.exact, "adjacent": self.adjacent}
        return {"name": self.name, "answers": self.answers} | {k: e.to_dict() for k, e in figures.items()}


def whole(levels: Matrix) -> Matrix:
    """Whole levels; nan stays."""
    rounded: Matrix = np.rint(levels)
    return rounded


def compare(
    name: str, one: Matrix, two: Matrix, *, resamples: int, seed: int, places: Matrix | None = None,
    pairs: Pairs | None = None,
) -> Comparison:  # fmt: skip
    """``one`` and ``two``: (answers, columns), nan where missing. ``places`` stands for ``one`` in Pearson's r, where
    it has finer values. ``pairs`` of columns; all where left out."""
    pairs = pairs or tuple((i, j) for i in range(one.shape[1]) for j in range(two.shape[1]))

    def estimate(statistic: Callable[..., float], a: Matrix, b: Matrix) -> Estimate:
        return bootstrap(mean_of_pairs(statistic, pairs), a, b, resamples=resamples, seed=seed)

    return Comparison(
        name,
        max((int((~np.isnan(one[:, i]) & ~np.isnan(two[:, j])).sum()) for i, j in pairs), default=0),
        estimate(quadratic_weighted_kappa, whole(one), whole(two)),
        estimate(pearson, one if places is None else places, two),
        estimate(exact_agreement, whole(one), whole(two)),
        estimate(adjacent_agreement, whole(one), whole(two)),
    )


def mean_of_pairs(statistic: Callable[..., float], pairs: Pairs | None = None) -> Callable[[Matrix, Matrix], float]:
    """The statistic's mean over pairs of columns; those without a value are left out."""

    def mean(a: Matrix, b: Matrix) -> float:
        every = pairs or tuple((i, j) for i in range(a.shape[1]) for j in range(b.shape[1]))
        found = [statistic(a[:, i], b[:, j]) for i, j in every]
        there = [x for x in found if not math.isnan(x)]
        return sum(there) / len(there) if there else float("nan")

    return mean
