"""Spoken forms are written out, and what only looks like one stays."""

from __future__ import annotations

import pytest

from scoring.content import content
from scoring.spoken_forms import standard_forms


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Walkin' there is like bouncin' on a castle.", "Walking there is like bouncing on a castle."),
        ("We’re gonna wait 'cause it ain’t ready.", "We’re going to wait because it isn't ready."),
        ("Gonna try somethin' else.", "Going to try something else."),
        ("Y'all wanna see 'em?", "You all want to see them?"),
    ],
)
def test_forms_are_written_out(said: str, written: str) -> None:
    assert standard_forms(said) == written


@pytest.mark.parametrize("text", ["The cabin's roof.", "My cousin's car", "A common cause.", "pain in 'the' arm"])
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert standard_forms(text) == text


def test_a_sentence_keeps_its_place_in_the_answer() -> None:
    text = "He was walkin' home. It ain't far."
    found = content(text).sentences
    assert [text[s.start : s.end] for s in found] == ["He was walkin' home.", "It ain't far."]
    assert [s.text for s in found] == ["He was walking home.", "It isn't far."]
