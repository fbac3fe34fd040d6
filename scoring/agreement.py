"""How far two raters, or a judge and people, agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["spearman"]


def spearman(one: Sequence[float], two: Sequence[float]) -> float:
    """Spearman's rank correlation with mean ranks for ties; nan where either side does not vary."""
    a, b = _ranks(one), _ranks(two)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else float("nan")


def _ranks(values: Sequence[float]) -> npt.NDArray[np.float64]:
    _, inverse, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank: npt.NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return mean_rank
