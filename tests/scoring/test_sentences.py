"""Sentences by offsets: written text, recognised speech without punctuation, lists, abbreviations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.sentences import clauses, sentences, words


def split(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well. Solution At first we waited.", ["Well.", "Solution", "At first we waited."]),
        ("We saw it. Thought process: At first we waited.", ["We saw it.", "Thought process", "At first we waited."]),
        ("Teamwork impact leadership result gain I waited.", ["Teamwork impact leadership result gain", "I waited."]),
        ("I would go Let's think it over. to the shop.", ["I would go", "Let's think it over.", "to the shop."]),
        ("Last summer I waited.", ["Last summer I waited."]),
        ("We read The Times daily. Then we waited.", ["We read The Times daily.", "Then we waited."]),
        ("Question: What is it?", ["Question: What is it?"]),
    ],
)
def test_what_was_put_before_or_into_a_sentence_is_parted_from_it(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They flew. They landed! Did they walk? Yes", ["They flew.", "They landed!", "Did they walk?", "Yes"]),
        ("they flew. then they landed", ["they flew.", "then they landed"]),
        (
            "Dr. Smith met J. Doe at 5 p.m. on Monday. Then he left.",
            ["Dr. Smith met J. Doe at 5 p.m. on Monday.", "Then he left."],
        ),
        ("It took 3.5 days. Fine.", ["It took 3.5 days.", "Fine."]),
        ('He said "go." And they went.', ['He said "go."', "And they went."]),
        ("One turn\n\nAnother turn", ["One turn", "Another turn"]),
        ("- check the source\n- ask a colleague", ["check the source", "ask a colleague"]),
        ("1. Read it twice.\n2. Ask.", ["Read it twice.", "Ask."]),
        ("Wait... what?! No.", ["Wait...", "what?!", "No."]),
        ("", []),
        (" ... !? ", []),
    ],
)
def test_written_text_is_split_at_its_marks(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_speech_without_punctuation_is_cut_into_pieces_before_joining_words() -> None:
    text = (
        "so they built a really big rocket and three men climbed into the top of it and then it went up with a lot of "
        "fire and after three days they came to the moon and two of them went down in a small ship"
    )
    pieces = split(text)
    assert len(pieces) >= 2
    assert all(4 <= len(words(p)) <= 14 for p in pieces)
    assert all(p.split()[0] in {"and", "then", "after"} for p in pieces[1:])
    assert not any(s.marked for s in sentences(text))


def test_an_endless_sentence_is_cut_even_though_it_ends_with_a_full_stop() -> None:
    text = " ".join(["word"] * 100) + "."
    assert all(len(words(p)) <= 14 for p in split(text))


@given(st.text(alphabet=st.sampled_from("ab .,!?\n1-é’"), max_size=300))
def test_sentences_are_in_order_apart_and_lose_no_word(text: str) -> None:
    found = sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(text[s.start : s.end] == text[s.start : s.end].strip() for s in found)
    # A list's marker ("1. ") is the one thing that may be left out.
    kept = "".join(c for p in split(text) for w in words(p) for c in w if not c.isdigit())
    assert kept == "".join(c for w in words(text) for c in w if not c.isdigit())


def test_clauses_break_at_commas_and_joining_words_and_keep_three_words() -> None:
    text = "They wore big suits, because there is no air, and so they could breathe"
    assert [text[a:b] for a, b in clauses(text, 0, len(text))] == [
        "They wore big suits,",
        "because there is no air,",
        "and so they could breathe",
    ]
    assert len(clauses("They flew home", 0, 14)) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Weight (25 %) of the whole Prompts are told", 1),  # no bracket before it
        ("It is right to say so (25 %) Prompts are what the model reads before it.", 2),
        ("I give it five stars depending Prompts are what the model reads before it. on the day.", 3),
        ("We used the (new) Google Maps to find it.", 1),
        ("I met Anna Smith. then we went home.", 2),
    ],
)
def test_a_text_put_into_a_sentence_or_after_a_bracket_is_one_of_its_own(text: str, parts: int) -> None:
    assert len(sentences(text)) == parts
