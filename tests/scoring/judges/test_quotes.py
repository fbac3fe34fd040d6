"""Quotes are found where they stand, in whatever way a model writes them, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.evidence import is_quotable
from scoring.judges.quotes import cited, find
from scoring.sentences import words

TEXT = "We didn’t wait — it was “too hot”… Then the\n\n  Otters came back, all of them. Nobody\u200b knew why."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("We didn't wait - it was", "We didn’t wait — it was"),
        ('it was "too hot"...', "it was “too hot"),
        ("“then the otters CAME back.”", "Then the\n\n  Otters came back"),
        ("...came back, all of them...", "came back, all of them"),
        ("nobody knew why", "Nobody\u200b knew why"),
        ("all of them.", "all of them."),
        ("all of the", None),
        ("tters came back", None),
        ("the otters never came back", None),
        ("otters", None),
        ("", None),
        ("…", None),
    ],
)
def test_quotes_in_other_writing(quote: str, found: str | None) -> None:
    place = find(TEXT, quote)
    assert (place and TEXT[slice(*place)]) == found


def test_a_quote_that_is_too_long_is_shortened_to_what_may_be_shown() -> None:
    text = "First we tested it. Then we waited for two whole days. After that we signed it. It was over."
    long = cited(text, text, None)
    assert long is not None
    assert long.quote == "Then we waited for two whole days."


def letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


ANSWERS = st.text(st.sampled_from("aB ’'\"“.…\n\u200bßİé—"), min_size=1, max_size=60) | st.text(max_size=60)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ANSWERS, st.data())
def test_every_stretch_of_whole_words_is_found_where_it_reads_the_same(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    place = find(text, text[start:end])
    if place is not None:
        assert letters(text[slice(*place)]) == letters(text[start:end])
    citation = cited(text, text[start:end], None)
    assert citation is None or (
        text[citation.start : citation.end] == citation.quote and is_quotable(text, citation.start, citation.end)
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["rocket", "don’t", "Moon", "héllo", "—", "two"]), min_size=3, max_size=12), st.data())
def test_a_copied_stretch_is_always_found(tokens: list[str], data: st.DataObject) -> None:
    text = " ".join(tokens)
    first = data.draw(st.integers(0, len(tokens) - 2))
    last = data.draw(st.integers(first + 2, len(tokens)))
    quote = " ".join(tokens[first:last])
    if len(words(quote)) >= 2:
        place = find(text, quote.upper().replace("’", "'"))
        assert place is not None
        assert text[slice(*place)].strip("— ").casefold() == quote.strip("— ").casefold()
