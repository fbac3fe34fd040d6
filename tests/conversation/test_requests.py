"""Spoken requests do what the buttons do, are no part of the answer, and never end the interview without asking."""

from __future__ import annotations

import pytest

from interviewer.conversation.actions import Decided, Requested
from interviewer.conversation.events import SpeechStarted
from interviewer.conversation.history import turns
from interviewer.live.outcome import live_transcript
from tests.conversation.scripted import Candidate, question, script
from tests.conversation.test_engine import LONG, begin


def asked(**changes: object) -> Candidate:
    c = begin(script(question("one", **changes), question("two", max_probes=0)))
    c.wait_for_prompt()
    return c


def request(c: Candidate, text: str) -> None:
    c.wait(1)
    c.speak(text, seconds=1.5)
    c.wait(1.0)


def said_to(c: Candidate, question_id: str) -> str:
    heard = turns(c.conversation.script, c.log)
    return live_transcript("en", heard).answer(question_id).text


def test_repeat() -> None:
    c = asked()
    request(c, "Sorry, could you repeat the question?")
    c.wait_until_listening()
    assert c.said()[-1] == "<repeat a> Question one?"


def test_rephrase_where_the_plan_has_other_words_and_repeat_where_it_has_none() -> None:
    c = asked()
    request(c, "What do you mean?")
    c.wait_until_listening()
    assert c.said()[-1] == "<rephrase a> Rephrased one?"
    same = asked(rephrase="Question one?")
    request(same, "What do you mean?")
    same.wait_until_listening()
    assert same.said()[-1] == "<repeat a> Question one?"


def test_a_probe_has_no_other_words() -> None:
    c = asked()
    c.speak(LONG)
    c.wait_for_prompt()
    request(c, "Can you rephrase that?")
    c.wait_until_listening()
    assert c.said()[-1] == "<repeat a> How one?"


def test_skip_moment_and_done() -> None:
    c = asked()
    request(c, "Give me a moment, please.")
    c.wait(100)
    assert c.conversation.view().phase.value == "holding"
    request(c, "I don't know. Can we skip this one?")
    c.wait_until_listening()
    assert c.conversation.current_question == "two"
    c.speak("I worked on it for two years and", seconds=5)
    c.wait(3)
    c.speak("I'm finished.", seconds=1)
    c.wait(2)
    assert c.conversation.statuses()["two"] == "answered"
    assert said_to(c, "two") == "I worked on it for two years and"


def test_a_request_is_in_the_record_and_in_no_answer() -> None:
    c = asked(max_probes=0)
    c.speak(LONG)
    c.wait(0.9)
    c.speak("Can you repeat the question?", seconds=1.5)
    c.wait(1)
    c.wait_until_listening()
    c.speak("It was for a hospital, to be exact about it.")
    c.wait(8)
    candidate = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [(t.text, t.request, t.question_id) for t in candidate][:3] == [
        (LONG, "", "one"),
        ("Can you repeat the question?", "repeat", "one"),
        ("It was for a hospital, to be exact about it.", "", "one"),
    ]
    assert "repeat" not in said_to(c, "one")
    assert LONG in said_to(c, "one")
    entry = next(e for e in c.entries if any(d["what"] == "request" for d in e.get("decided", ())))
    assert (entry["kind"], entry["text"]) == ("heard", "Can you repeat the question?")


@pytest.mark.parametrize("words", ["I told him to", "She looked at me and said", "The rule was that um"])
def test_in_the_middle_of_a_sentence_nothing_is_a_request(words: str) -> None:
    c = asked()
    c.speak(words, seconds=4)
    c.wait(1)
    request(c, "Stop the interview.")
    assert not c.of(Requested)
    assert not c.conversation.view().confirm_end


def test_who_speaks_on_has_not_asked() -> None:
    c = asked()
    c.wait(1)
    c.speak("Give me a moment.", seconds=1.5)
    c.feed(SpeechStarted(c.at))
    c.wait(1)
    assert not c.of(Requested)


