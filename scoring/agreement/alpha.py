"""Krippendorff's alpha for any number of raters, with missing values, from the coincidences of values.

Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), and Content Analysis (4th ed., ch. 12).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Scale", "krippendorff_alpha"]

Scale = Literal["nominal", "ordinal", "interval"]
Matrix = npt.NDArray[np.float64]


def krippendorff_alpha(ratings: npt.ArrayLike, scale: Scale = "ordinal") -> float:
    """``ratings`` has one row for each rater and one column for each item, nan where a rater gave nothing.

    1 is perfect agreement, 0 chance. Items with fewer than two ratings do not count. nan where nothing can be compared:
    no item with two ratings, or only one value in all that count.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"ratings are a table of raters by items, not of shape {table.shape}")
    table = table[:, (~np.isnan(table)).sum(axis=0) >= 2]
    values = np.unique(table[~np.isnan(table)])
    if len(values) < 2:
        return float("nan")
    counts = np.stack([(table == v).sum(axis=0) for v in values]).astype(np.float64)  # values by items
    raters = counts.sum(axis=0)
    # Each item adds its ordered pairs of ratings, weighted so that an item counts as often as it was rated.
    seen = (counts / (raters - 1)) @ counts.T - np.diag((counts / (raters - 1)).sum(axis=1))
    totals = seen.sum(axis=1)
    by_chance = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    apart = _squared_distance(values, totals, scale)
    return 1.0 - float((seen * apart).sum() / (by_chance * apart).sum())


def _squared_distance(values: Matrix, totals: Matrix, scale: Scale) -> Matrix:
    if scale == "nominal":
        return 1.0 - np.eye(len(values))
    if scale == "interval":
        return np.square(values[:, None] - values[None, :])
    # How many ratings lie between the two, each end counted by half.
    middle = np.cumsum(totals) - totals / 2
    return np.square(middle[:, None] - middle[None, :])
