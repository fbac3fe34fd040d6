"""When a question may be called calibrated: every rule, and that its reason is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.agreement import Estimate
from scoring.calibration.fit import CannotFit, fit_target, rater_comparisons
from scoring.calibration.verdict import Figures, Verdict, decide
from tests.scoring.calibration.planted import BLOCKS, features, lengths, rated, true_levels

NAN = float("nan")
GOOD = Figures(
    60, 2, Estimate(0.70, 0.55, 0.80), length=0.30, with_raters=0.65, among_raters=Estimate(0.70, 0.50, 0.84)
)


def test_good_figures_are_called_calibrated_with_the_reason() -> None:
    found = decide(GOOD)
    assert found.verdict is Verdict.CALIBRATED
    assert "0.70 against 0.30" in found.reasons[0]
    assert decide(replace(GOOD, answers=25, length=0.65, with_raters=0.60)).verdict is Verdict.CALIBRATED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answers": 24}, "Only 24 answers are rated; 25 are needed"),
        ({"length": 0.66}, "hardly better than length alone (QWK 0.70 against 0.66"),
        ({"length": 0.90}, "hardly better than length alone"),
        ({"with_raters": 0.59}, "falls more than 0.10 under the raters' agreement"),
        ({"with_raters": NAN}, "falls more than 0.10 under"),
        ({"scorer": Estimate(0.70, -0.01, 0.9)}, "cannot be told from chance"),
        ({"scorer": Estimate(NAN, NAN, NAN)}, "cannot be told from chance"),
        ({"among_raters": Estimate(0.1, 0.02, 0.3)}, "The raters hardly agree with each other"),
        ({"length": NAN}, "hardly better than length alone"),
    ],
)
def test_each_rule_refuses_and_says_why(change: dict[str, object], reason: str) -> None:
    found = decide(replace(GOOD, **change))  # type: ignore[arg-type] # a case for each field
    assert found.verdict is Verdict.UNCALIBRATED
    assert len(found.reasons) == 1 or "scorer" in change
    assert reason in " ".join(found.reasons)


def test_every_reason_is_named_not_the_first_alone() -> None:
    assert len(decide(replace(GOOD, answers=12, length=0.7, with_raters=0.2)).reasons) == 3


def test_length_that_does_as_well_is_said_to_do_so() -> None:
    assert "Length alone does as well." in decide(replace(GOOD, length=0.67)).reasons[0]
    assert "Length alone does as well." not in decide(replace(GOOD, length=0.66)).reasons[0]


def test_one_rater_or_two_who_never_meet_make_it_provisional_at_most() -> None:
    alone = decide(replace(GOOD, raters=1, among_raters=None))
    apart = decide(replace(GOOD, among_raters=None))
    assert (alone.verdict, apart.verdict) == (Verdict.PROVISIONAL, Verdict.PROVISIONAL)
    assert "one rater only" in alone.reasons[1]
    assert "No two raters share 10 answers" in apart.reasons[1]
    assert decide(replace(GOOD, answers=24, raters=1, among_raters=None)).verdict is Verdict.UNCALIBRATED


@pytest.mark.parametrize("low", [0.0, -0.2, NAN])
def test_raters_whose_agreement_may_be_chance_make_it_provisional_at_most(low: float) -> None:
    found = decide(replace(GOOD, among_raters=Estimate(0.6, low, 0.9)))
    assert found.verdict is Verdict.PROVISIONAL
    assert "share too few answers to tell their agreement from chance (QWK 0.60 [" in found.reasons[1]


def test_a_planted_signal_is_found_and_reported_beside_raters_and_length() -> None:
    x = features(60)
    ratings = rated(true_levels(x), 2)
    found = fit_target(x, lengths(60), ratings, ["r1", "r2"], BLOCKS, resamples=100).report
    assert found.decision.verdict is Verdict.CALIBRATED
    by_name = {c.name: c for c in found.comparisons}
    assert {
        "scorer - resolved",
        "length - resolved",
        "scorer - rater",
        "scorer - r1",
        "scorer - r2",
        "rater - rater",
    } == set(by_name)
    assert by_name["scorer - resolved"].qwk.value > 0.6
    assert by_name["scorer - resolved"].qwk.low > by_name["length - resolved"].qwk.high
    assert found.over_length.low > 0
    assert found.alpha is not None
    assert found.alpha > 0.5
    assert 0.8 <= found.coverage.value <= 1
    assert found.log_loss < found.log_loss_of_frequencies


def test_the_same_with_one_rater_is_provisional() -> None:
    x = features(60)
    report = fit_target(x, lengths(60), rated(true_levels(x), 1), ["r1"], BLOCKS, resamples=60).report
    assert report.decision.verdict is Verdict.PROVISIONAL
    assert [c.name for c in report.comparisons] == ["scorer - resolved", "length - resolved"]


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_ratings_are_never_called_calibrated(seed: int) -> None:
    x = features(30, seed)
    ratings = np.random.default_rng(seed).permutation(rated(true_levels(x), 2, seed=seed))
    report = fit_target(x, lengths(30, seed), ratings, ["r1", "r2"], BLOCKS, seed=seed, resamples=60).report
    assert report.decision.verdict is Verdict.UNCALIBRATED


def test_levels_that_only_follow_length_are_not_called_calibrated() -> None:
    words = lengths(60)
    x = np.concatenate([features(60), words], axis=1)
    blocks = (*BLOCKS, replace(BLOCKS[0], name="surface", size=2))
    ratings = rated(3 + 3 * (words[:, 0] - words[:, 0].mean()), 2)
    report = fit_target(x, words, ratings, ["r1", "r2"], blocks, resamples=60).report
    assert report.decision.verdict is Verdict.UNCALIBRATED
    assert any("length alone" in reason for reason in report.decision.reasons)


def test_a_rater_who_rated_some_answers_only_counts_for_those() -> None:
    x = features(50)
    ratings = rated(true_levels(x), 3)
    ratings[20:, 2] = NAN
    ratings[:5, 0] = NAN
    report = fit_target(x, lengths(50), ratings, ["a", "b", "c"], BLOCKS, resamples=40).report
    by_name = {c.name: c.answers for c in report.comparisons}
    assert (by_name["a - b"], by_name["b - c"], by_name["a - c"]) == (45, 20, 15)
    assert report.rated_twice == 50


def test_a_rater_of_a_handful_of_answers_does_not_weigh_like_the_others() -> None:
    x = features(40)
    ratings = rated(true_levels(x), 3)
    ratings[3:, 2] = NAN
    reports = []
    for third in (ratings[:3, 2], 6 - ratings[:3, 0]):
        ratings[:3, 2] = third
        reports.append(fit_target(x, lengths(40), ratings, ["a", "b", "c"], BLOCKS, resamples=40).report)
    for report in reports:
        by_name = {c.name: c for c in report.comparisons}
        assert "scorer - c" not in by_name
        both = [by_name[f"scorer - {name}"].qwk.value for name in "ab"]
        assert by_name["scorer - rater"].qwk.value == pytest.approx(np.mean(both))
        assert report.decision.verdict is Verdict.CALIBRATED


def test_many_raters_of_a_few_answers_each_leave_it_provisional() -> None:
    x = features(48)
    alone = rated(true_levels(x), 1)
    ratings = np.where(np.arange(48)[:, None] // 6 == np.arange(8)[None], alone, NAN)
    report = fit_target(x, lengths(48), ratings, [f"r{i}" for i in range(8)], BLOCKS, resamples=40).report
    assert report.decision.verdict is Verdict.PROVISIONAL
    assert [c.name for c in report.comparisons] == ["scorer - resolved", "length - resolved"]


def test_too_few_or_all_alike_cannot_be_fitted_at_all() -> None:
    x = features(12)
    with pytest.raises(CannotFit, match="9 rated answers are too few"):
        fit_target(x[:9], lengths(9), rated(true_levels(x[:9]), 1), ["r"], BLOCKS)
    with pytest.raises(CannotFit, match="all 12 answers were given level 4"):
        fit_target(x, lengths(12), np.full((12, 1), 4.0), ["r"], BLOCKS)


def test_half_levels_of_raters_are_compared_as_they_are() -> None:
    one = np.tile([1.5, 2.5, 3.5], 5)
    found = rater_comparisons(np.column_stack([one, one + 1.0]), ["r1", "r2"], resamples=50, seed=1)[0]
    assert (found.exact.value, found.adjacent.value) == (0.0, 1.0)