def test_a_request_into_melvins_words_is_carried_out() -> None:
    s = script(question("one", text="Tell me about a piece of work that you did. What was hard about it for you?"))
    c = begin(s, part_s=5.0)
    while c.conversation.current_question != "one":
        c.wait(0.1)
    c.wait(6)
    c.speak("Wait, can you say that again?", seconds=1.5)
    c.wait(1)
    assert c.said()[-1].startswith("<repeat a> Tell me about")


def test_done_into_a_question_that_has_not_been_heard_waits_for_it() -> None:
    c = begin(script(question("one", text="Tell me about a piece of work that you did. What was hard about it?")),
              part_s=5.0)  # fmt: skip
    while c.conversation.current_question != "one":
        c.wait(0.1)
    c.wait(1)
    c.speak("I'm finished.", seconds=1)
    c.wait(30)
    assert c.conversation.current_question == "one"


class TestStop:
    def stop(self) -> Candidate:
        c = asked()
        request(c, "I'd like to stop the interview.")
        c.wait(1.5)
        return c

    def test_melvin_asks_back_aloud_and_on_the_page(self) -> None:
        c = self.stop()
        assert c.said()[-1] == "<confirm-end a>"
        assert c.conversation.view().confirm_end
        assert not c.finished

    @pytest.mark.parametrize("words", ["Yes.", "Yes, please end it.", "Stop the interview."])
    def test_yes_ends_it(self, words: str) -> None:
        c = self.stop()
        request(c, words)
        c.wait(3)
        assert c.finished
        assert c.said()[-1] == "<ended-early a>"
        assert c.conversation.statuses() == {"one": "not-reached", "two": "not-reached"}

    def test_a_button_ends_it_too(self) -> None:
        c = self.stop()
        c.press("end")
        c.wait(3)
        assert c.finished

    @pytest.mark.parametrize("how", ["No, let's go on.", "keep", ""])
    def test_no_or_the_button_or_silence_goes_on(self, how: str) -> None:
        c = self.stop()
        if how == "keep":
            c.press("keep")
        elif how:
            request(c, how)
        c.wait(20)
        assert not c.conversation.view().confirm_end
        assert c.said()[-1] == "<resume a> Question one?"
        c.wait_until_listening()
        c.speak(LONG)
        c.wait(5)
        assert c.conversation.statuses()["one"] == "answered"
        assert not c.finished

    def test_an_answer_goes_on_as_an_answer(self) -> None:
        c = self.stop()
        c.speak(LONG)
        c.wait(5)
        assert not c.conversation.view().confirm_end
        assert said_to(c, "one") == LONG

    def test_pause_instead(self) -> None:
        c = self.stop()
        c.press("pause")
        assert c.conversation.paused
        assert not c.conversation.view().confirm_end
        c.press("resume")
        c.wait_until_listening()
        assert c.said()[-1] == "<resume a> Question one?"

    def test_a_lost_connection_forgets_the_question(self) -> None:
        from interviewer.conversation.events import Disconnected

        c = self.stop()
        c.feed(Disconnected(c.at, 1))
        c.wait(2)
        c.connect(epoch=2)
        c.wait_until_listening()
        request(c, "Yes.")
        c.wait(5)
        assert not c.finished

    def test_into_the_greeting(self) -> None:
        c = begin(part_s=8.0)
        c.wait(5)
        c.speak("Sorry, I want to end the interview.", seconds=2)
        c.wait(1)
        assert c.conversation.view().confirm_end
        c.wait(9)
        request(c, "Yes.")
        c.wait(10)
        assert c.finished

    def test_it_is_decided_in_the_log(self) -> None:
        c = self.stop()
        c.wait(20)
        whats = [a.what.value for _, a in c.of(Decided) if isinstance(a, Decided)]
        assert whats == ["request", "confirm"]
