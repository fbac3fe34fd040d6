"""Intervals hold what they promise on answers that had no part in them; folds; probabilities of levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.calibration.conformal import FOLDS, deal, fit_intervals
from scoring.calibration.distribution import expected_calibration_error, level_probabilities, log_loss
from scoring.calibration.held_out import held_out
from tests.scoring.calibration.planted import BLOCKS, features, rated, true_levels


def test_intervals_hold_ninety_per_cent_of_new_answers() -> None:
    held, widths = [], []
    for seed in range(6):
        x = features(60 + 300, seed)
        y = np.clip(true_levels(x) + 0.7 * np.random.default_rng(seed).normal(size=len(x)), 1, 5)
        found = fit_intervals(x[:60], y[:60], BLOCKS, seed).around(x[60:])
        held.append(((found[:, 0] <= y[60:]) & (y[60:] <= found[:, 1])).mean())
        widths.append((found[:, 1] - found[:, 0]).mean())
    assert 0.87 <= np.mean(held) <= 0.97
    assert np.mean(widths) < 3.2, "an interval over all levels would hold everything"


def test_what_is_said_of_held_out_answers_did_not_see_them() -> None:
    """Random levels: whoever had seen them would do better than chance."""
    correlations = []
    for seed in range(8):
        y = np.random.default_rng(seed).permutation(np.repeat([1.0, 2, 3, 4, 5], 8))
        found = held_out(features(40, seed), y, BLOCKS, seed=0, repeats=1)
        correlations.append(np.corrcoef(found.places[0], y)[0, 1])
        assert found.coverage(y).mean() >= 0.8
        assert found.probabilities.sum(axis=2) == pytest.approx(np.ones((1, 40)))
    assert np.mean(correlations) < 0.12, "the standard error of this mean is 0.06"


def test_too_few_answers_leave_the_whole_scale_open() -> None:
    x = features(8)
    found = fit_intervals(x, np.array([1.0, 2, 3, 4, 5, 1, 2, 3]), BLOCKS, 0).around(x[:2])
    assert found.tolist() == [[1.0, 5.0], [1.0, 5.0]]


@given(st.lists(st.integers(1, 5), min_size=10, max_size=60), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_folds_are_equal_parts_with_their_share_of_every_level(levels: list[int], seed: int) -> None:
    y = np.array(levels, dtype=float)
    folds = deal(y, seed)
    sizes = np.bincount(folds, minlength=FOLDS)
    assert sizes.max() - sizes.min() <= 1
    for level in set(levels):
        own = np.bincount(folds[y == level], minlength=FOLDS)
        assert own.max() - own.min() <= 1
    assert deal(y, seed).tolist() == folds.tolist()


@given(st.floats(1, 5), st.floats(0.1, 3))
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one_and_lean_the_way_the_place_lies(place: float, spread: float) -> None:
    p = level_probabilities(np.array([place, 6 - place]), spread, np.full(5, 0.2))
    assert p.sum(axis=1) == pytest.approx([1, 1])
    assert p[0] == pytest.approx(p[1][::-1], abs=1e-9)
    expected = float(p[0] @ np.arange(1, 6))
    assert expected == pytest.approx(3) if abs(place - 3) < 1e-9 else (expected - 3) * (place - 3) >= -1e-9


def test_log_loss_and_calibration_error() -> None:
    sure = np.eye(5)[[0, 4]]
    assert log_loss(sure, np.array([1, 5])) == pytest.approx(0)
    assert log_loss(np.full((2, 5), 0.2), np.array([1, 5])) == pytest.approx(np.log(5))
    assert expected_calibration_error(sure, np.array([1, 5])) == pytest.approx(0)
    assert expected_calibration_error(sure, np.array([2, 4])) == pytest.approx(1)


def test_answers_rated_by_one_rater_alone_are_no_worse_covered_for_it() -> None:
    x = features(80, 4)
    y = rated(true_levels(x), 1, seed=4)[:, 0]
    found = held_out(x, y, BLOCKS, seed=1, repeats=1)
    assert 0.85 <= found.coverage(y).mean() <= 1
    assert found.width < 3.2
