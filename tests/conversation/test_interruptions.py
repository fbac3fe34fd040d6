"""Interruptions: whoever comes back can go on with the answer, and nothing that was said before is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import Disconnected, ModeChanged, SpeechStarted
from interviewer.conversation.history import turns
from tests.conversation.scripted import Candidate, script
from tests.conversation.test_engine import answer, begin


def reconnect(c: Candidate) -> None:
    c.feed(Disconnected(c.at, 1))
    c.wait(10)
    c.connect(epoch=2)


def moment_and_back(c: Candidate) -> None:
    c.press("moment")
    c.wait(20)
    c.press("resume")


def pause_and_back(c: Candidate) -> None:
    c.press("pause")
    c.wait(20)
    c.press("resume")


def type_and_back(c: Candidate) -> None:
    c.feed(ModeChanged(c.at, True))
    c.wait(20)
    c.feed(ModeChanged(c.at, False))


@pytest.mark.parametrize(
    "away", [reconnect, moment_and_back, pause_and_back, type_and_back, lambda c: c.press("repeat")]
)
def test_whoever_comes_back_can_go_on_with_the_answer(away: Callable[[Candidate], None]) -> None:
    c = begin()
    answer(c, "First I looked at the data because")
    c.wait(1)
    away(c)
    c.wait(12)
    assert c.conversation.current_question == "one"
    assert not any(p.startswith("How") for p in c.prompts())
    c.speak("it had never been checked by anyone before me.")
    c.wait(4)
    assert c.prompts()[-1] == "How one?"
    heard = [t.text for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert heard == ["First I looked at the data because it had never been checked by anyone before me."]


def test_a_network_that_comes_back_does_not_end_a_pause() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("pause")
    c.wait(30)
    reconnect(c)
    c.wait(200)
    assert c.conversation.paused
    assert c.prompts() == ["Question one?"]
    c.press("resume")
    c.wait_for_prompt()
    assert c.said()[-1] == "<resume a> Question one?"


def test_words_that_are_still_being_recognised_at_the_end_are_an_answer() -> None:
    c = begin()
    answer(c)
    c.press("end")
    c.wait(3)
    assert c.finished
    assert c.conversation.statuses()["one"] == "answered"


def test_speech_that_a_crash_cut_off_is_a_turn_for_the_record_transcript() -> None:
    c = begin()
    c.wait_for_prompt()
    c.wait(1)
    began = c.at
    c.feed(SpeechStarted(c.at))
    c.wait(8)
    c.feed(Disconnected(c.at, 1))  # what the next process says first
    cut = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [(t.start, t.end, t.question_id) for t in cut] == [(began, c.at, "one")]


def test_the_same_words_to_a_question_and_to_its_probe_are_both_kept() -> None:
    c = Candidate(Conversation(script()))
    c.connect(audio=False)
    for _ in range(2):
        c.wait_for_prompt()
        c.wait(12)
        c.type("I don't know.")
        c.wait(1)
    typed = [t.text for t in turns(c.conversation.script, c.log) if t.mode == "typed"]
    assert typed == ["I don't know.", "I don't know."]
