"""Which words two texts have in common and in order, found in a bounded time whatever the texts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import Match, SequenceMatcher

__all__ = ["WordMatcher"]

WORK = 2_000_000
"""Pairs of equal words that are looked at, which takes half a second. An hour of speech with a few corrections needs
half of them; a text that says one word thousands of times would need minutes."""


class WordMatcher(SequenceMatcher[str]):
    """As the standard library's, without its guess that frequent words do not matter. What has not been compared after
    so much work counts as different."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        self._before = before
        self._times = Counter(after)
        self._left = WORK
        super().__init__(None, before, after, autojunk=False)

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        self._left -= sum(1 + self._times[word] for word in self._before[alo:ahi])
        return Match(alo, blo, 0) if self._left < 0 else super().find_longest_match(alo, ahi, blo, bhi)
