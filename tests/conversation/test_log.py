"""The event log alone brings everything back: the state, the actions, and why they were taken."""

from __future__ import annotations

import json

from interviewer.conversation.actions import Decided, Phase, Show
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import PaceChosen, SpeechStarted, Tick, event_from_dict
from interviewer.conversation.log import EventLog
from interviewer.conversation.pace import Pace
from tests.conversation.scripted import RATE, Candidate
from tests.conversation.test_engine import LONG, answer, begin


def shown(c: Candidate) -> list[Phase]:
    return [a.phase for _, a in c.of(Show) if isinstance(a, Show)]


def test_every_decision_stands_beside_the_event_that_brought_it_about() -> None:
    c = begin()
    c.feed(PaceChosen(c.at, Pace.RELAXED))
    answer(c, "First I looked at the data because")
    c.wait(2)
    c.speak("it had never been checked by anyone.")
    c.wait(6)
    stored = json.loads(json.dumps(c.entries))
    assert [e["seq"] for e in stored] == list(range(1, len(stored) + 1))
    decided = [d for e in stored for d in e.get("decided", ())]
    assert decided == [a.to_dict() for _, a in c.of(Decided) if isinstance(a, Decided)]
    waits, held, over = decided
    assert (waits["what"], waits["silence_s"], waits["limit_s"]) == ("waits", 2.0, 9.0)
    assert (held["what"], held["cue"], held["limit_s"]) == ("turn-held", "open", 9.0)
    told = (over["what"], over["cue"], over["pace"], over["policy"])
    assert told == ("turn-over", "complete", "relaxed", "weighed")
    assert over["silence_s"] >= over["limit_s"]


def test_a_replay_decides_the_same() -> None:
    c = begin()
    answer(c)
    c.wait(1)
    c.feed(SpeechStarted(c.at - RATE // 5))  # noticed a little after it began
    c.wait(1)
    answer_again = Conversation(c.conversation.script)
    again = [a for e in c.entries for a in answer_again.handle(event_from_dict(e))]
    assert again == [a for _, a in c.actions]


def test_the_end_of_a_moment_that_nobody_ended_is_told_and_stands_in_the_log() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("moment")
    c.wait(140)
    assert shown(c)[-1] is Phase.LISTENING
    answer(c)  # to the first question, its probe and the second
    c.wait_for_prompt()
    answer(c)
    c.wait_for_prompt()
    assert c.prompts()[-1] != c.prompts()[0]
    again = Conversation(c.conversation.script)
    assert [a for e in c.entries for a in again.handle(event_from_dict(e))] == [a for _, a in c.actions]
    assert again.view() == c.conversation.view()


def test_ticks_without_effect_are_left_out_but_for_the_clock_of_an_older_event() -> None:
    log = EventLog(7)
    assert log.entries(Tick(100), []) == []
    assert log.entries(SpeechStarted(150), []) == [{"seq": 8, "kind": "speech-started", "at": 150}]
    assert log.entries(Tick(300), []) == []
    assert log.entries(Tick(400), []) == []
    assert log.entries(SpeechStarted(350), []) == [
        {"seq": 9, "kind": "tick", "at": 400},
        {"seq": 10, "kind": "speech-started", "at": 350},
    ]


def test_an_answers_words_are_in_the_log_once() -> None:
    c = begin()
    answer(c)
    c.wait(3)
    assert [e["text"] for e in c.entries if e["kind"] == "heard"] == [LONG]
