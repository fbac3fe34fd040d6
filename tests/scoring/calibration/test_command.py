"""``python -m scoring calibrate`` and ``agreement``: table, verdict, report, bad rows by line, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.calibration.store import stored_models
from tests.scoring.calibration.rated_rice import RUBRIC_FILE, rated_rows

pytestmark = pytest.mark.slow


def calibrate(folder: Path, rows: list[object], *more: str) -> int:
    file = folder / "ratings.jsonl"
    file.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return main(["calibrate", str(file), "--rubric", str(RUBRIC_FILE), "--out", str(folder / "out"),
                 "--resamples", "20", *more])  # fmt: skip


def test_a_question_that_can_be_learned_is_called_calibrated_and_reported(calibrations: Path) -> None:
    (model,) = stored_models(calibrations)
    report = json.loads((calibrations.parent / "report.json").read_text())
    (question,) = report["questions"]
    assert (question["question_id"], question["model"], question["rated_answers"]) == ("rice", model.hash, 50)
    assert report["refused_rows"] == []
    overall = question["targets"]["overall level"]
    assert "calibrated" in {t["verdict"] for t in question["targets"].values()}
    assert all(t["reasons"] for t in question["targets"].values())
    by_name = {c["name"]: c for c in overall["comparisons"]}
    assert by_name["scorer - resolved"]["qwk"]["low"] > by_name["length - resolved"]["qwk"]["high"]
    assert by_name["rater - rater"]["answers"] == overall["answers"] == overall["rated_twice"]
    assert overall["interval"]["share"] == 0.9
    assert overall["interval"]["covered"]["value"] >= 0.85
    assert overall["interval"]["width"] < 3
    assert set(question["targets"]) == {"overall level", "correctness", "helpfulness", "tone-and-length"}


def test_no_words_of_an_answer_are_kept_in_a_model(calibrations: Path) -> None:
    held = b"".join(f.read_bytes() for f in calibrations.rglob("*") if f.is_file()).decode("utf-8", "replace")
    assert not any(row["text"][:40] in held for row in rated_rows(50))


def test_bad_rows_are_named_and_kept_while_the_rest_is_fitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[object] = [r | {"levels": {}} for r in rated_rows(12, raters=1)]
    rows[3:3] = ["{broken", {**rated_rows(1)[0], "answer_id": "x", "level": 9}]
    assert calibrate(tmp_path, rows, "--json", str(tmp_path / "report.json")) == 1
    captured = capsys.readouterr()
    first, second, last = captured.err.splitlines()
    assert "ratings.jsonl:4: row: Invalid JSON" in first
    assert "ratings.jsonl:5: level: " in second
    assert last == "2 rows are not used; mend them and run this again"
    refused = json.loads((tmp_path / "report.json").read_text())["refused_rows"]
    assert (refused[0]["line"], refused[0]["row"]) == (4, "{broken")
    assert "verdict: uncalibrated" in captured.out
    assert "answers are rated; 25 are needed" in captured.out


@pytest.mark.parametrize(
    ("answers", "level", "reason"),
    [(9, None, "are too few to fit anything"), (14, 3, "were given level 3, so there is no difference to learn")],
)
def test_what_cannot_be_fitted_stores_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answers: int, level: int | None, reason: str
) -> None:
    rows = [r | {"levels": {}} | ({} if level is None else {"level": level}) for r in rated_rows(answers, raters=1)]
    assert calibrate(tmp_path, [*rows]) == 2
    assert reason in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_wrong_inputs_end_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ratings.jsonl"
    file.write_text("")
    for ratings, rubric, reason in (
        (tmp_path / "none.jsonl", RUBRIC_FILE, "none.jsonl"),
        (file, tmp_path / "none.yaml", "none.yaml: cannot be read"),
        (file, RUBRIC_FILE, "there is no rating to fit"),
    ):
        assert main(["calibrate", str(ratings), "--rubric", str(rubric), "--out", str(tmp_path / "out")]) == 2
        assert reason in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["calibrate", str(file), "--rubric", str(RUBRIC_FILE), "--out", "o", "--variable", "domain"])
    assert "'domain' is not NAME=VALUE" in capsys.readouterr().err


def test_agreement_of_raters_alone(ratings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "agreement.json"
    assert main(["agreement", str(ratings_file), "--json", str(report)]) == 0
    found = json.loads(report.read_text())["agreement"]
    assert [f["target"] for f in found] == ["overall level", "correctness", "helpfulness", "tone-and-length"]
    assert 0.6 < found[0]["krippendorff_alpha"] < 1
    assert "rater - rater" in capsys.readouterr().out
    alone = tmp_path / "alone.jsonl"
    alone.write_text("".join(json.dumps(row) + "\n" for row in rated_rows(12, raters=1)) + "{bad\n")
    assert main(["agreement", str(alone)]) == 2
    captured = capsys.readouterr()
    assert "No two raters share 10 answers." in captured.out
    assert "alone.jsonl:13: " in captured.err


def test_scoring_with_a_changed_model_is_refused(
    calibrations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model,) = stored_models(calibrations)
    place = tmp_path / model.hash
    place.mkdir()
    (place / "model.npz").write_bytes((calibrations / model.hash / "model.npz").read_bytes())
    (place / "model.json").write_text((calibrations / model.hash / "model.json").read_text() + " ")
    assert main(["score", "--calibrations", str(tmp_path)]) == 2
    assert "is not what was stored under this name" in capsys.readouterr().err
