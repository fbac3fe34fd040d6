"""Belief: uniform where nothing was said, moved by what is about a criterion, and not by saying it again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.anchors.belief import Signs, believed
from scoring.anchors.model import Model, Shape, log_ratios, shipped

SHAPE = Shape()
LOW, HIGH = (0.8, 0.15, 0.05), (0.05, 0.15, 0.8)


def signs(*stretches: tuple[float, tuple[float, float, float]], takes_back: tuple[float, ...] = ()) -> Signs:
    """One criterion; for each stretch, a turn of its own: relevance, and how likely low, medium and high are."""
    count = len(stretches)
    return Signs(
        np.array([[relevance] for relevance, _ in stretches]),
        np.array([[np.log(np.array(p) * 3)] for _, p in stretches]),
        np.array(takes_back or (0.0,) * count),
        np.arange(count),
    )


def expected(found: Signs) -> float:
    p: npt.NDArray[np.float64] = believed(found, SHAPE)[0][0]
    return float(p @ np.arange(1, 6))


def test_nothing_about_a_criterion_leaves_every_level_as_likely() -> None:
    assert believed(signs((0.05, HIGH), (0.1, LOW)), SHAPE)[0][0] == pytest.approx([0.2] * 5, abs=1e-3)


def test_what_is_about_it_moves_the_level_its_way() -> None:
    assert expected(signs((0.95, LOW))) < 2 < 4 < expected(signs((0.95, HIGH)))


def test_what_may_be_about_something_else_makes_no_level_likelier_than_it_is_sure() -> None:
    doubtful = signs((0.6, (0.98, 0.01, 0.01)))
    p, weights, if_about = believed(doubtful, SHAPE)
    sure = float(weights.sum())
    assert if_about[0][0] > 0.9
    assert p[0][0] == pytest.approx(sure * if_about[0][0] + (1 - sure) / 5)
    assert p[0][0] < 0.35


def test_saying_it_again_moves_nothing_once_it_is_said() -> None:
    assert expected(signs((1.0, HIGH), (1.0, HIGH), (1.0, HIGH))) == pytest.approx(expected(signs((1.0, HIGH))))


def test_what_is_about_something_else_moves_nothing() -> None:
    assert expected(signs((0.95, HIGH), (0.2, LOW))) == pytest.approx(expected(signs((0.95, HIGH))), abs=0.02)


def test_a_follow_up_that_takes_it_back_draws_the_level_towards_the_middle() -> None:
    before = expected(signs((0.9, HIGH)))
    after = expected(signs((0.9, HIGH), (0.6, (1 / 3, 1 / 3, 1 / 3)), takes_back=(0.0, 0.95)))
    assert 3 <= after < before - 0.5


def test_what_is_about_nothing_here_takes_nothing_back() -> None:
    after = expected(signs((0.9, HIGH), (0.02, LOW), takes_back=(0.0, 0.95)))
    assert after == pytest.approx(expected(signs((0.9, HIGH))), abs=0.2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3)),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_beliefs_are_probabilities_whatever_the_signs(
    found: list[tuple[float, tuple[float, float, float], float]],
) -> None:
    p, weights, if_about = believed(
        Signs(
            np.array([[r] for r, _, _ in found]),
            log_ratios(np.array([[s] for _, s, _ in found])),
            np.array([t for _, _, t in found]),
            np.arange(len(found)),
        ),
        SHAPE,
    )
    assert p[0].sum() == pytest.approx(1)
    assert if_about[0].sum() == pytest.approx(1)
    assert ((p >= 0) & (p <= 1)).all()
    assert ((weights >= 0) & (weights <= 1)).all()


def test_the_model_that_ships_says_what_it_was_fitted_on_and_survives_a_round_trip() -> None:
    model = shipped()
    assert "rubric_judge" in model.fitted_on
    assert len(model.data_hash) == 64
    assert Model.from_dict(model.to_dict()) == model
    assert Model.from_dict({**model.to_dict(), "relevance": [0.0] * len(model.relevance)}).hash != model.hash
