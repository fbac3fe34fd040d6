"""``calibrate --fine-tune``: refused under 200 ratings; from there on the encoder is fitted, kept, loaded and used."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from scoring.__main__ import main
from scoring.calibration.ratings import OVERALL
from scoring.calibration.store import ModelRefused, load_model, stored_models
from scoring.calibration.tuning import Pair
from scoring.judges.choice import JudgeOptions, make_judge
from scoring.rubric_file import read_rubric
from scoring.score import score
from scoring.transcript import Answer
from tests.scoring.calibration.rated_rice import EXAMPLES, QUESTION, RUBRIC_FILE, rated_rows

pytestmark = pytest.mark.slow

ANSWERS = 225


def calibrate(folder: Path, answers: int, *more: str) -> int:
    """One rater, the overall level alone, answers of two sentences."""
    rows = [r | {"levels": {}} for r in rated_rows(answers, raters=1, sentences_each=2)]
    file = folder / "ratings.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return main(["calibrate", str(file), "--rubric", str(RUBRIC_FILE), "--out", str(folder / "out"),
                 "--resamples", "20", *more])  # fmt: skip


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    more = ("--fine-tune", "--epochs", "1", "--layers", "1", "--pieces", "5", "--json", str(folder / "report.json"))
    assert calibrate(folder, ANSWERS, *more) == 0
    return folder


def test_under_200_ratings_it_is_refused_and_nothing_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(tmp_path, 40, "--fine-tune") == 2
    assert "needs a question with 200 rated answers or more, and the most that one has is 40" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_report_shows_what_is_reached_without_the_encoder(tuned: Path) -> None:
    (question,) = json.loads((tuned / "report.json").read_text())["questions"]
    assert question["not_fine_tuned"] == {}
    report = question["targets"][OVERALL]
    names = [c["name"] for c in report["comparisons"]]
    assert names == ["scorer - resolved", "length - resolved", "without the encoder - resolved"]
    assert report["comparisons"][0]["answers"] == report["comparisons"][2]["answers"] >= 200
    assert report["verdict"] == "provisional"
    gain = report["comparisons"][0]["qwk"]["value"] - report["comparisons"][2]["qwk"]["value"]
    assert report["qwk_over_without_encoder"]["value"] == pytest.approx(gain, abs=2e-4)
    assert report["qwk_over_without_encoder"]["low"] <= gain <= report["qwk_over_without_encoder"]["high"]


def test_a_judge_with_the_folder_scores_by_the_encoder(tuned: Path) -> None:
    (model,) = stored_models(tuned / "out")
    judge = make_judge(JudgeOptions(calibrations=tuned / "out"))
    cards = [
        score(Answer("rice", e.text, "en"), read_rubric(RUBRIC_FILE), judge, question_text=QUESTION,
              now=datetime(2026, 11, 22, tzinfo=UTC))
        for e in EXAMPLES.examples if e.id in ("complete-and-kind", "long-food-safety-essay")
    ]  # fmt: skip
    assert all(model.hash in card.provenance.model for card in cards)
    levels = {c.overall.expected for c in cards if c.overall is not None}
    assert len(levels) == 2
    target = model.targets[OVERALL]
    features = np.zeros(target.scorer.line.means.size - 1)
    near, far = (target.judge(features, Pair(QUESTION, text)) for text in ("Wash the rice first.", "No idea, sorry."))
    assert near != far, "the encoder's score has its weight"
    with pytest.raises(ValueError, match="reads the answer beside what was asked"):
        target.judge(features)


def test_weights_that_were_changed_are_refused(tuned: Path) -> None:
    (place,) = (p for p in (tuned / "out").iterdir() if not p.name.startswith("."))
    assert load_model(place).targets[OVERALL].encoder is not None
    (weights,) = place.glob("encoders/*/weights.safetensors")
    kept = weights.read_bytes()
    weights.write_bytes(kept[:-1] + b"\x01")
    with pytest.raises(ModelRefused, match="weights"):
        load_model(place)
    weights.write_bytes(kept)
    assert load_model(place).hash == place.name
