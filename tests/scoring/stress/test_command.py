"""``python -m scoring stress``: the table, the report, and what it says of input that it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.__main__ import main

PROMPTS = Path(__file__).parents[3] / "prompts"
RUBRIC = PROMPTS / "rubrics" / "explain-to-six-year-old.yaml"
TEXT = "They flew to the moon in a very big rocket, and there they walked around in white suits. Then they came home."


@pytest.mark.slow
def test_a_run_prints_a_table_writes_a_report_and_exits_by_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, kept = tmp_path / "answers.jsonl", tmp_path / "report.json"
    answers.write_text(json.dumps({"id": "mine", "text": TEXT, "question_text": "Explain the moon landing."}) + "\n\n")
    given = ["stress", "--rubric", str(RUBRIC), "--answers", str(answers), "--json", str(kept), "--judge", "embedded"]
    assert main([*given, "--only", "injection-en", "--only", "criterion-order"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("embedded judge, rubric explain-to-six-year-old, 1 answers, 32 cases")
    assert "must not rise" in out
    report = json.loads(kept.read_text("utf-8"))
    assert [a["attack"] for a in report["attacks"]] == ["injection-en", "criterion-order"]
    assert {c["answer"] for c in report["cases"]} == {"mine"}
    assert report["judge"]["calibration"] == "uncalibrated"


@pytest.mark.slow
def test_an_answer_in_a_language_that_the_judge_does_not_read_is_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.jsonl"
    line = {"text": "Sie flogen mit einer Rakete zum Mond und kamen wieder.", "question_text": "?", "language": "de"}
    answers.write_text(json.dumps(line))
    assert main(["stress", "--rubric", str(RUBRIC), "--answers", str(answers), "--only", "repetition"]) == 1
    assert "not judged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--only", "bribery"], "--only bribery: there is no such attack; the attacks are irrelevance,"),
        (["--examples", str(PROMPTS / "examples" / "stumper.yaml")], "give the examples of that rubric"),
        (["--examples", "none.yaml"], "none.yaml: cannot be read"),
        (["--answers", "none.jsonl"], "none.jsonl"),
    ],
)
def test_bad_input_is_named_and_exits_with_2(more: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "--rubric", str(RUBRIC), *more]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_a_bad_line_of_answers_is_named_with_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.jsonl"
    for content, says in (
        ('{"text": "a b", "question_text": "?"}\n{"text": "a b"}\n', f"{answers}:2: question_text: Field required"),
        ("\n", "has no answers"),
    ):
        answers.write_text(content)
        assert main(["stress", "--rubric", str(RUBRIC), "--answers", str(answers)]) == 2
        assert says in capsys.readouterr().err


def test_a_rubric_without_worked_examples_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "--rubric", str(PROMPTS / "rubrics" / "ai-limits.yaml")]) == 2
    assert "name some with --examples or --answers" in capsys.readouterr().err
