"""Quadratic weighted kappa as scikit-learn has it; exact and adjacent agreement; what constant raters give."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from sklearn.metrics import cohen_kappa_score

from scoring.agreement import adjacent_agreement, exact_agreement, quadratic_weighted_kappa
from tests.scoring.agreement.strategies import levels

ALL = (quadratic_weighted_kappa, exact_agreement, adjacent_agreement)


@given(levels(2, least=1))
@settings(max_examples=150, deadline=None)
def test_as_scikit_learn_has_it(rows: list[tuple[int, int]]) -> None:
    one, two = zip(*rows, strict=True)
    assume(len({*one, *two}) > 1)
    expected = cohen_kappa_score(one, two, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert quadratic_weighted_kappa(one, two) == pytest.approx(expected, abs=1e-9)
    assert quadratic_weighted_kappa(two, one) == pytest.approx(expected, abs=1e-9)


@given(levels(2, least=1))
@settings(max_examples=50, deadline=None)
def test_shares_are_counted_and_adjacent_holds_exact(rows: list[tuple[int, int]]) -> None:
    one, two = zip(*rows, strict=True)
    assert exact_agreement(one, two) == pytest.approx(sum(a == b for a, b in rows) / len(rows))
    assert adjacent_agreement(one, two) == pytest.approx(sum(abs(a - b) <= 1 for a, b in rows) / len(rows))


def test_a_constant_rater_agrees_by_chance_and_two_alike_cannot_be_judged() -> None:
    assert quadratic_weighted_kappa([3, 3, 3, 3], [1, 2, 4, 5]) == pytest.approx(0.0)
    assert quadratic_weighted_kappa([2, 2], [4, 4]) == pytest.approx(0.0)
    assert math.isnan(quadratic_weighted_kappa([3, 3, 3], [3, 3, 3]))


def test_half_levels_count_by_their_distance() -> None:
    assert quadratic_weighted_kappa([1, 2.5, 4], [1, 2.5, 4]) == 1.0
    near = quadratic_weighted_kappa([1, 3, 5], [1.5, 3, 4.5])
    assert quadratic_weighted_kappa([1, 3, 5], [2, 3, 4]) < near < 1
    assert adjacent_agreement([3.4], [4.4]) == 1.0


def test_missing_ratings_do_not_count_and_without_any_there_is_no_statistic() -> None:
    nan = float("nan")
    for statistic in ALL:
        assert statistic([1, 2, nan, 5], [1, 3, 4, nan]) == statistic([1, 2], [1, 3])
        assert math.isnan(statistic([nan], [1]))
        assert math.isnan(statistic([], []))
