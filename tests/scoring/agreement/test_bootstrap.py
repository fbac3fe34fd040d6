"""Intervals: the same for the same seed, as wide as theory says, none where there is nothing to resample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scoring.agreement import Estimate, bootstrap, paired_difference, pearson, quadratic_weighted_kappa

RNG = np.random.default_rng(5)


def mean(values: np.ndarray) -> float:
    return float(values.mean())


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says() -> None:
    values = RNG.normal(3.0, 1.0, 400)
    found = bootstrap(mean, values, seed=1)
    error = values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.value - 1.96 * error, found.value + 1.96 * error), abs=0.02)
    assert bootstrap(mean, values, seed=1) == found
    assert bootstrap(mean, values, seed=2) != found


def test_items_stay_together_across_columns() -> None:
    x = RNG.normal(size=50)
    found = bootstrap(pearson, x, 2 * x + 1, resamples=50)
    assert (found.low, found.high) == pytest.approx((1.0, 1.0))


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    truth = RNG.integers(1, 6, 120)
    good = np.clip(truth + RNG.integers(-1, 2, 120), 1, 5)
    worse = np.clip(good + RNG.integers(-1, 2, 120), 1, 5)
    found = paired_difference(quadratic_weighted_kappa, truth, good, worse, resamples=300)
    apart = quadratic_weighted_kappa(truth, good) - quadratic_weighted_kappa(truth, worse)
    assert found.value == pytest.approx(apart)
    assert found.low < apart < found.high
    assert paired_difference(quadratic_weighted_kappa, truth, good, good, resamples=20) == Estimate(0.0, 0.0, 0.0)


def test_groups_are_averaged_and_resampled_within() -> None:
    truth, one, two = np.array([1, 2, 3, 1, 2, 3]), np.array([1, 2, 3, 3, 2, 1]), np.array([3, 2, 1, 1, 2, 3])
    groups = ["a"] * 3 + ["b"] * 3
    assert paired_difference(pearson, truth, one, two, groups=groups, resamples=20).value == pytest.approx(0.0)
    lopsided = ["a"] * 3 + ["b"] * 2 + ["c"]
    assert math.isnan(paired_difference(pearson, truth, one, two, groups=lopsided, resamples=20).value)


def test_what_is_undefined_has_no_interval() -> None:
    assert math.isnan(bootstrap(pearson, [1.0] * 9, [2.0] * 9).low)
    nothing = bootstrap(pearson, [], [])
    assert math.isnan(nothing.value)
    assert nothing.to_dict() == {"value": None, "low": None, "high": None}
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.50 [0.25, 0.75]"
