"""The policy in use weighs what a silence may be: the end, a search for words, or a breath between two sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.conversation.actions import Decided
from interviewer.conversation.events import Heard, SpeechEnded, SpeechStarted
from interviewer.conversation.fates import FARTHEST, PRICE_OF_PACE, weighed_s
from interviewer.conversation.pace import PACES, Pace
from interviewer.conversation.turns import Paced, TurnSoFar, Weighed
from tests.conversation.scripted import Candidate
from tests.conversation.test_engine import LONG, begin

ALL = tuple(Pace)
NORMAL = PRICE_OF_PACE[Pace.NORMAL]
own_pauses = st.lists(st.floats(0.5, 8.0), max_size=30)


def wait_s(
    finality: float | None,
    text: str = LONG,
    pace: Pace = Pace.NORMAL,
    own: tuple[float, ...] = (),
    wordless_s: float = 0.0,
) -> float:
    return Weighed().wait(TurnSoFar(text, 6.0, pace, own, "en", finality, wordless_s)).wait_s


@given(st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_of_an_unknown_candidate_no_other_silence_is_expected_to_cost_less(finality: float) -> None:
    def cost(waited_s: float) -> float:
        cut = NORMAL.cut_in_s * (NORMAL.longest_s - waited_s) / NORMAL.longest_s
        return finality * waited_s + (1 - finality) * cut

    between = [NORMAL.shortest_s + i * (NORMAL.longest_s - NORMAL.shortest_s) / 20 for i in range(21)]
    assert cost(weighed_s(NORMAL, finality)) <= min(map(cost, between)) + 1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), own_pauses)
@settings(max_examples=200, deadline=None)
def test_what_sounds_more_final_is_never_waited_for_longer(one: float, other: float, own: list[float]) -> None:
    less, more = sorted((one, other))
    for price in PRICE_OF_PACE.values():
        assert price.shortest_s <= weighed_s(price, more, own) <= weighed_s(price, less, own) <= price.longest_s


@given(st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_each_pace_is_more_patient_than_the_one_before_however_it_sounds(finality: float) -> None:
    brisk, normal, relaxed = (weighed_s(PRICE_OF_PACE[pace], finality) for pace in ALL)
    assert brisk < normal < relaxed


def test_who_breathes_between_sentences_is_waited_for_a_little_longer_than_that_and_no_more() -> None:
    final = 0.95
    assert wait_s(final) == wait_s(final, own=(0.6,) * 10) == NORMAL.shortest_s
    assert wait_s(final, own=(1.5,) * 5) == pytest.approx(1.5 * FARTHEST)
    assert wait_s(final, own=(0.6,) * 20 + (5.0,)) == NORMAL.shortest_s  # once, the thought was lost
    assert wait_s(final, own=(5.0,) * 5) == NORMAL.longest_s


def test_what_sounds_unfinished_is_waited_for_whatever_the_candidates_pauses_were() -> None:
    for own in ((), (0.6,) * 10, (1.5,) * 10):
        assert wait_s(0.1, own=own) == NORMAL.longest_s


def test_speech_without_words_after_a_finished_sentence_takes_back_that_it_sounded_final() -> None:
    assert wait_s(0.98) == NORMAL.shortest_s
    assert wait_s(0.98, wordless_s=0.2) == NORMAL.longest_s


@pytest.mark.parametrize("text", ["I looked at it for a long time because", "And then we had, um"])
def test_a_word_that_cannot_end_a_sentence_outweighs_its_sound(text: str) -> None:
    assert wait_s(0.999, text) == PACES[Pace.NORMAL].open_s


def test_hardly_anything_said_is_waited_for_even_where_it_sounds_final() -> None:
    assert wait_s(0.999, "Okay, well.") == NORMAL.few_s
    assert wait_s(0.999, "I did, yes.") == NORMAL.shortest_s


@pytest.mark.parametrize("text", [LONG, "I looked at it because", "Um, well."])
def test_without_a_judgement_of_the_sound_or_in_another_language_the_pace_decides(text: str) -> None:
    assert Weighed().wait(TurnSoFar(text, 6.0)) == Paced().wait(TurnSoFar(text, 6.0))
    romanian = TurnSoFar(text, 6.0, language="ro", finality=0.99)
    assert Weighed().wait(romanian).wait_s == Paced().wait(TurnSoFar(text, 6.0, language="ro")).wait_s


def speak(c: Candidate, text: str, finality: float | None, for_s: float = 5.0) -> None:
    start = c.at
    c.feed(SpeechStarted(start))
    c.wait(for_s)
    c.segment += 1
    end = c.at
    c.feed(SpeechEnded(end, c.segment))
    c.wait(0.7)
    c.feed(Heard(c.at, c.segment, start, end, text, "one", finality))


def over(c: Candidate) -> dict[str, str | int | float | None]:
    facts = [a.facts for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-over"]
    return dict(facts[-1]) if facts else {}


def test_a_word_begun_after_a_finished_sentence_holds_the_turn_until_words_come() -> None:
    c = begin()
    c.wait_for_prompt()
    speak(c, LONG, 0.98)
    speak(c, "", None, for_s=0.2)
    c.wait(4.0)
    assert not over(c)
    speak(c, "children came to see him.", 0.98)
    c.wait(0.6)
    assert over(c)["limit_s"] == 1.05
    assert over(c)["finality"] == 0.98


def test_a_cough_after_a_finished_answer_delays_its_end_and_does_not_hold_it_for_ever() -> None:
    c = begin()
    c.wait_for_prompt()
    speak(c, LONG, 0.98)
    speak(c, "", None, for_s=0.2)
    c.wait(NORMAL.longest_s)
    assert over(c)["finality"] == 0.5
