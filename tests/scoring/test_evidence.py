"""Quotes: exact, at most two sentences, never the whole answer, with the times of their words."""

from __future__ import annotations

import pytest

from scoring.evidence import is_quotable, parts, recognition_confidence, verified
from scoring.judges.base import Citation
from scoring.scorecard import Evidence
from scoring.transcript import Answer, Mode, Side, Turn, Word

TEXT = "They flew up. They landed there. They walked around. They came home."


def spoken(text: str, confidence: float | None = 0.9) -> Answer:
    words = tuple(Word(w, 10.0 + i, 10.8 + i, confidence) for i, w in enumerate(text.split()))
    return Answer.from_turns("moon", [Turn(Side.CANDIDATE, Mode.SPOKEN, text, 10.0, 99.0, "moon", words)], "en")


def test_a_quote_that_holds_gets_the_audio_times_of_its_words() -> None:
    assert verified(spoken(TEXT), [Citation(14, 32, "They landed there.", "landing", 0.7)]) == (
        Evidence(14, 32, "They landed there.", "landing", 0.7, audio_start=13.0, audio_end=15.8),
    )


@pytest.mark.parametrize(
    "citation",
    [
        Citation(14, 32, "They landed here."),
        Citation(13, 31, "They landed there."),
        Citation(0, 52, TEXT[0:52]),
        Citation(0, len(TEXT), TEXT),
        Citation(-4, 3, TEXT[-4:3]),
        Citation(60, 80, TEXT[60:80]),
        Citation(5, 5, ""),
        Citation(13, 14, " "),
    ],
    ids=["fabricated", "shifted", "three sentences", "whole", "negative", "past the end", "empty", "blank"],
)
def test_a_quote_that_does_not_hold_is_dropped(citation: Citation) -> None:
    assert verified(spoken(TEXT), [citation]) == ()


def test_quotes_come_in_order_and_once() -> None:
    late, early = Citation(33, 52, TEXT[33:52]), Citation(0, 13, TEXT[0:13])
    assert [e.start for e in verified(spoken(TEXT), [late, early, late])] == [0, 33]


def test_a_typed_answer_has_no_audio_times() -> None:
    (evidence,) = verified(Answer("moon", TEXT, "en"), [Citation(0, 13, TEXT[:13])])
    assert evidence.audio_start is evidence.audio_end is None


@pytest.mark.parametrize(
    "text", ["They flew up, and then they came home again.", "They flew up to the moon", "Yes they flew."]
)
def test_of_a_single_sentence_a_part_is_quoted(text: str) -> None:
    assert not is_quotable(text, 0, len(text))
    assert not is_quotable(text, 0, len(text.rstrip(".")))
    found = parts(text, 0, len(text))
    assert len(found) >= 2
    assert all(is_quotable(text, *part) for part in found)


def test_confidence_is_of_the_words_in_the_spans_and_corrected_words_are_certain() -> None:
    assert recognition_confidence(spoken(TEXT, 0.4), [(0, 13)]) == pytest.approx(0.4)
    assert recognition_confidence(spoken(TEXT, None), [(0, 13)]) == 1.0
    assert recognition_confidence(Answer("moon", TEXT, "en"), [(0, 13)]) is None
