"""The candidate speaks while Melvin does: a cough, a word said along, an answer, more of the last answer, a request."""

from __future__ import annotations

import pytest

from interviewer.conversation.actions import Decided, Say, StopSaying
from interviewer.conversation.events import Disconnected, ModeChanged, SpeechEnded, SpeechStarted
from interviewer.conversation.history import turns
from interviewer.conversation.script import RATE
from tests.conversation.scripted import Candidate, question, script
from tests.conversation.test_engine import LONG, begin

TWO_SENTENCES = "Tell me about a piece of work that you did. What was hard about it for you?"
ANSWER = "The hard part was to find out who had the data."


def asked_in_two_sentences(**changes: object) -> Candidate:
    """Melvin is 0.5 s into the first sentence of the second question; each of his texts lasts 4 s."""
    s = script(question("one", max_probes=0), question("two", text=TWO_SENTENCES, max_probes=0, **changes))
    c = begin(s, part_s=4.0)
    c.wait_for_prompt()
    c.speak(LONG)
    while c.conversation.current_question != "two":
        c.wait(0.1)
    c.wait(0.5)
    return c


def cough(c: Candidate, seconds: float) -> None:
    c.speak("", seconds=seconds)


def decisions(c: Candidate) -> list[str]:
    return [a.what.value for _, a in c.of(Decided) if isinstance(a, Decided)]


def test_half_a_second_of_speech_stops_melvin() -> None:
    c = asked_in_two_sentences()
    c.feed(SpeechStarted(c.at))
    c.wait(0.4)
    assert not c.of(StopSaying)
    c.wait(0.2)
    assert c.of(StopSaying)
    assert c.conversation.view().phase.value == "listening"


def test_a_short_cough_does_not_stop_him() -> None:
    c = asked_in_two_sentences()
    cough(c, 0.3)
    c.wait(20)
    assert not c.of(StopSaying)
    assert "went-on" not in decisions(c)


def test_after_a_cough_he_says_the_cut_sentence_again_after_two_seconds() -> None:
    c = asked_in_two_sentences()
    c.wait(4)  # into the second sentence
    cough(c, 0.8)
    coughed_until = c.seconds
    c.wait(1.8)
    assert decisions(c)[-1] == "interrupted"
    c.wait(0.4)
    said_at, again = next((t, a) for t, a in reversed(c.actions) if isinstance(a, Say))
    assert 2.0 <= said_at - coughed_until <= 2.2
    assert (again.texts, again.again) == (("What was hard about it for you?",), True)
    c.wait_for_prompt()
    c.speak(ANSWER)
    c.wait(8)
    assert c.conversation.statuses()["two"] == "answered"


def test_the_record_says_no_more_than_melvin_did() -> None:
    c = asked_in_two_sentences()
    cough(c, 0.8)
    c.wait(30)
    said = [t.text for t in turns(c.conversation.script, c.log) if t.side == "melvin"]
    assert said[2].endswith("Tell me about a piece of work that you did. …")
    assert said[3] == TWO_SENTENCES


@pytest.mark.parametrize("words", ["Mm-hm.", "Okay, sorry."])
def test_a_word_said_along_takes_no_turn(words: str) -> None:
    c = asked_in_two_sentences()
    c.speak(words, seconds=0.9)
    c.wait(4)
    assert decisions(c)[-2:] == ["interrupted", "went-on"]
    c.wait(20)
    assert c.conversation.current_question == "two"
    assert words in [t.text for t in turns(c.conversation.script, c.log) if t.side == "candidate"]


