"""The policy by the sound of the last words: quick after what sounds final, patient after what does not, and as before
where nothing is known of the sound."""

from __future__ import annotations

import pytest

from interviewer.conversation.actions import Decided
from interviewer.conversation.events import Heard, SpeechEnded, SpeechStarted, event_from_dict, event_to_dict
from interviewer.conversation.history import replay
from interviewer.conversation.pace import FINAL_CEILING_S, FINAL_WAITS, FINALITY_STEPS, Pace, after_final_s
from interviewer.conversation.script import RATE
from interviewer.conversation.turns import Finality, Paced, TurnSoFar
from tests.conversation.scripted import Candidate
from tests.conversation.test_engine import LONG, begin

ALL = tuple(Pace)


def turn(
    finality: float | None,
    text: str = LONG,
    pace: Pace = Pace.NORMAL,
    language: str = "en",
    own: tuple[float, ...] = (),
) -> TurnSoFar:
    return TurnSoFar(text, 6.0, pace, own, language, finality)


def wait_s(finality: float | None, text: str = LONG, pace: Pace = Pace.NORMAL) -> float:
    return Finality().wait(turn(finality, text, pace)).wait_s


@pytest.mark.parametrize("pace", ALL)
def test_the_less_final_it_sounds_the_longer_melvin_waits(pace: Pace) -> None:
    waits = [wait_s(finality, pace=pace) for finality in (0.95, 0.65, 0.5, 0.1)]
    assert waits == sorted(waits)
    assert waits == list(FINAL_WAITS[pace])


def test_each_step_begins_at_its_own_finality() -> None:
    for step, least in enumerate(FINALITY_STEPS):
        assert wait_s(least) == FINAL_WAITS[Pace.NORMAL][step]
        assert wait_s(least - 0.001) == FINAL_WAITS[Pace.NORMAL][step + 1]


def test_each_pace_is_more_patient_than_the_one_before_however_it_sounds() -> None:
    for finality in (0.95, 0.65, 0.5, 0.1):
        brisk, normal, relaxed = (wait_s(finality, pace=pace) for pace in ALL)
        assert brisk < normal < relaxed


def test_a_word_that_cannot_end_a_sentence_outweighs_its_sound() -> None:
    assert (
        wait_s(0.95, "I looked at it for a long time because")
        == Paced().wait(turn(None, "I looked at it for a long time because")).wait_s
    )


def test_hardly_anything_said_is_waited_for_even_where_it_sounds_final() -> None:
    assert wait_s(0.95, "Okay.") == 3.0


@pytest.mark.parametrize("text", [LONG, "I looked at it because", "I looked at it and then", "Um, well."])
def test_without_a_judgement_of_the_sound_it_is_the_pace_that_decides(text: str) -> None:
    assert Finality().wait(turn(None, text)) == Paced().wait(turn(None, text))


def test_in_a_language_that_it_was_not_measured_in_the_sound_counts_for_nothing() -> None:
    for finality in (0.05, 0.95):
        heard = turn(finality, "Am lucrat acolo doi ani și a mers bine.", language="ro")
        assert Finality().wait(heard).wait_s == Paced().wait(heard).wait_s


def test_who_goes_on_after_long_silences_is_waited_for_longer_up_to_a_limit() -> None:
    usual, slow, slowest = (after_final_s(Pace.NORMAL, own) for own in ((), (1.6,) * 10, (6.0,) * 30))
    assert usual < slow < slowest == FINAL_CEILING_S[Pace.NORMAL]
    assert after_final_s(Pace.NORMAL, (0.5,) * 30) == usual


def speak(c: Candidate, text: str, finality: float | None) -> None:
    start = c.at
    c.feed(SpeechStarted(start))
    c.wait(5.0)
    c.segment += 1
    end = c.at
    c.feed(SpeechEnded(end, c.segment))
    c.wait(0.7)
    c.feed(Heard(c.at, c.segment, start, end, text, "one", finality))


def over(c: Candidate) -> dict[str, str | int | float | None]:
    facts = [a.facts for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-over"]
    return dict(facts[-1]) if facts else {}


@pytest.mark.parametrize(("finality", "limit_s"), [(0.9, 1.1), (0.1, 6.2), (None, 1.6)])
def test_the_turn_ends_when_its_last_words_say_so(finality: float | None, limit_s: float) -> None:
    c = begin()
    c.wait_for_prompt()
    speak(c, LONG, finality)
    c.wait(limit_s - 0.9)
    assert not over(c)
    c.wait(0.4)
    assert over(c)["limit_s"] == limit_s
    assert over(c).get("finality") == finality


def test_a_pause_in_mid_sentence_teaches_nothing_about_the_silence_after_a_finished_one() -> None:
    for finality, pauses in ((0.2, 0), (0.9, 1)):
        c = begin()
        c.wait_for_prompt()
        speak(c, "First I looked at the data", finality)
        c.wait(0.1)
        speak(c, "and then I asked for more of it.", 0.9)
        c.wait(8.0)
        assert over(c)["pauses"] == pauses


def test_what_was_heard_keeps_its_finality_in_the_log_and_an_old_log_reads_as_before() -> None:
    heard = Heard(5 * RATE, 1, 0, 4 * RATE, "words", "one", 0.25)
    assert event_from_dict(event_to_dict(heard)) == heard
    old = event_to_dict(heard)
    del old["finality"]
    assert event_from_dict(old) == Heard(5 * RATE, 1, 0, 4 * RATE, "words", "one")


def test_a_replay_comes_to_the_same_decisions() -> None:
    c = begin()
    c.wait_for_prompt()
    speak(c, LONG, 0.9)
    c.wait(3.0)
    again, _ = replay(c.conversation.script, c.log)
    assert again.view() == c.conversation.view()
