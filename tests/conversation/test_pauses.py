"""A turn that was ended too soon is told as a cut-in, when the log is asked again."""

from __future__ import annotations

from interviewer.conversation.events import event_from_dict
from interviewer.conversation.pauses import pauses, verdict
from interviewer.conversation.turns import FixedSilence
from tests.conversation.scripted import script
from tests.conversation.test_engine import LONG, begin


def test_words_into_melvins_thanks_make_the_pause_before_them_a_cut_in() -> None:
    c = begin(script(), part_s=2.0)
    c.wait_for_prompt()
    c.speak(LONG)
    known = len(c.said())
    while len(c.said()) == known:
        c.wait(0.1)
    c.wait(0.3)
    c.speak("And one thing more that I wanted to say.", seconds=4)
    c.wait(10)
    found = pauses(c.conversation.script, [event_from_dict(entry) for entry in c.entries])
    assert [(p.went_on, p.cut_in) for p in found] == [(True, True), (False, False)]
    cut, end = found
    assert verdict(cut, FixedSilence(1.0)).answers_after_s == 1.0
    assert verdict(cut, FixedSilence(cut.silence_s + 5)).answers_after_s is None
    assert verdict(end, FixedSilence(7.0), accommodation=2.0).answers_after_s == 14.0