def test_words_into_a_question_are_its_answer() -> None:
    c = asked_in_two_sentences()
    c.wait(4)
    c.speak(ANSWER, seconds=6)
    c.wait(1)
    assert decisions(c)[-2:] == ["interrupted", "yielded"]
    c.wait(15)
    assert c.finished
    assert len([p for p in c.said() if "piece of work" in p]) == 1
    heard = [(t.question_id, t.text) for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert heard == [("one", LONG), ("two", ANSWER)]


def test_words_into_melvins_thanks_go_on_with_the_last_answer() -> None:
    """Nothing has been asked yet: he takes the end of the turn back, and asks the same again when it is over."""
    s = script(question("one", max_probes=0), question("two", max_probes=0))
    c = begin(s, part_s=3.0)
    c.wait_for_prompt()
    c.speak(LONG)
    while not c.said()[-1].startswith("<acknowledge"):
        c.wait(0.1)
    assert c.conversation.current_question == "one"
    c.speak("And then there was one more thing to it.", seconds=5)
    c.wait(1)
    assert c.conversation.view().asked == "Question one?"
    c.wait_for_prompt()
    assert c.prompts() == ["Question one?", "Question two?", "Question two?"]
    heard = [(t.question_id, t.probe_id, t.text) for t in turns(s, c.log) if t.side == "candidate"]
    assert heard == [("one", None, f"{LONG} And then there was one more thing to it.")]


def test_an_answer_that_goes_on_into_thanks_before_a_probe_is_one_turn() -> None:
    c = begin(part_s=3.0)
    c.wait_for_prompt()
    c.speak(LONG)
    c.wait(3)
    c.speak("And then there was one more thing to it.", seconds=5)
    c.wait_for_prompt()
    assert c.prompts()[-1] == "How one?"
    heard = [(t.probe_id, len(t.text.split())) for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert heard == [(None, 23)]


def test_the_first_three_seconds_of_a_connection_interrupt_nobody() -> None:
    c = begin(part_s=6.0)
    c.wait(0.6)  # the greeting begins
    began = c.seconds
    c.feed(SpeechStarted(c.at))
    c.wait(2.8)
    assert not c.of(StopSaying)
    c.wait(1.0)
    stopped = c.of(StopSaying)[0][0]
    assert 3.5 <= round(stopped - began, 3) <= 3.8


def test_a_new_connection_settles_anew() -> None:
    c = asked_in_two_sentences()
    c.feed(Disconnected(c.at, 1))
    c.wait(5)
    c.connect(epoch=2)
    c.wait(0.5)
    c.feed(SpeechStarted(c.at))
    stops = len(c.of(StopSaying))
    c.wait(2.3)
    assert len(c.of(StopSaying)) == stops
    c.wait(1)
    assert len(c.of(StopSaying)) == stops + 1


def test_words_into_the_greeting_are_kept_and_the_greeting_goes_on() -> None:
    c = begin(part_s=8.0)
    c.wait(5)
    c.speak("Hello Melvin, nice to meet you.", seconds=2)
    c.wait(3)
    assert c.said() == ["<greeting a>", "<greeting a>"]
    c.wait_for_prompt()
    first = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [(t.question_id, t.text) for t in first] == [(None, "Hello Melvin, nice to meet you.")]


def test_a_loud_room_does_not_keep_melvin_from_asking() -> None:
    c = asked_in_two_sentences()
    for _ in range(12):
        cough(c, 1.0)
        c.wait(2.3)
    assert decisions(c).count("interrupted") == 2
    c.wait_until_listening()


def test_when_the_time_is_up_melvin_says_so_to_the_end() -> None:
    s = script(question("one", time_limit_s=40.0), question("two"))
    c = begin(s, part_s=4.0)
    c.wait_for_prompt()
    c.speak(LONG, seconds=71)
    while not c.said()[-1].startswith("<time-up"):
        c.wait(0.1)
    c.speak("and I would like to add this as well", seconds=2)
    assert "interrupted" not in decisions(c)
    c.wait_until_listening()
    assert c.conversation.current_question == "two"


def test_the_closing_words_are_not_interrupted() -> None:
    c = begin(script(question("one", max_probes=0)), part_s=4.0)
    c.wait_for_prompt()
    c.speak(LONG)
    c.wait(7)
    c.speak("Thank you very much, it was nice.", seconds=2)
    c.wait(6)
    assert c.finished
    assert "interrupted" not in decisions(c)


def test_who_types_interrupts_nobody_by_sound() -> None:
    c = asked_in_two_sentences()
    c.feed(ModeChanged(c.at, True))
    c.feed(SpeechStarted(c.at))
    c.wait(2)
    assert "interrupted" not in decisions(c)


def test_words_that_never_come_do_not_hold_melvin_for_ever() -> None:
    c = asked_in_two_sentences()
    c.recogniser_works = False
    c.speak(ANSWER, seconds=3)
    c.recogniser_works = True
    c.wait(9)
    assert decisions(c)[-1] == "interrupted"
    c.wait(2)
    assert decisions(c)[-1] == "went-on"
    c.wait_for_prompt()


def test_a_sound_that_never_ends_does_not_hold_melvin_for_ever() -> None:
    c = asked_in_two_sentences()
    c.feed(SpeechStarted(c.at))  # and then the microphone is pulled out
    c.wait(29)
    assert decisions(c)[-1] == "interrupted"
    c.wait(2)
    assert decisions(c)[-1] == "went-on"


def test_what_was_said_along_with_a_question_does_not_end_the_turn_that_follows() -> None:
    c = asked_in_two_sentences()
    c.speak("Yes.", seconds=0.4)
    c.wait_until_listening()
    c.wait(20)
    assert c.conversation.current_question == "two"
    assert c.conversation.view().phase.value == "listening"


def test_an_utterance_whose_end_is_never_told_is_over_some_time() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("repeat")
    c._ends.clear()  # the sound had nowhere to go
    c.wait(60)
    assert decisions(c)[-1] == "unsaid"
    c.speak(LONG)
    c.wait(5)
    assert c.prompts()[-1] == "How one?"


def test_a_button_pressed_while_melvin_only_thanks_acts_on_the_question_that_is_shown() -> None:
    c = begin(script(question("one", max_probes=0), question("two", max_probes=0)), part_s=3.0)
    c.wait_for_prompt()
    c.speak(LONG)
    c.wait(2)
    assert c.conversation.view().phase.value == "speaking"
    c.press("repeat")
    c.wait_for_prompt()
    assert c.said()[-1] == "<repeat a> Question one?"
    c.press("done")
    c.wait(1)
    c.press("done")  # twice: nothing has been asked that could be done
    c.wait_for_prompt()
    assert c.prompts()[-1] == "Question two?"
    assert c.conversation.statuses()["one"] == "answered"


def test_speech_that_ends_as_the_question_does_is_answered_after_it() -> None:
    c = asked_in_two_sentences()
    c.wait(7.2)
    c.feed(SpeechStarted(c.at))
    c.wait(4)  # the question ends while they speak
    c.segment += 1
    c.feed(SpeechEnded(c.at, c.segment))
    start = c.at - 4 * RATE
    from interviewer.conversation.events import Heard

    c.feed(Heard(c.at, c.segment, start, c.at, ANSWER, "two"))
    c.wait(15)
    assert c.finished
