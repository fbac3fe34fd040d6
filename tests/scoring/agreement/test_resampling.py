"""All resamples at once give what resampling one by one gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.agreement import (
    adjacent_agreement,
    bootstrap,
    draws,
    exact_agreement,
    of_resamples,
    pair_statistics,
    pearson,
    quadratic_weighted_kappa,
)

RATING = st.one_of(st.just(float("nan")), st.integers(2, 10).map(lambda n: n / 2))


@given(st.lists(st.tuples(RATING, RATING), min_size=1, max_size=15), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_as_one_by_one(rows: list[tuple[float, float]], seed: int) -> None:
    one, two = np.array(rows).T
    found = pair_statistics(one, two, draws(len(one), 20, seed))
    by_name = {
        "qwk": quadratic_weighted_kappa, "pearson": pearson, "exact": exact_agreement, "adjacent": adjacent_agreement
    }  # fmt: skip
    for name, statistic in by_name.items():
        fast = of_resamples(getattr(found, name))
        slow = bootstrap(statistic, one, two, resamples=20, seed=seed)
        for field in ("value", "low", "high"):
            assert getattr(fast, field) == pytest.approx(getattr(slow, field), abs=1e-6, nan_ok=True)


def test_every_item_counts_once_before_the_resamples() -> None:
    counts = draws(7, 30, 1)
    assert counts.shape == (31, 7)
    assert counts[0].tolist() == [1] * 7
    assert set(counts.sum(axis=1)) == {7}
    nothing = pair_statistics(np.array([math.nan]), np.array([1.0]), draws(1, 5, 0))
    assert math.isnan(of_resamples(nothing.qwk).value)
