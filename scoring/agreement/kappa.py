"""Agreement of two raters on levels: quadratic weighted kappa, exact and adjacent agreement.

Items that either rater left out (nan) do not count. Without a common item every statistic is nan.
"""

from __future__ import annotations

import numpy as np

from scoring.agreement.pairs import Numbers, paired

__all__ = ["adjacent_agreement", "exact_agreement", "quadratic_weighted_kappa"]

SLACK = 1e-9  # so that 3.4 and 4.4 are one level apart although their difference is a hair more in binary


def quadratic_weighted_kappa(one: Numbers, two: Numbers) -> float:
    """Cohen's kappa with weights that grow with the square of the distance (Cohen 1968).

    One minus the mean squared difference of the pairs over that of all pairs across the two columns. The distance is
    that of the levels themselves, so levels that nobody gave make no difference, and half levels are allowed. 1 where
    both agree, 0 at chance and where one rater always gives the same level, negative below chance; nan where both
    always give the same one level, for then chance cannot be told from agreement.
    """
    a, b = paired(one, two)
    if not len(a):
        return float("nan")
    expected = float(a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    return 1.0 - float(((a - b) ** 2).mean()) / expected if expected else float("nan")


def exact_agreement(one: Numbers, two: Numbers) -> float:
    """Share of items with the same level, 0 to 1."""
    return _within(one, two, 0.0)


def adjacent_agreement(one: Numbers, two: Numbers) -> float:
    """Share of items whose levels are at most 1 apart, the same ones among them."""
    return _within(one, two, 1.0)


def _within(one: Numbers, two: Numbers, distance: float) -> float:
    a, b = paired(one, two)
    return float((np.abs(a - b) <= distance + SLACK).mean()) if len(a) else float("nan")
