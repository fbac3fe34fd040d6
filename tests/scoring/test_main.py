"""``python -m scoring``: JSON Lines in and out, errors by line, exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.scorecard import Scorecard

RUBRIC = str(Path(__file__).parents[2] / "prompts" / "rubrics" / "explain-to-six-year-old.yaml")
TEXT = "They flew to the moon in a rocket. They walked around and then they came home."
LINE = {"question_text": "Explain the moon landing.", "rubric": RUBRIC}


@pytest.mark.slow
def test_scorecards_come_out_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [{"start": 0, "end": 4, "audio_start": 1.0, "audio_end": 1.4, "confidence": 0.9}]
    spoken = {"question_id": "moon", "text": TEXT, "language": "en", "words": words}
    lines = [{**LINE, "id": "a", "text": TEXT}, {**LINE, "id": 7, "answer": spoken}]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert main([str(file)]) == 0
    out = [json.loads(raw) for raw in capsys.readouterr().out.splitlines()]
    assert [(o["line"], o["id"], o["total"]) for o in out] == [(1, "a", None), (2, 7, None)]
    cards = [Scorecard.from_dict(o["scorecard"]) for o in out]
    assert cards[1].question_id == "moon"
    assert cards[0].criteria[0].level == cards[1].criteria[0].level is not None
    assert any(e.audio_start == 1.0 for c in cards[1].criteria for e in c.evidence)


@pytest.mark.slow
def test_several_workers_give_the_same_lines_in_the_same_order_and_name_bad_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.jsonl"
    lines = [
        json.dumps({**LINE, "id": n, "text": f"{TEXT} I am Ann Lee, number {n}.", "names": ["Ann"]}) for n in range(9)
    ]
    file.write_text("\n".join([*lines[:4], "{}", *lines[4:]]))
    outs = []
    for workers in ("1", "2"):
        assert main([str(file), "--workers", workers]) == 1
        captured = capsys.readouterr()
        assert ":5: " in captured.err
        outs.append([json.loads(raw) for raw in captured.out.splitlines()])
        for out in outs[-1]:
            out["scorecard"]["provenance"].pop("created_at")
    assert outs[0] == outs[1]
    assert [o["line"] for o in outs[0]] == [1, 2, 3, 4, 6, 7, 8, 9, 10]


def test_bad_lines_are_named_with_number_and_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = {"question_id": "q", "text": "short", "language": "en", "words": [
        {"start": 0, "end": 99, "audio_start": 0.0, "audio_end": 1.0, "confidence": None}]}  # fmt: skip
    bad = [
        "{not json",
        json.dumps(LINE),
        json.dumps({**LINE, "text": TEXT, "rubric": "no-such.yaml"}),
        json.dumps({**LINE, "text": TEXT, "candidate": "Ann"}),
        json.dumps({**LINE, "answer": outside}),
        json.dumps({"text": TEXT, "rubric": RUBRIC}),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(bad)))
    assert main([]) == 1
    captured = capsys.readouterr()
    errors = captured.err.splitlines()
    assert captured.out == ""
    expected = [
        "Invalid JSON",
        'either "answer" or "text"',
        "no-such.yaml: cannot be read",
        "candidate",
        "outside",
        "question_text",
    ]
    for number, (error, reason) in enumerate(zip(errors, expected, strict=True), start=1):
        assert error.startswith(f"stdin:{number}: ")
        assert reason in error


def test_a_missing_file_ends_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-file.jsonl"]) == 2
    assert "no-such-file.jsonl" in capsys.readouterr().err
