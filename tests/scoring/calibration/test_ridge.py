"""The ridge: left-out predictions as scikit-learn gives them when it leaves out; blocks, odd features, alignment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from scoring.calibration.alignment import MOST_STRETCH, fit_scorer, stretch
from scoring.calibration.ridge import PENALTIES, Block, fit_ridge

RNG = np.random.default_rng(3)


@given(st.integers(6, 30), st.integers(1, 40), st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_it_is_the_ridge_of_scikit_learn_with_the_penalty_of_least_left_out_error(n: int, p: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, size=(n, p)), rng.uniform(1, 5, size=n)
    line, left_out = fit_ridge(x, y, [Block("all", p)])
    z = (x - x.mean(axis=0)) / x.std(axis=0) / np.sqrt(p)
    assert np.abs(z * np.sqrt(p)).max() < 6, "uniform features are hardly ever clipped"
    z = np.clip(z * np.sqrt(p), -3, 3) / np.sqrt(p)
    fits = [Ridge(alpha=a).fit(z, y).predict(z) for a in PENALTIES]
    assert min(np.abs(line.predict(x) - f).max() for f in fits) < 1e-6
    own = int(np.argmin([np.abs(line.predict(x) - f).max() for f in fits]))
    for i in range(n):
        others = np.arange(n) != i
        without = Ridge(alpha=PENALTIES[own]).fit(z[others], y[others]).predict(z[[i]])[0]
        assert left_out[i] == pytest.approx(without, abs=1e-6)


def test_a_small_block_is_not_drowned_by_a_large_one() -> None:
    x = RNG.normal(size=(60, 401))
    y = 3 + x[:, 400] + 0.3 * RNG.normal(size=60)
    new = RNG.normal(size=(200, 401))
    own, _ = fit_ridge(x, y, [Block("large", 400), Block("small", 1)])
    drowned, _ = fit_ridge(x, y, [Block("all", 401)])
    found = [np.corrcoef(line.predict(new), new[:, 400])[0, 1] for line in (own, drowned)]
    assert found[0] > 0.9 > 0.5 > found[1]


def test_of_several_mixtures_the_one_that_predicts_counts_most() -> None:
    x = RNG.normal(size=(60, 300))
    y = 3 + x[:, 299] + 0.3 * RNG.normal(size=60)
    new = RNG.normal(size=(200, 300))
    wrong, right = (1.0, 0.001), (0.001, 1.0)

    def error(*mixtures: tuple[float, float]) -> float:
        large, small = zip(*mixtures, strict=True)
        line, _ = fit_ridge(x, y, [Block("large", 299, large), Block("small", 1, small)])
        return float(np.square(line.predict(new) - 3 - new[:, 299]).mean())

    assert error(wrong, right) == pytest.approx(error(right), rel=0.05)
    assert error(wrong) > 3 * error(wrong, right)
    with pytest.raises(ValueError, match="shorter"):
        fit_ridge(x, y, [Block("large", 299, (1.0, 1.0)), Block("small", 1)])


def test_a_feature_without_variation_counts_for_nothing_and_a_wild_one_is_held() -> None:
    x = np.column_stack([RNG.normal(size=30), np.full(30, 7.0)])
    y = 3 + x[:, 0]
    line, _ = fit_ridge(x, y, [Block("all", 2)])
    usual, odd, wild = line.predict(np.array([[1.0, 7.0], [1.0, 1e9], [1e6, 7.0]]))
    assert odd == usual == pytest.approx(4.0, abs=0.2)
    assert wild < 3 + 4 * x[:, 0].std()
    with pytest.raises(ValueError, match="features for 30 levels"):
        fit_ridge(x, y, [Block("all", 3)])


def test_predictions_are_spread_as_far_as_peoples_levels_but_at_most_twofold() -> None:
    levels = np.array([1.0, 2, 3, 4, 5] * 6)
    assert stretch(levels / 1.6, levels) == pytest.approx(1.6)
    assert stretch(levels / 8, levels) == MOST_STRETCH
    assert stretch(np.full(30, 3.0), levels) == 1.0
    x = levels[:, None] + RNG.normal(size=(30, 1)) * 1.5
    scorer = fit_scorer(x, levels, [Block("all", 1)])
    assert scorer.factor > 1.1
    plain, aligned = scorer.line.predict(x), scorer.place(x)
    assert abs(aligned.std() - levels.std()) < abs(plain.std() - levels.std())
    assert aligned.min() >= 1
    assert aligned.max() <= 5
