"""The difference of two texts, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scoring.difference import word_difference


def test_stretches_in_order() -> None:
    assert word_difference("they flu to the moon", "They flew to the moon yes") == [
        ("replace", "they flu", "They flew"),
        ("equal", "to the moon", "to the moon"),
        ("insert", "", "yes"),
    ]
    assert word_difference("um yes", "yes") == [("delete", "um", ""), ("equal", "yes", "yes")]
    assert word_difference("", "") == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_can_be_put_together_again(old: str, new: str) -> None:
    difference = word_difference(old, new)
    assert " ".join(o for _, o, _ in difference if o).split() == old.split()
    assert " ".join(n for _, _, n in difference if n).split() == new.split()
