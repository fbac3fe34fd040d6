"""Guesses from spelling: syllables and verbs."""

from __future__ import annotations

import pytest

from scoring.lexicon import looks_like_verb, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [("moon", 1), ("rocket", 2), ("astronaut", 3), ("trajectory", 4), ("walked", 1), ("landed", 2), ("people", 2),
     ("bounce", 1), ("radio", 3), ("houses", 2), ("places", 2), ("making", 2), ("flying", 2)],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_verbs() -> None:
    assert all(map(looks_like_verb, ["flew", "landed", "goes", "checking", "reads"]))
    assert not any(map(looks_like_verb, ["moon", "gravity", "rocket", "astronaut"]))
