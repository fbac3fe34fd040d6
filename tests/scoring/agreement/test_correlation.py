"""Pearson and Spearman as scipy has them; a partial correlation as the residuals give it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy import stats

from scoring.agreement import partial_spearman, pearson, spearman
from tests.scoring.agreement.strategies import numbers


def test_order_is_all_that_matters() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 500, 501]) == pytest.approx(1.0)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1.0)
    # One swap of neighbours in five: 1 - 6 * 2 / (5 * 24).
    assert spearman([1, 2, 3, 4, 5], [1, 3, 2, 4, 5]) == pytest.approx(0.9)


def test_ties_share_their_rank() -> None:
    # Ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4: covariance 4 over the root of 4 * 5.
    assert spearman([1, 1, 2, 2], [1, 2, 3, 4]) == pytest.approx(4 / math.sqrt(20))


def test_nothing_correlates_without_variation_or_with_one_item() -> None:
    for statistic in (pearson, spearman):
        assert math.isnan(statistic([1, 1, 1], [1, 2, 3]))
        assert math.isnan(statistic([1], [2]))
        assert math.isnan(statistic([], []))
        assert math.isnan(statistic([0.1] * 3, [1, 2, 3])), "a mean that is off by a rounding is no variation"


def test_items_that_one_side_lacks_do_not_count() -> None:
    nan = float("nan")
    assert pearson([1, 2, nan, 4], [2, 4, 0, 8]) == pytest.approx(1.0)
    assert spearman([1, 2, 9, 4], [1, 2, nan, 3]) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="one length"):
        pearson([1, 2], [1, 2, 3])


@given(numbers(2))
@settings(max_examples=100, deadline=None)
def test_as_scipy_has_them(rows: list[tuple[float, float]]) -> None:
    one, two = zip(*rows, strict=True)
    assume(len(set(one)) > 1 and len(set(two)) > 1)
    assert pearson(one, two) == pytest.approx(stats.pearsonr(one, two).statistic, abs=1e-9)
    assert spearman(one, two) == pytest.approx(stats.spearmanr(one, two).statistic, abs=1e-9)


@given(numbers(3, least=5))
@settings(max_examples=100, deadline=None)
def test_a_partial_correlation_is_that_of_what_a_line_through_the_covariate_leaves(
    rows: list[tuple[float, float, float]],
) -> None:
    one, two, given_ = (stats.rankdata(column) for column in zip(*rows, strict=True))
    assume(all(len(set(c)) > 1 for c in (one, two, given_)))
    residuals = [c - np.polyval(np.polyfit(given_, c, 1), given_) for c in (one, two)]
    assume(all(r.std() > 1e-3 for r in residuals))
    found = partial_spearman(one.tolist(), two.tolist(), given_.tolist())
    assert found == pytest.approx(stats.pearsonr(*residuals).statistic, abs=1e-6)


def test_nothing_is_left_where_the_covariate_says_it_all() -> None:
    assert math.isnan(partial_spearman([1, 2, 3, 4], [2, 1, 4, 3], [10, 20, 30, 40]))
    assert math.isnan(partial_spearman([1, 2, 3, 4], [2, 1, 4, 3], [5, 5, 5, 5]))
