"""Macro-F1 as scikit-learn has it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from scoring.agreement import macro_f1

CLASS = st.sampled_from(["correct", "contradictory", "incorrect"])


@given(st.lists(st.tuples(CLASS, CLASS), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_as_scikit_learn_has_it(rows: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*rows, strict=True)
    assert macro_f1(truth, predicted) == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))


def test_without_items_there_is_no_figure_and_lengths_must_fit() -> None:
    assert math.isnan(macro_f1([], []))
    with pytest.raises(ValueError, match="2 true classes and 1 predicted"):
        macro_f1(["a", "b"], ["a"])


def test_classes_may_be_of_numpy() -> None:
    truth, predicted = np.array([1.0, 0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0])
    assert macro_f1([*truth], [*predicted]) == macro_f1(truth.tolist(), predicted.tolist()) == 0.5
