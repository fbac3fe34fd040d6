"""Melvin's texts cut at the ends of sentences, so that an interrupted one can be taken up where it was cut."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["spoken_parts"]

SHORTEST = 25
"""Characters; a shorter sentence stays with its neighbour, for alone it would sound like an afterthought."""

# Look-behinds are of one width each, so the abbreviations are listed by length.
_END = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bvs\.)(?<!\bNo\.)(?<!\bMrs\.)"
    r"(?<!\betc\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bProf\.)\s+"
)


@lru_cache(maxsize=2048)
def spoken_parts(text: str) -> tuple[str, ...]:
    """The sentences of ``text`` in order, with single spaces; joined by spaces they are the text again."""
    found: list[str] = []
    for sentence in _END.split(" ".join(text.split())):
        if found and (len(sentence) < SHORTEST or len(found[-1]) < SHORTEST):
            found[-1] += " " + sentence
        elif sentence:
            found.append(sentence)
    return tuple(found)
