"""A corrected turn: what stays keeps its times and confidence, what is new gets times between and no confidence."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scoring.correction import carried_over, corrected
from scoring.difference import word_difference
from scoring.transcript import Mode, Side, Transcript, Turn, Word


def turn(text: str) -> Turn:
    words = tuple(Word(w, float(i), i + 0.8, 0.9) for i, w in enumerate(text.split()))
    return Turn(Side.CANDIDATE, Mode.SPOKEN, text, 0.0, float(len(words)), "moon", words)


def test_a_replaced_word_takes_the_place_of_the_old_one() -> None:
    new = corrected(turn("they flu to the moon"), "They flew to the moon.")
    assert new.text == "They flew to the moon."
    assert [w.text for w in new.words] == ["They", "flew", "to", "the", "moon."]
    assert [w.confidence for w in new.words] == [0.9, None, 0.9, 0.9, 0.9]
    assert (new.words[1].start, new.words[1].end) == (1.0, 1.8)
    assert (new.words[4].start, new.words[4].end) == (4.0, 4.8)


def test_put_in_words_share_the_gap_and_left_out_words_are_gone() -> None:
    new = corrected(turn("they flew home"), "they flew all the way")
    assert [w.text for w in new.words] == ["they", "flew", "all", "the", "way"]
    assert all(2.0 <= w.start <= w.end <= 2.8 for w in new.words[2:])
    added = corrected(turn("they flew"), "they flew away")
    assert 1.8 <= added.words[2].start <= added.words[2].end <= 2.0
    assert corrected(turn("they flew"), "").words == ()


def test_typed_turns_have_no_words() -> None:
    typed = Turn(Side.CANDIDATE, Mode.TYPED, "old text", 3.0, 3.0, "moon")
    assert corrected(typed, "new text") == Turn(Side.CANDIDATE, Mode.TYPED, "new text", 3.0, 3.0, "moon")


def test_unchanged_text_changes_nothing() -> None:
    assert corrected(turn("they flew home"), "they flew home") == turn("they flew home")


_words = st.lists(st.sampled_from(["a", "bee", "see,", "Dee", "-", "é"]), max_size=12)


@given(_words, _words)
def test_words_spell_the_text_and_never_run_backwards(old: list[str], new: list[str]) -> None:
    words = corrected(turn(" ".join(old)), " ".join(new)).words
    if old:
        assert [w.text for w in words] == new
    assert all(w.start <= w.end for w in words)
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(words))


def transcript(*turns: Turn) -> Transcript:
    return Transcript("en", turns)


def test_a_correction_is_made_again_where_later_sound_added_words() -> None:
    read = turn("they flu to the moon in July")
    mended = transcript(corrected(read, "They flew to the Moon in July"))
    newer = turn("and then they flu to the moon in july of that year")
    late = Turn(Side.CANDIDATE, Mode.SPOKEN, "a minute that came late", 40.0, 90.0, "moon")
    carried = carried_over(transcript(read), mended, transcript(newer, late))
    assert [t.text for t in carried.turns] == [
        "and then They flew to the Moon in july of that year",
        "a minute that came late",
    ]
    assert carried.turns[0].words[0].confidence == 0.9
    assert carried_over(transcript(read), mended, transcript(read)) == mended


def test_a_correction_of_what_is_gone_changes_nothing_else() -> None:
    read = turn("they flu home")
    mended = transcript(corrected(read, "they flew home"))
    newer = turn("something else was said instead")
    assert carried_over(transcript(read), mended, transcript(newer)) == transcript(newer)
    elsewhere = Turn(Side.CANDIDATE, Mode.SPOKEN, "they flu home", 0.0, 3.0, "another")
    assert carried_over(transcript(read), mended, transcript(elsewhere)) == transcript(elsewhere)


def test_a_corrected_turn_in_whose_place_nothing_is_heard_any_more_stays() -> None:
    read = turn("they flu home")
    mended = transcript(corrected(read, "they flew home"))
    later = Turn(Side.CANDIDATE, Mode.SPOKEN, "and that was all", 40.0, 42.0, "moon")
    carried = carried_over(transcript(read), mended, transcript(later))
    assert [t.text for t in carried.turns] == ["they flew home", "and that was all"]


def test_a_text_that_says_one_word_thousands_of_times_holds_nobody_up() -> None:
    heard = turn("the " * 1500)
    began = time.process_time()
    new = corrected(heard, "the the. x " * 1800)
    word_difference(heard.text, new.text)
    assert time.process_time() - began < 20.0  # without a bound: minutes
    assert len(new.words) == 3 * 1800
