"""Word by word difference of two texts, for showing what a candidate corrected."""

from __future__ import annotations

from typing import Literal

from scoring.matching import WordMatcher

__all__ = ["Operation", "word_difference"]

Operation = Literal["equal", "replace", "delete", "insert"]


def word_difference(old: str, new: str) -> list[tuple[Operation, str, str]]:
    """Stretches (operation, old text, new text) in order; words are joined by one space, case and punctuation count."""
    before, after = old.split(), new.split()
    matcher = WordMatcher(before, after)
    return [(op, " ".join(before[a:b]), " ".join(after[c:d])) for op, a, b, c, d in matcher.get_opcodes()]
