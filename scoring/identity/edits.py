"""All that is masked in one text, in order and without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from scoring.identity.edit import NAME, Edit
from scoring.identity.folding import folded, words_in
from scoring.identity.known_names import PLACES
from scoring.identity.names import introduced, known, own
from scoring.identity.pronouns import pronouns
from scoring.identity.schools import vietnamese_schools

__all__ = ["edits"]

REMEMBERED = 1024  # answers; each is looked through once, however many rubrics it is judged by


def edits(text: str, language: str, names: Sequence[str], keep: frozenset[str]) -> tuple[Edit, ...]:
    """``names`` are the candidate's own; ``keep`` holds words (plain) that stay, whosever name they are."""
    return _found(text, language, tuple(names), keep & words_in(text))


@lru_cache(maxsize=REMEMBERED)
def _found(text: str, language: str, names: tuple[str, ...], keep: frozenset[str]) -> tuple[Edit, ...]:
    flat = folded(text)
    lower = flat.lower()
    found = [
        *(own(text, flat, lower, names, language, keep) if names else ()),
        *introduced(flat, lower),
        *known(text, flat, language, keep),
        *pronouns(text, flat, language, PLACES),
        *vietnamese_schools(flat, lower, keep),
    ]
    return tuple(_settled(found, flat)) if found else ()


def _settled(found: list[Edit], flat: str) -> list[Edit]:
    """Of those that overlap the longest, and what stands out of the others; names side by side become one."""
    held: list[Edit] = []
    for start, end, new in sorted(found, key=lambda e: (e[0] - e[1], e)):
        for a, b, _ in held:
            if start < b and end > a:
                start, end = (start, min(end, a)) if start < a else (max(start, b), end)
        while start < end and not flat[start].isalnum():
            start += 1
        while start < end and flat[end - 1].isspace():
            end -= 1
        if start < end:
            held.append((start, end, new))
    held.sort()
    joined: list[Edit] = []
    for start, end, new in held:
        if joined and new == NAME == joined[-1][2] and flat[joined[-1][1] : start] in (" ", "-"):
            joined[-1] = (joined[-1][0], end, NAME)
        else:
            joined.append((start, end, new))
    return joined
