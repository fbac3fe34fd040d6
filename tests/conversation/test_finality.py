"""The policy by steps of finality, that interviews were held with before: quick after what sounds final, patient after
what does not, and as without it where nothing is known of the sound."""

from __future__ import annotations

import pytest

from interviewer.conversation.pace import FINAL_CEILING_S, FINAL_WAITS, FINALITY_STEPS, Pace, after_final_s
from interviewer.conversation.turns import Finality, Paced, TurnSoFar
from tests.conversation.test_engine import LONG

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
