"""Ways of asking: the small language they are written in, and what it refuses."""

from __future__ import annotations

import re

import pytest

from interviewer.plans.requests import plain_words, way_pattern


def said(way: str, text: str) -> bool:
    return re.fullmatch(way_pattern(way), plain_words(text)) is not None


@pytest.mark.parametrize(("way", "text", "fits"), [
    ("repeat that", "Repeat that!", True),
    ("repeat that", "repeat", False),
    ("[please] (repeat|say) that", "say that", True),
    ("[please] (repeat|say) that", "Please, repeat that.", True),
    ("[please] (repeat|say) that", "please that", False),
    ("[can you [please]] repeat", "can you repeat", True),
    ("[can you [please]] repeat", "please repeat", False),
    ("i'm done", "I’m done.", True),
    ("i'm done", "I am done.", False),
    ("một phút", "Mo\u0323\u0302t phu\u0301t", True),
    ("am terminat", "Am terminat…", True),
    ("one more", "one-more", True),
])  # fmt: skip
def test_a_way_fits_the_words_alone(way: str, text: str, fits: bool) -> None:
    assert said(way, text) is fits


@pytest.mark.parametrize(("way", "reason"), [
    ("repeat (that", "')' is missing"),
    ("repeat that]", "']' closes nothing"),
    ("repeat (that]", "']' closes nothing"),
    ("repeat|say", "outside of brackets"),
    ("repeat.*", "may hold words"),
    ("[repeat]", "by saying nothing"),
    ("", "by saying nothing"),
])  # fmt: skip
def test_a_way_that_cannot_be_read_says_why(way: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        way_pattern(way)
