"""`interviewer replay`: what each policy would have done in the pauses of a recorded interview, and clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from interviewer.cli import app
from interviewer.conversation.events import Heard, SpeechEnded, SpeechStarted, event_from_dict
from interviewer.conversation.pauses import pauses
from interviewer.conversation.turns import POLICIES
from tests.conversation.scripted import Candidate
from tests.conversation.test_engine import LONG, begin


def say(c: Candidate, text: str, finality: float | None = None) -> None:
    start = c.at
    c.feed(SpeechStarted(start))
    c.wait(5.0)
    c.segment += 1
    end = c.at
    c.feed(SpeechEnded(end, c.segment))
    c.wait(0.7)
    c.feed(Heard(c.at, c.segment, start, end, text, "one", finality))


def interview() -> Candidate:
    """A pause of 1.5 s in mid-sentence, one of 0.2 s, and the end of the answer."""
    c = begin()
    c.wait_for_prompt()
    say(c, "First I looked at the data that we", 0.1)
    c.wait(0.8)
    say(c, "had in the archive and then I asked.", 0.9)
    c.wait(0.1)
    say(c, LONG, 0.9)
    c.wait(8.0)
    return c


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    c = interview()
    (tmp_path / "script.json").write_text(json.dumps(c.conversation.script.to_dict()), "utf-8")
    lines = "".join(json.dumps(entry) + "\n" for entry in c.entries)
    (tmp_path / "events.jsonl").write_text(lines, "utf-8")
    return tmp_path


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments])


def test_pauses_are_read_off_the_log_with_what_was_known_in_each() -> None:
    c = interview()
    found = pauses(c.conversation.script, [event_from_dict(entry) for entry in c.entries])
    assert [(p.silence_s, p.went_on) for p in found[:2]] == [(1.5, True), (0.8, True)]
    assert found[0].turn.text == "First I looked at the data that we"
    assert found[0].words_s == pytest.approx(0.7, abs=0.1)
    assert [p.turn.finality for p in found[:3]] == [0.1, 0.9, 0.9]
    assert not found[2].went_on


def test_every_policy_is_told_where_none_is_named(folder: Path) -> None:
    done = replay(str(folder), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["policies"] == list(POLICIES)
    first, _, end = told["pauses"][:3]
    assert (first["silence_s"], first["went_on"]) == (1.5, True)
    assert first["verdicts"]["fixed-1"] | {"cue": ""} == {
        "done": "cut in", "wait_s": 1.0, "cue": "", "learned_s": None, "gap_s": 1.0,
    }  # fmt: skip
    assert first["verdicts"]["finality"]["done"] == "held"
    assert first["verdicts"]["finality"]["gap_s"] is None
    assert end["verdicts"]["finality"]["done"] == "ended"
    assert end["verdicts"]["finality"]["gap_s"] == end["verdicts"]["finality"]["wait_s"] == 1.1
    assert told["summary"]["fixed-1"]["cut_in"] == 1
    assert told["summary"]["finality"]["cut_in"] == 0


def test_the_named_policies_alone_as_a_table(folder: Path) -> None:
    done = replay(str(folder), "--policy", "fixed-0.7", "--policy", "paced")
    assert done.exit_code == 0, done.output
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["at", "silence", "words", "so", "far", "fixed-0.7", "paced"]
    assert any("cut in 0.7 s" in row and "held of" in row for row in rows)
    assert "held / cut in / ended" in rows[-1]


def test_another_pace_may_be_asked_about(folder: Path) -> None:
    waits = {}
    for pace in ("brisk", "relaxed"):
        told = json.loads(replay(str(folder), "--policy", "finality", "--pace", pace, "--json").stdout)
        waits[pace] = told["pauses"][2]["verdicts"]["finality"]["wait_s"]
    assert waits == {"brisk": 0.9, "relaxed": 5.1}


def test_what_was_saved_tells_the_same_again(folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    first = json.loads(replay(str(folder), "--save", str(saved), "--json").stdout)
    again = json.loads(replay(str(saved), "--json").stdout)
    assert again["pauses"] == first["pauses"]


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda f: (f / "script.json").unlink(), "holds no script.json"),
    (lambda f: (f / "events.jsonl").unlink(), "holds no events.jsonl"),
    (lambda f: (f / "script.json").write_text("{}"), "is no script of an interview"),
    (lambda f: (f / "events.jsonl").write_text("nonsense\n"), "line 1 is no entry"),
    (lambda f: (f / "events.jsonl").write_text('{"seq":1,"at":0,"kind":"from-tomorrow"}\n'), "cannot be read"),
])  # fmt: skip
def test_a_folder_that_is_no_recording_is_refused_with_the_reason(folder: Path, spoil, reason: str) -> None:
    spoil(folder)
    done = replay(str(folder))
    assert done.exit_code == 1
    assert reason in done.stderr
    assert "Traceback" not in done.output


def test_wrong_words_are_refused_with_the_right_ones(folder: Path, tmp_path: Path) -> None:
    assert "The policies are: weighed, least-cost, finality" in replay(str(folder), "--policy", "psychic").stderr
    assert "The paces are: brisk, normal, relaxed" in replay(str(folder), "--pace", "slow").stderr
    assert "neither an interview's id" in replay(str(tmp_path / "nowhere")).stderr
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"this is no sound")
    assert "is no sound file" in replay(str(noise)).stderr
