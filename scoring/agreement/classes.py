"""Agreement on classes without an order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

__all__ = ["macro_f1"]


def macro_f1(truth: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """Mean F1 of all classes that stand on either side, each counting the same; a class never hit has F1 0.

    nan without items. Raises ValueError where the lengths differ.
    """
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true classes and {len(predicted)} predicted ones")
    pairs = list(zip(truth, predicted, strict=True))
    scores = []
    for name in dict.fromkeys([*truth, *predicted]):
        hits = sum(t == name and p == name for t, p in pairs)
        # Whole numbers first: numpy's True + True is True.
        scores.append(2 * hits / sum(int(t == name) + int(p == name) for t, p in pairs))
    return float(np.mean(scores)) if scores else float("nan")
