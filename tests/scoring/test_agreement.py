"""Spearman's rank correlation, checked by hand."""

from __future__ import annotations

import math

import pytest

from scoring.agreement import spearman


def test_order_is_all_that_matters() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 500, 501]) == pytest.approx(1.0)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1.0)
    # One swap of neighbours in five: 1 - 6 * 2 / (5 * 24).
    assert spearman([1, 2, 3, 4, 5], [1, 3, 2, 4, 5]) == pytest.approx(0.9)


def test_ties_share_their_rank() -> None:
    # Ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4: covariance 4 over the root of 4 * 5.
    assert spearman([1, 1, 2, 2], [1, 2, 3, 4]) == pytest.approx(4 / math.sqrt(20))


def test_no_order_without_variation() -> None:
    assert math.isnan(spearman([1, 1, 1], [1, 2, 3]))
