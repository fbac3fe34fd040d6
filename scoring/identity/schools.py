"""Names of schools and universities."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scoring.identity.edit import SCHOOL, Edit
from scoring.identity.folding import CAPITAL, PART, plain

__all__ = ["SCHOOLS", "SCHOOL_WORDS", "school", "vietnamese_schools"]

_WORDS = """
    university college institute academy polytechnic universitatea universitatii liceul colegiul politehnica scoala
    academia gimnaziul school
"""
SCHOOL_WORDS = frozenset(_WORDS.split())
"""With a name before them, or "of" and a name after."""

_SCHOOLS = """
    harvard stanford yale princeton caltech sorbonne politehnica mit ucla nyu epfl lse rmit hust nus kaist unsw
"""
_KINDS = """
    art arts boarding business community driving elementary engineering film grammar graduate high language law learning
    machine medical middle music night nursing prep primary private public secondary state summer sunday technical trade
    vocational
"""
KINDS = frozenset(_KINDS.split())
"""Of schools: with these alone none is named."""
SCHOOLS = frozenset(_SCHOOLS.split())
"""Known by one word that hardly means anything else."""

_NAMED = rf"(?!I\b){CAPITAL}(?:[ -](?!I\b){CAPITAL})*"
_REST = re.compile(
    rf"(?: (?:of|de|din|for|Nationala? de)(?: the)? {_NAMED}(?:,? (?:and|si|&) {_NAMED})*(?:, {_NAMED})?)*"
    rf"(?: (?:at|in|din) {_NAMED})?"
)
_LOWER = (  # syllables that stay small within such names
    "khoa|te|thuong|pham|nghe|nghiep|dan|nhien|hoc|thuat|thong|gia|chinh|mai|truyen|chat|truc"
    "|va(?= (?!Dai |Hoc |Truong |Cao )[A-Z])"
)
_VIETNAMESE = re.compile(
    r"\b(?:[Tt]ruong )?"
    r"(?:[Dd]ai [Hh]oc|DH|[Hh]oc [Vv]ien|[Cc]ao [Dd]ang|THPT|THCS|[Tt]rung [Hh]oc(?: [Pp]ho [Tt]hong)?)"
    rf"(?: {CAPITAL}(?: (?:{_LOWER})\b)*)+|\bBach [Kk]hoa(?: {CAPITAL})*"
)


def school(flat: str, start: int, end: int, words: list[str], keep: frozenset[str]) -> Edit | None:
    """The school named by the words with capitals at [start, end), with "of ..." after them; None where none is."""
    if not keep.isdisjoint(words):
        return None
    if words == ["mit"] and (flat[start:end] != "MIT" or flat[end : end + 5].lower() == " lice"):
        return None
    rest = _REST.match(flat, end)
    stop = rest.end() if rest else end
    if any(plain(p) in keep for p in PART.findall(flat[end:stop])):
        return None
    if stop == end and SCHOOLS.isdisjoint(words) and (SCHOOL_WORDS | KINDS).issuperset(words):
        return None
    return start, stop if words[0] not in SCHOOLS or len(words) > 1 else end, SCHOOL


def vietnamese_schools(flat: str, lower: str, keep: frozenset[str]) -> Iterator[Edit]:
    if "hoc " in lower or "khoa" in lower or "cao dang " in lower or "dh " in lower or "thpt " in lower:
        for match in _VIETNAMESE.finditer(flat):
            if keep.isdisjoint(plain(p) for p in PART.findall(match.group())):
                yield match.start(), match.end(), SCHOOL
