"""Who spoke on while the connection was gone is neither asked again nor talked over, and not asked on before."""

from __future__ import annotations

from interviewer.conversation.events import Connected, Disconnected, Heard, SpeechEnded, SpeechStarted
from interviewer.conversation.script import RATE
from tests.conversation.scripted import Candidate
from tests.conversation.test_engine import begin

OFFLINE = "and offline I said that the mission brought rocks back to find out what the moon is made of."


def heard_meanwhile(c: Candidate, *, still_speaking: bool = False) -> None:
    """The connection was gone for 20 s; what was said in it comes when it is back."""
    c.segment += 1
    start, end = c.at - 18 * RATE, c.at - 4 * RATE
    c.feed(SpeechStarted(start))
    c.feed(SpeechEnded(end, c.segment))
    c.feed(Heard(c.at, c.segment, start, end, OFFLINE, "one"))
    if still_speaking:
        c.feed(SpeechStarted(c.at - RATE))
    c.feed(Connected(c.at, 2, True, recovered=True))


def lost(c: Candidate) -> None:
    c.wait_for_prompt()
    c.speak("I would say it was like a very long journey", 4.0)
    c.feed(Disconnected(c.at, 1))
    c.wait(20)


def test_words_said_offline_are_part_of_the_answer_and_the_question_is_not_asked_again() -> None:
    c = begin()
    lost(c)
    assert len(c.prompts()) == 1
    heard_meanwhile(c)
    c.wait(7)
    assert c.said()[-1] == "<welcome-back a>", "whoever spoke on may have more to say"
    c.wait(17)
    assert c.conversation._state.answers["one"].text.endswith(OFFLINE)
    assert c.said()[-2] == "<welcome-back a>"
    assert c.prompts()[-1] != "Question one?"


def test_whoever_still_speaks_is_not_talked_over() -> None:
    c = begin()
    lost(c)
    said = len(c.said())
    heard_meanwhile(c, still_speaking=True)
    c.wait(5)
    assert len(c.said()) == said
    c.segment += 1
    c.feed(SpeechEnded(c.at, c.segment))
    c.feed(Heard(c.at, c.segment, c.at - 5 * RATE, c.at, "and that is all.", "one"))
    c.wait(12)
    assert len(c.said()) == said + 1
    assert c.conversation._state.answers["one"].text.endswith("and that is all.")


def test_a_question_that_was_cut_off_is_asked_again_all_the_same() -> None:
    c = begin()
    while not c.prompts():
        c.wait(0.1)
    c.feed(Disconnected(c.at, 1))
    c.wait(20)
    heard_meanwhile(c)
    c.wait_until_listening()
    assert c.said()[-1] == "<welcome-back a> Question one?"
