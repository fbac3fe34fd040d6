"""The candidate is away for a while: what they come back to."""

from __future__ import annotations

import pytest

from interviewer.conversation.actions import PauseInterview
from interviewer.conversation.events import Connected, Disconnected
from interviewer.conversation.history import turns
from tests.conversation.scripted import Candidate, question, script
from tests.conversation.test_engine import answer, begin


def test_a_lost_connection_stops_the_clock_and_the_question_is_said_again() -> None:
    c = begin(script(question("one", time_limit_s=60.0), question("two")))
    c.wait_for_prompt()
    c.wait(10)
    c.feed(Disconnected(c.at, 1))
    c.wait(100)
    assert not c.paused
    c.connect(epoch=2)
    c.wait_for_prompt()
    assert c.said()[-1] == "<welcome-back a> Question one?"
    assert c.conversation.view().seconds_left == 50


def lose(c: Candidate, away_s: float = 4.0) -> None:
    c.feed(Disconnected(c.at, 1))
    c.wait(away_s)
    c.connect(epoch=2)


def test_after_a_short_absence_a_question_that_was_said_whole_is_not_said_again() -> None:
    c = begin()
    c.wait_for_prompt()
    lose(c)
    c.wait(2)
    assert c.said()[-1] == "<welcome-back a>"
    assert c.conversation.listening
    assert c.conversation.view().asked == "Question one?"
    answer(c)
    c.wait(5)
    assert c.prompts() == ["Question one?", "How one?"]


def test_a_question_that_was_cut_off_is_said_again() -> None:
    c = begin()
    while not c.prompts():
        c.wait(0.1)
    lose(c)
    c.wait_until_listening()
    assert c.said()[-1] == "<welcome-back a> Question one?"


def test_what_was_said_before_the_connection_was_lost_stays_in_the_answer() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I packed the parts of the machine", 4.0)
    lose(c)
    c.wait(2)
    c.speak("and I counted all of them twice.", 4.0)
    c.wait(8)
    first = c.conversation._state.answers["one"]
    assert first.text == "I packed the parts of the machine and I counted all of them twice."


def test_who_was_taken_out_of_a_pause_has_time_to_find_the_thread_again() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("Well, I packed the parts of the machine", 4.0)
    c.wait(1)
    lose(c)
    c.wait(8)
    assert c.prompts() == ["Question one?"]
    assert c.said()[-1] == "<welcome-back a>"
    c.speak("and I counted all of them twice.", 4.0)
    c.wait(8)
    answers = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [t.text for t in answers] == ["Well, I packed the parts of the machine and I counted all of them twice."]
    assert c.prompts() == ["Question one?", "How one?"]


def test_an_answer_that_was_whole_when_the_connection_was_lost_need_not_be_given_again() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I packed the parts of the machine, and I counted all of them twice.", 4.0)
    lose(c)
    c.wait(20)
    assert c.said()[-2:] == ["<welcome-back a>", "<acknowledge a> How one?"]


def test_words_that_a_process_took_with_it_end_no_turn() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I packed the parts of the machine", 4.0)
    c.recogniser_works = False
    c.speak("into boxes", 1.0)
    c.recogniser_works = True
    lose(c)
    c.wait(7)
    c.speak("and I counted all of them twice.", 4.0)
    c.wait(14)
    assert c.conversation._state.answers["one"].text.endswith("and I counted all of them twice.")
    assert c.prompts() == ["Question one?", "How one?"]


def test_an_answer_sent_while_the_connection_was_down_is_not_asked_for_again() -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(Disconnected(c.at, 1))
    c.wait(3)
    c.type("A whole answer, sent by a page that was still coming back.")
    c.wait(3)
    c.connect(epoch=2)
    c.wait(5)
    assert c.said()[-2:] == ["<welcome-back a>", "<acknowledge a> How one?"]


def test_an_answer_sent_in_a_long_absence_is_not_asked_for_again() -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(Disconnected(c.at, 1))
    c.type("A whole answer, sent just after the connection was gone.")
    c.wait(130)
    assert c.paused
    c.connect(epoch=2)
    c.wait(5)
    assert c.prompts()[-1] == "How one?"


def test_a_connection_lost_for_long_pauses_and_coming_back_goes_on() -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(Disconnected(c.at, 1))
    c.wait(130)
    assert [a.reason for _, a in c.of(PauseInterview)] == ["the connection was lost"]  # type: ignore[attr-defined]
    c.connect(epoch=2)
    answer(c)
    c.wait(5)
    assert c.prompts()[-1] == "How one?"


@pytest.mark.parametrize("recovered", [False, True])
def test_a_question_that_was_asked_for_aloud_and_came_while_they_were_away_is_said(recovered: bool) -> None:
    c = begin()
    c.wait_for_prompt()
    c.wait(3)
    c.speak("Can we skip this one?", seconds=1.5)
    c.feed(Disconnected(c.at, 1))
    c.wait(10)
    assert c.conversation.current_question == "two"
    c._ends.clear()  # nothing sounds without a connection
    c.feed(Connected(c.at, 2, True, recovered=recovered))
    c.wait_until_listening()
    assert c.said()[-1] == "<welcome-back a> Question two?"
