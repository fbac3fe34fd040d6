"""The policy of before: what sounds final enough for what a cut-in costs is answered soon, all else is waited for as
long as people search for words; and an interview is held by it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.conversation.actions import Decided
from interviewer.conversation.events import Heard, SpeechEnded, SpeechStarted, event_from_dict, event_to_dict
from interviewer.conversation.history import replay
from interviewer.conversation.pace import PACES, Pace
from interviewer.conversation.script import RATE
from interviewer.conversation.turns import LeastCost, Paced, TurnSoFar
from interviewer.conversation.waiting import LONG_PAUSE_S, PRICES, doubt, least_costly_s
from tests.conversation.scripted import Candidate
from tests.conversation.test_engine import LONG, begin

ALL = tuple(Pace)
own_pauses = st.lists(st.floats(0.5, 8.0), max_size=30)
NORMAL = PRICES[Pace.NORMAL]


def wait_s(
    finality: float | None,
    text: str = LONG,
    pace: Pace = Pace.NORMAL,
    language: str = "en",
    own: tuple[float, ...] = (),
) -> float:
    return LeastCost().wait(TurnSoFar(text, 6.0, pace, own, language, finality)).wait_s


def cost(finality: float, waited_s: float) -> float:
    """As the docstring of ``waiting`` has it."""
    cut = NORMAL.cut_in_s * (NORMAL.longest_s - waited_s) / NORMAL.longest_s
    return finality * waited_s + (1 - finality) * cut


@given(st.floats(0.0, 1.0))
@settings(max_examples=200, deadline=None)
def test_no_other_silence_is_expected_to_cost_less(finality: float) -> None:
    chosen = cost(finality, least_costly_s(NORMAL, finality))
    between = [NORMAL.shortest_s + i * (NORMAL.longest_s - NORMAL.shortest_s) / 20 for i in range(21)]
    assert chosen <= min(cost(finality, w) for w in between) + 1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), own_pauses)
@settings(max_examples=200, deadline=None)
def test_what_sounds_more_final_is_never_waited_for_longer(one: float, other: float, own: list[float]) -> None:
    for pace in ALL:
        less, more = sorted((one, other))
        assert least_costly_s(PRICES[pace], more, own) <= least_costly_s(PRICES[pace], less, own)


@given(st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_each_pace_is_more_patient_than_the_one_before_however_it_sounds(finality: float) -> None:
    brisk, normal, relaxed = (least_costly_s(PRICES[pace], finality) for pace in ALL)
    assert brisk < normal < relaxed


@given(own_pauses)
@settings(max_examples=100, deadline=None)
def test_short_pauses_of_ones_own_change_nothing_and_long_ones_only_add_to_the_doubt(own: list[float]) -> None:
    assert doubt([p for p in own if p < LONG_PAUSE_S]) == 1.0
    assert 1.0 <= doubt(own) <= doubt([*own, LONG_PAUSE_S]) + 1e-9


def test_who_goes_on_again_and_again_after_what_sounds_final_is_waited_for() -> None:
    finality = 0.9
    assert wait_s(finality) == NORMAL.shortest_s
    assert wait_s(finality, own=(0.6,) * 10) == NORMAL.shortest_s
    assert wait_s(finality, own=(2.2,) * 10) == NORMAL.longest_s
    assert wait_s(0.999, own=(2.2,) * 10) == NORMAL.shortest_s


@pytest.mark.parametrize("text", ["I looked at it for a long time because", "And then we had, um", "It was for the"])
def test_a_word_that_cannot_end_a_sentence_outweighs_its_sound(text: str) -> None:
    assert wait_s(0.999, text) == PACES[Pace.NORMAL].open_s > 4


def test_hardly_anything_said_is_waited_for_even_where_it_sounds_final() -> None:
    assert wait_s(0.999, "Okay, well.") == NORMAL.few_s
    assert wait_s(0.999, "I did, yes.") == NORMAL.shortest_s


@pytest.mark.parametrize("text", [LONG, "I looked at it because", "I looked at it and then", "Um, well."])
def test_without_a_judgement_of_the_sound_it_is_the_pace_that_decides(text: str) -> None:
    turn = TurnSoFar(text, 6.0)
    assert LeastCost().wait(turn) == Paced().wait(turn)


def test_in_a_language_that_it_was_not_measured_in_the_sound_counts_for_nothing() -> None:
    text = "Am lucrat acolo doi ani și a mers bine."
    for finality in (0.05, 0.999):
        assert wait_s(finality, text, language="ro") == Paced().wait(TurnSoFar(text, 6.0, language="ro")).wait_s


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


@pytest.mark.parametrize(("finality", "limit_s"), [(0.98, 1.05), (0.1, 6.2), (None, 1.6)])
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
    for finality, pauses in ((0.2, 0), (0.98, 1)):
        c = begin()
        c.wait_for_prompt()
        speak(c, "First I looked at the data", finality)
        c.wait(0.1)
        speak(c, "and then I asked for more of it.", 0.98)
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
    speak(c, LONG, 0.98)
    c.wait(3.0)
    again, _ = replay(c.conversation.script, c.log)
    assert again.view() == c.conversation.view()
