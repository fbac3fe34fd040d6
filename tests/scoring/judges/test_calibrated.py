"""The calibrated judge: people's levels where they were learned, the embedded judge's evidence, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring.calibration.model import CalibrationModel
from scoring.calibration.store import save_model, stored_models
from scoring.calibration.verdict import Verdict
from scoring.embeddings import Embedder
from scoring.judges.calibrated import CalibratedJudge
from scoring.judges.choice import JudgeOptions, make_judge
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.rubric_file import read_rubric
from scoring.score import score
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.total import total
from scoring.transcript import Answer
from tests.scoring.calibration.rated_rice import EXAMPLES, QUESTION, RUBRIC_FILE

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BY_ID = {e.id: e.text for e in EXAMPLES.examples}
STRONG, WEAK = BY_ID["complete-and-kind"], BY_ID["long-food-safety-essay"]

Make = Callable[[Verdict], CalibratedJudge]


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return read_rubric(RUBRIC_FILE)


@pytest.fixture(scope="module")
def plain(embedder: Embedder) -> EmbeddedJudge:
    return EmbeddedJudge(embedder)


@pytest.fixture
def model(calibrations: Path) -> CalibrationModel:
    """As fitted, but for the verdicts: how good the fit is, is no matter here."""
    (fitted,) = stored_models(calibrations)
    return without(fitted, Verdict.CALIBRATED, *fitted.targets)


@pytest.fixture
def judge(plain: EmbeddedJudge, embedder: Embedder, model: CalibrationModel) -> CalibratedJudge:
    return CalibratedJudge(plain, embedder, [model])


def card(judge: EmbeddedJudge | CalibratedJudge, text: str, rubric: Rubric, question: str = QUESTION) -> Scorecard:
    return score(Answer("rice", text, "en"), rubric, judge, question_text=question, now=NOW)


def without(model: CalibrationModel, verdict: Verdict, *names: str) -> CalibrationModel:
    """The model with another verdict on some of what was rated."""
    changed = {n: replace(t, verdict=verdict) if n in names else t for n, t in model.targets.items()}
    return replace(model, targets=changed)


def test_levels_come_from_the_model_and_everything_else_from_the_embedded_judge(
    judge: CalibratedJudge, plain: EmbeddedJudge, model: CalibrationModel, rubric: Rubric
) -> None:
    strong, hint = card(judge, STRONG, rubric), card(plain, STRONG, rubric)
    assert strong.provenance.calibration == "calibrated"
    assert model.hash in strong.provenance.model
    assert strong.provenance.judge_version == judge.version != plain.version
    for own, old in zip(strong.criteria, hint.criteria, strict=True):
        assert (own.evidence, own.missing, own.status) == (old.evidence, old.missing, old.status)
        assert own.reason.startswith(old.reason)
        assert "fitted to people's ratings of" in own.reason
        assert own.probabilities != old.probabilities
        assert old.interval is None
        assert own.interval is not None
        assert own.expected is not None
        assert own.interval[0] <= own.expected + 1e-3
        assert own.expected <= own.interval[1] + 1e-3
    weak = card(judge, WEAK, rubric)
    assert strong.overall is not None
    assert weak.overall is not None
    assert strong.overall.level >= 4 > 3 >= weak.overall.level
    assert strong.overall.calibration == "calibrated"
    assert (total(strong, rubric), total(hint, rubric)) == (strong.overall.expected, None)
    assert Scorecard.from_dict(strong.to_dict()) == strong
    assert strong.to_dict() == asdict(strong), "no field is left out, nor one inside it"


def test_the_folder_is_all_that_the_options_need(
    calibrations: Path, plain: EmbeddedJudge, embedder: Embedder, rubric: Rubric
) -> None:
    chosen = make_judge(JudgeOptions(calibrations=calibrations))
    by_hand = CalibratedJudge(plain, embedder, stored_models(calibrations))
    assert chosen.version == by_hand.version != plain.version
    assert card(chosen, STRONG, rubric) == card(by_hand, STRONG, rubric)  # type: ignore[arg-type] # a Judge


def test_a_scorecard_is_called_what_its_weakest_criterion_is(
    plain: EmbeddedJudge, embedder: Embedder, model: CalibrationModel, rubric: Rubric
) -> None:
    provisional = CalibratedJudge(plain, embedder, [without(model, Verdict.PROVISIONAL, "helpfulness")])
    assert card(provisional, STRONG, rubric).provenance.calibration == "provisional"
    refused = CalibratedJudge(plain, embedder, [without(model, Verdict.UNCALIBRATED, "helpfulness", "overall level")])
    found = card(refused, STRONG, rubric)
    assert found.provenance.calibration == "uncalibrated"
    assert [c.interval is None for c in found.criteria] == [False, True, False]
    assert found.overall is None
    assert total(found, rubric) is None


def test_a_fit_of_the_overall_level_alone_gives_a_total_and_leaves_the_criteria_hints(
    plain: EmbeddedJudge, embedder: Embedder, model: CalibrationModel, rubric: Rubric
) -> None:
    criteria = [c.id for c in rubric.criteria]
    found = card(CalibratedJudge(plain, embedder, [without(model, Verdict.UNCALIBRATED, *criteria)]), STRONG, rubric)
    assert found.provenance.calibration == "uncalibrated"
    assert found.criteria == card(plain, STRONG, rubric).criteria
    assert found.overall is not None
    assert total(found, rubric) == found.overall.expected


def test_what_gives_no_ground_for_a_level_still_gives_none(judge: CalibratedJudge, rubric: Rubric) -> None:
    for text in ("", "Um, no.", "asdf qwer zxcv poiu lkjh mnbv erty dfgh cvbn fghj"):
        found = card(judge, text, rubric)
        assert {c.status for c in found.criteria} == {ScoreStatus.INSUFFICIENT_EVIDENCE}
        assert found.overall is None
    foreign = score(Answer("rice", STRONG, "vi"), rubric, judge, question_text=QUESTION, now=NOW)
    assert {c.status for c in foreign.criteria} == {ScoreStatus.JUDGE_FAILED}
    assert foreign.overall is None


def test_other_questions_are_judged_as_if_there_were_no_model(
    judge: CalibratedJudge, plain: EmbeddedJudge, rubric: Rubric
) -> None:
    other = "What would you tell a friend about rice that stood out overnight?"
    own, old = card(judge, STRONG, rubric, other), card(plain, STRONG, rubric, other)
    assert own.criteria == old.criteria
    assert (own.provenance.calibration, own.provenance.model, own.overall) == ("uncalibrated", plain.model, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rubric_hash": "f" * 64}, "fitted on another version of the rubric"),
        ({"embedder": "another"}, "fitted on another embedding model"),
        ({"judge_version": "0"}, "fitted on another version of the judge"),
        ({"features_version": "0"}, "fitted on another version of the features"),
    ],
)
def test_a_model_of_something_else_is_not_used_and_the_scorecard_says_why(
    plain: EmbeddedJudge, embedder: Embedder, model: CalibrationModel, rubric: Rubric, change: dict[str, str],
    reason: str,
) -> None:  # fmt: skip
    other = replace(model, basis=replace(model.basis, **change))
    found = card(CalibratedJudge(plain, embedder, [other]), STRONG, rubric)
    assert found.provenance.calibration == "uncalibrated"
    assert all(reason in c.reason and "calibrate again" in c.reason for c in found.criteria)
    assert [c.level for c in found.criteria] == [c.level for c in card(plain, STRONG, rubric).criteria]
    # An older model that fits is used still.
    both = CalibratedJudge(plain, embedder, [model, other])
    assert model.hash in card(both, STRONG, rubric).provenance.model


def test_a_refit_makes_new_scorecards_and_old_ones_keep_naming_their_model(
    plain: EmbeddedJudge, embedder: Embedder, model: CalibrationModel, rubric: Rubric, tmp_path: Path
) -> None:
    first = save_model(tmp_path, model)
    old = CalibratedJudge(plain, embedder, stored_models(tmp_path))
    before = card(old, STRONG, rubric)
    later = save_model(tmp_path, replace(model, basis=replace(model.basis, fitted_at="2099-01-01T00:00:00+00:00")))
    new = CalibratedJudge(plain, embedder, stored_models(tmp_path))
    after = card(new, STRONG, rubric)
    assert (first.hash in before.provenance.model, later.hash in after.provenance.model) == (True, True)
    assert before.provenance.judge_version != after.provenance.judge_version
    assert card(old, STRONG, rubric) == before
    assert (tmp_path / first.hash / "model.npz").exists()


def test_padding_and_copies_do_not_raise_a_fitted_level_by_half_a_level(judge: CalibratedJudge, rubric: Rubric) -> None:
    before = card(judge, WEAK, rubric)
    for added in (WEAK, QUESTION, " ".join(c.anchors[5] for c in rubric.criteria)):
        after = card(judge, f"{WEAK} {added}", rubric)
        assert before.overall is not None
        assert after.overall is not None
        assert after.overall.expected < before.overall.expected + 0.5
