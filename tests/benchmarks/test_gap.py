"""How gap and peer judge an answer: where its pauses are, who came in when, and what became of the reply; and that gap
loses none that was given."""

import json
from functools import partial

import numpy as np
import pytest
from playwright.sync_api import Error

from interviewer.plans.schema import Plan
from tests.benchmarks.__main__ import keep
from tests.benchmarks.gap import kept
from tests.benchmarks.gap.answers import Answer
from tests.benchmarks.gap.given import Given, line, report
from tests.benchmarks.gap.measure import Outcome, Reply, Sound, Spoken, outcome, reply, silences, speech_level
from tests.benchmarks.gap.melvin import marks_of, plan
from tests.benchmarks.gap.stages import Stages, stages_of, table
from tests.benchmarks.report import Options
from tests.clips import RATE

AT = 100.0


def voice(*stretches: float) -> np.ndarray:
    """Seconds of tone and of room tone by turns, tone first."""
    rng = np.random.default_rng(0)
    parts = [
        3000 * np.sin(np.arange(round(s * RATE)) / 5) if i % 2 == 0 else rng.normal(0, 5, round(s * RATE))
        for i, s in enumerate(stretches)
    ]
    return np.concatenate(parts).astype(np.int16)


@pytest.fixture
def spoken() -> Spoken:
    """1 s of voice, a pause of 2 s, 1 s of voice, a pause of 0.5 s, and 1 s of voice."""
    pcm = voice(1, 2, 1, 0.5, 1)
    return Spoken.of(pcm, speech_level(pcm))


def heard(*sounds: tuple[float, float]) -> list[Sound]:
    return [Sound(AT + begin, AT + end) for begin, end in sounds]


def test_pauses_of_a_second_and_more_are_found_and_shorter_ones_are_silences(spoken):
    assert spoken.end == pytest.approx(5.5, abs=0.02)
    assert [(p.begin, p.end) for p in spoken.pauses] == [(pytest.approx(1, abs=0.02), pytest.approx(3, abs=0.02))]
    pcm = voice(1, 2, 1, 0.5, 1)
    assert [round(s.end - s.begin, 1) for s in silences(pcm, speech_level(pcm))] == [2.0, 0.5]


def test_the_gap_runs_from_the_last_sample_of_speech_to_the_first_sound_after_it(spoken):
    found = outcome(spoken, AT, heard((-3, -1), (6.8, 8), (8.5, 9)))
    assert found.gap_s == pytest.approx(1.3, abs=0.02)
    assert found.clean
    assert found.replied


@pytest.mark.parametrize("begin", [1.5, 2.9, 3.2])
def test_a_sound_that_begins_in_a_pause_or_just_after_it_cuts_it(spoken, begin):
    found = outcome(spoken, AT, heard((begin, begin + 1), (6.8, 8)))
    assert found.cut == (True,)
    assert found.gap_s is None


@pytest.mark.parametrize("begin", [0.5, 3.9, 4.2])
def test_a_sound_over_the_voice_or_in_a_short_pause_is_counted_elsewhere(spoken, begin):
    found = outcome(spoken, AT, heard((begin, begin + 0.3), (6.8, 8)))
    assert found.cut == (False,)
    assert found.cut_elsewhere == 1
    assert not found.clean


def test_no_gap_is_taken_where_a_sound_lasts_over_the_end_or_none_comes(spoken):
    assert outcome(spoken, AT, heard((-1, 6), (6.8, 8))).gap_s is None
    assert not outcome(spoken, AT, heard((-3, -1))).replied


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (["heard", "asked"], Reply(restarted=False, early=False)),
        (["asked", "heard"], Reply(restarted=False, early=True)),
        (["asked", "heard", "interrupted", "asked"], Reply(restarted=True, early=True)),
        (["interrupted", "asked"], Reply(restarted=False, early=False)),
        (["heard"], Reply(restarted=False, early=False)),
    ],
)
def test_a_reply_is_put_once_and_after_the_last_words(marks, expected):
    assert reply(marks) == expected


def test_the_event_log_tells_when_a_turn_was_over_what_was_heard_and_what_was_cut():
    entries = [
        {"kind": "speech-ended", "at": 1, "segment": 1},
        {"kind": "heard", "at": 2, "segment": 1, "text": "Yes."},
        {"kind": "heard", "at": 3, "segment": 2, "text": ""},
        {"kind": "tick", "at": 4, "decided": [{"what": "turn-over", "why": "silence"}]},
        {"kind": "saying-ended", "at": 5, "utterance": 3, "cut": True},
        {"kind": "saying-ended", "at": 6, "utterance": 4, "cut": False},
    ]
    assert [mark for entry in entries for mark in marks_of(entry)] == ["heard", "asked", "interrupted"]


