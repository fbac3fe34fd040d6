"""The total: by weight, outside any judge, and only where it means something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scoring.rubric import Rubric
from scoring.scorecard import CriterionScore, Provenance, Scorecard, ScoreStatus
from scoring.total import total


def card(rubric: Rubric, calibration: str) -> Scorecard:
    scores = tuple(
        CriterionScore(c.id, ScoreStatus.SCORED, "", expected=float(1 + i % 5)) for i, c in enumerate(rubric.criteria)
    )
    made_with = Provenance(rubric.rubric, rubric.version, rubric.hash, "", "some", "1", "", calibration, "")
    return Scorecard("moon", scores, made_with)


def test_weighted_mean_of_expected_levels(moon: Rubric) -> None:
    weights = [c.weight for c in moon.criteria]
    expected = sum(w * (1 + i % 5) for i, w in enumerate(weights)) / sum(weights)
    assert total(card(moon, "calibrated"), moon) == pytest.approx(expected, abs=1e-3)


def test_no_total_while_uncalibrated(moon: Rubric) -> None:
    assert total(card(moon, "uncalibrated"), moon) is None


def test_no_total_where_a_criterion_has_no_level(moon: Rubric) -> None:
    whole = card(moon, "calibrated")
    unheard = replace(whole.criteria[0], status=ScoreStatus.UNHEARD, expected=None)
    assert total(replace(whole, criteria=(unheard, *whole.criteria[1:])), moon) is None
    assert total(replace(whole, criteria=whole.criteria[1:]), moon) is None


def test_a_scorecard_of_another_rubric_is_refused(moon: Rubric) -> None:
    other = moon.model_copy(update={"version": moon.version + 1})
    with pytest.raises(ValueError, match="another version"):
        total(card(moon, "calibrated"), other)
