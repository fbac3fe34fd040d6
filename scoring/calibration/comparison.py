"""One side's levels against another's: kappa, Pearson, exact and adjacent agreement, each with its interval.

A side has one column for each rater, or for each dealing of the folds; a statistic is the mean over all pairs of
columns, and answers are what is resampled. Beside a scorer's whole levels, means of raters are rounded to whole
levels, halves to the even one, for every statistic but Pearson's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.agreement import Estimate, draws, of_resamples, pair_statistics

__all__ = ["Comparison", "compare", "kappa_ahead", "share_held", "whole"]

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
    pairs: Pairs | None = None, as_given: bool = False,
) -> Comparison:  # fmt: skip
    """``one`` and ``two``: (answers, columns), nan where missing. ``places`` stands for ``one`` in Pearson's r, where
    it has finer values. ``pairs`` of columns; all where left out. ``as_given``: both sides are ratings by people, whose
    half levels are compared as they are."""
    pairs = pairs or _every(one, two)
    counts = draws(len(one), resamples, seed)
    level = np.asarray if as_given else whole
    levels = [pair_statistics(level(one[:, i]), level(two[:, j]), counts) for i, j in pairs]
    fine = one if places is None else places
    values = [pair_statistics(fine[:, i], two[:, j], counts) for i, j in pairs]
    return Comparison(
        name,
        max((int((~np.isnan(one[:, i]) & ~np.isnan(two[:, j])).sum()) for i, j in pairs), default=0),
        of_resamples(_mean([s.qwk for s in levels])),
        of_resamples(_mean([s.pearson for s in values])),
        of_resamples(_mean([s.exact for s in levels])),
        of_resamples(_mean([s.adjacent for s in levels])),
    )


def kappa_ahead(truth: Matrix, one: Matrix, two: Matrix, *, resamples: int, seed: int) -> Estimate:
    """By how much the kappa of ``one`` with ``truth`` is above that of ``two``, on the same resamples."""
    counts = draws(len(truth), resamples, seed)

    def kappas(side: Matrix) -> Matrix:
        return _mean([
            pair_statistics(whole(truth[:, i]), whole(side[:, j]), counts).qwk for i, j in _every(truth, side)
        ])  # fmt: skip

    return of_resamples(kappas(one) - kappas(two))


def share_held(held: Matrix, *, resamples: int, seed: int) -> Estimate:
    """The mean of ``held`` (answers, dealings)."""
    counts = draws(len(held), resamples, seed)
    return of_resamples(counts @ held.mean(axis=1) / len(held))


def _every(one: Matrix, two: Matrix) -> Pairs:
    return tuple((i, j) for i in range(one.shape[1]) for j in range(two.shape[1]))


def _mean(columns: list[Matrix]) -> Matrix:
    """Over pairs, without those that have no value; nan where none has."""
    table = np.stack(columns)
    there = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        mean: Matrix = np.where(there, table, 0.0).sum(axis=0) / there.sum(axis=0)
    return mean
