"""``python -m scoring``: JSON Lines in and out, errors by line, exit status."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.scorecard import Scorecard
from tests.endpoint.running import free_port

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
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(bad).encode())))
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


def test_a_byte_that_is_not_utf_8_costs_its_own_line_and_a_byte_order_mark_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.jsonl"
    good = json.dumps({**LINE, "text": TEXT, "rubric": "no-such.yaml"}).encode()
    file.write_bytes(b"\xef\xbb\xbf" + good + b"\r\n" + good.replace(b"moon", b"caf\xe9") + b"\n" + good)
    assert main([str(file)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert ["no-such.yaml" in e for e in errors] == [True, False, True]
    assert errors[1].startswith(f"{file}:2: not UTF-8")
    assert "save the file as UTF-8" in errors[1]


@pytest.mark.parametrize(
    ("words", "because"),
    [
        ([(5, 9, 0.0, 1.0, 0.1), (0, 4, 1.0, 2.0, 0.1)], "in the order of the text"),
        ([(0, 4, 0.0, 1.0, math.nan)], "from 0 to 1"),
        ([(0, 4, 0.0, 1.0, 10.0)], "from 0 to 1"),
        ([(0, 4, math.nan, 1.0, 0.1)], "seconds"),
        ([(0, 4, 0.0, math.inf, 0.1)], "seconds"),
        ([(0, 4, 2.0, 1.0, 0.1)], "seconds"),
    ],
)
def test_words_whose_numbers_are_none_are_refused(
    words: list[tuple[int, int, float, float, float]], because: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = ("start", "end", "audio_start", "audio_end", "confidence")
    answer = {
        "question_id": "q",
        "text": TEXT,
        "language": "en",
        "words": [dict(zip(names, w, strict=True)) for w in words],
    }
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({**LINE, "answer": answer}))
    assert main([str(file)]) == 1
    captured = capsys.readouterr()
    assert because in captured.err
    assert captured.out == ""


def test_where_the_judge_failed_the_status_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({**LINE, "text": TEXT}))
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    assert main([str(file), "--judge", "chat", "--base-url", nobody, "--model", "m", "--timeout", "1"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{file}:1: ")
    assert json.loads(captured.out)["scorecard"]["criteria"][0]["status"] == "judge failed"


@pytest.mark.parametrize("workers", ["1", "2", "40"])
@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        (["--base-url", "http://x/v1", "--prompt", "no-such.yaml"], "no-such.yaml"),
        (["--base-url", "127.0.0.1:9/v1"], "127.0.0.1:9"),
        (["--base-url", "http://x/v1", "--slots", "0"], "slots"),
        (["--base-url", "http://x/v1", "--calibrations", "no-such-folder"], "no-such-folder"),
    ],
)
def test_what_is_wrong_with_the_judge_is_said_in_a_sentence(
    workers: str, wrong: list[str], because: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({**LINE, "text": TEXT}))
    assert main([str(file), "--workers", workers, "--judge", "chat", "--model", "m", *wrong]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("scoring: ")
    assert because in told


def test_a_rubric_is_filled_in_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answers.jsonl"
    rubric = str(Path(RUBRIC).with_name("domain-explanation.yaml"))
    line = {"question_text": "Explain.", "rubric": rubric, "text": TEXT}
    file.write_text(
        "\n".join(json.dumps(x) for x in (line, {**line, "rubric": "a\0b"}, {**line, "text": "a" * 200_001}))
    )
    assert main([str(file)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert "{field} is not filled in; say what it is with --variable field=..." in errors[0]
    assert "cannot be read" in errors[1]
    assert "200,000 characters" in errors[2]
    file.write_text(json.dumps({**line, "variables": {"field": "medicine"}, "text": " "}))
    main([str(file)])
    assert capsys.readouterr().err == ""


def test_a_missing_file_ends_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-file.jsonl"]) == 2
    assert "no-such-file.jsonl" in capsys.readouterr().err
