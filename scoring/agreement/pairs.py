"""Two columns of numbers, item by item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Numbers", "paired"]

Numbers = Sequence[float] | npt.NDArray[np.float64]


def paired(*columns: Numbers) -> tuple[npt.NDArray[np.float64], ...]:
    """The columns as arrays, without the items at which any of them is missing (nan).

    Raises ValueError where they are not of one length.
    """
    arrays = [np.asarray(c, dtype=np.float64) for c in columns]
    if len({a.shape for a in arrays}) != 1 or arrays[0].ndim != 1:
        raise ValueError(f"columns of one length are needed, not of shapes {[a.shape for a in arrays]}")
    there = ~np.isnan(arrays).any(axis=0)
    return tuple(a[there] for a in arrays)