def test_the_plan_has_a_question_for_every_answer_and_no_probe_is_put():
    questions = Plan.model_validate(plan()).questions
    assert len(questions) == 60
    assert {q.max_probes for q in questions} == {0}


def test_the_parts_of_a_gap_come_from_the_log_and_the_rest_was_on_the_way():
    held = {"what": "turn-held", "limit_s": 6.0}
    over = {"what": "turn-over", "limit_s": 1.1, "finality": 0.9}
    log = [
        {"kind": "saying-reached", "at": 0},  # the question before
        {"kind": "speech-ended", "at": 1 * RATE},
        {"kind": "heard", "at": 2 * RATE},
        {"kind": "speech-started", "at": 3 * RATE, "decided": [held]},
        {"kind": "speech-ended", "at": 5 * RATE},
        {"kind": "heard", "at": round(5.8 * RATE)},
        {"kind": "tick", "at": round(6.2 * RATE), "decided": [over]},
        {"kind": "saying-reached", "at": round(6.25 * RATE)},
        {"kind": "saying-reached", "at": 8 * RATE},  # its second text
    ]
    found = stages_of(log, gap_s=1.5)
    assert found is not None
    assert found.words_s == pytest.approx(0.8)
    assert (found.patience_s, found.late_s, found.voice_s) == (1.1, pytest.approx(0.1), pytest.approx(0.05))
    assert found.on_the_way_s == pytest.approx(0.25)
    assert stages_of(log[:6], gap_s=1.5) is None  # nobody decided anything
    assert "patience 1.10 (1.10)" in table([found])[0]


@pytest.fixture
def given(spoken) -> Given:
    answer = Answer("a.flac", "somebody", np.zeros(RATE, np.int16), spoken)
    return Given(answer, Outcome(1.5, (True,), 0, replied=True), True, Stages(0.8, 1.1, 0.1, 0.05, 0.25, 0.9))


@pytest.fixture
def so_far(tmp_path):
    """Where a benchmark's figures so far stand, and who puts them there."""
    file = tmp_path / "gap.json"
    return file, partial(keep, "gap", options=Options(quick=False, data=tmp_path), file=file, complete=False)


def values(file) -> dict[str, float]:
    return {figure["name"]: figure["value"] for figure in json.loads(file.read_text())["figures"]}


def test_an_answer_is_printed_and_kept_before_the_next_one_begins(given, so_far, capsys):
    file, keep_it = so_far
    seen = []

    def interview():
        for n in range(3):
            seen.append((values(file)["answers"] if n else 0, len(capsys.readouterr().out.splitlines())))
            yield given

    assert kept([interview], 3, keep_it).figures[0].value == 3
    assert seen == [(0, 0), (1, 1), (2, 1)]
    assert "gap 1.50 = patience 1.10 (finality 0.90) + late 0.10" in line(given)
    assert "pauses 2.0 CUT" in line(given)


def test_a_run_that_is_stopped_in_mid_answer_keeps_those_before(given, so_far):
    file, keep_it = so_far

    def interview():
        yield from (given, given)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept([interview], 40, keep_it)
    assert values(file)["answers"] == 2
    assert values(file)["share of them cut in upon, mean over their lengths"] == 100.0
    left = json.loads(file.read_text())
    assert left["complete"] is False
    assert left["notes"][0] == "2 of 40 answers were given"


def test_an_interview_whose_browser_breaks_loses_no_other_one(given):
    def breaks():
        yield given
        raise Error("Target crashed")

    found = kept([breaks, lambda: iter([given])], 4, lambda report: None)
    assert found.figures[0].value == 2
    assert "an interview broke off after answer 1: Target crashed" in found.notes


def test_before_any_gap_was_measured_there_is_a_report_too(given):
    cut_off = Given(given.answer, Outcome(None, (True,), 1, replied=False), True)
    found = {figure.name: figure for figure in report([cut_off]).figures}
    assert found["response gap, median"].met is False
    assert found["answers without a reply"].value == 1
    assert {figure.met for figure in report([]).figures if figure.at_most is not None} == {False}
    assert "NO REPLY" in line(cut_off)
