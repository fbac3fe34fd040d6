"""Krippendorff's alpha as the package krippendorff has it, with missing values; Krippendorff's own worked example."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scoring.agreement import Scale, krippendorff_alpha

NAN = float("nan")
RATING = st.one_of(st.just(NAN), st.integers(1, 5).map(float))
# Krippendorff 2011, section C: four observers, twelve units, values missing.
WORKED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(("scale", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_worked_example(scale: Scale, expected: float) -> None:
    assert krippendorff_alpha(WORKED, scale) == pytest.approx(expected, abs=5e-4)


@given(
    st.integers(2, 4).flatmap(lambda raters: st.lists(st.tuples(*[RATING] * raters), min_size=2, max_size=20)),
    st.sampled_from(["nominal", "ordinal", "interval"]),
)
@settings(max_examples=150, deadline=None)
def test_as_krippendorff_has_it(rows: list[tuple[float, ...]], scale: Scale) -> None:
    table = np.asarray(rows).T
    pairable = table[:, (~np.isnan(table)).sum(axis=0) >= 2]
    assume(len(np.unique(pairable[~np.isnan(pairable)])) > 1)
    expected = krippendorff.alpha(reliability_data=table, level_of_measurement=scale)
    assert krippendorff_alpha(table, scale) == pytest.approx(expected, abs=1e-9)


def test_nothing_to_compare_gives_no_alpha() -> None:
    assert math.isnan(krippendorff_alpha([[3, 3, 3], [3, 3, 3]]))
    assert math.isnan(krippendorff_alpha([[1, NAN], [NAN, 2]]))
    assert math.isnan(krippendorff_alpha([[1, 2, 3]]))
    with pytest.raises(ValueError, match="raters by items"):
        krippendorff_alpha([1, 2, 3])


def test_perfect_agreement_is_one_and_opposites_are_below_chance() -> None:
    assert krippendorff_alpha([[1, 2, 5], [1, 2, 5]], "interval") == pytest.approx(1.0)
    assert krippendorff_alpha([[1, 2, 5], [5, 2, 1]], "interval") < 0
