"""Text as its plain letters, one character for one: "Nguyễn" is found where "Nguyen" was given, and offsets stay."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from scoring.lexicon import FUNCTION_WORDS

__all__ = [
    "CAPITAL",
    "LETTERS",
    "MARKS",
    "NAMED",
    "PART",
    "SEQUENCE",
    "WORD",
    "accented",
    "capitalised",
    "folded",
    "plain",
    "unaccented",
    "words_in",
]

MARKS = "\u0300-\u036f"  # combining marks, of text that is not composed
LETTERS = rf"[^\W\d_](?:[^\W\d_]|[{MARKS}'-])*"
CAPITAL = rf"[A-Z][A-Za-z{MARKS}]*+"
NAMED = rf"(?!(?:I|He|She|They|Him|Her|His|Them|Their)\b){CAPITAL}"
"""A word with a capital that may be part of a name."""
PART = re.compile(CAPITAL)
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*")
SEQUENCE = re.compile(
    # The capital comes first and what may not stand before it second, so that the search skips to capitals.
    rf"[A-Z](?<![\w@.{MARKS}][A-Z])[A-Za-z{MARKS}]*+"
    rf"(?:(?:[ -]|(?<=\b[A-Z])\. )(?:(?:van|von|de|der|den|bin|ibn|da|dos|del|al|el)[ -])?{CAPITAL})*"
)
"""Words with capitals that stand together, such as "Ana Maria Pop" and "J. Smith"."""


class _Fold(dict[int, int]):
    """For str.translate: letters without their accents, straight apostrophes."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        parts = unicodedata.normalize("NFD", char)
        self[code] = ord(parts[0]) if all(unicodedata.combining(p) for p in parts[1:]) else code
        return self[code]


_FOLD = _Fold({ord(a): ord(b) for a, b in zip("đĐłŁøØ’‘ʼ", "dDlLoO'''", strict=True)})


def folded(text: str) -> str:
    """As long as ``text``, with each accented letter as its plain one."""
    return text if text.isascii() else text.translate(_FOLD)


def plain(word: str) -> str:
    """A folded word in lower case, without combining marks."""
    return (word if word.isascii() else "".join(c for c in word if not unicodedata.combining(c))).lower()


def accented(text: str, flat: str) -> bool:
    """Whether any letter has an accent in a text whose folded form is ``flat``."""
    if text.isascii():
        return False
    return any((a != b and a.isalpha()) or unicodedata.combining(a) for a, b in zip(text, flat, strict=True))


def unaccented(text: str, start: int, end: int) -> bool:
    """Whether the letters at [start, end) of a text as it was said have no accents."""
    return text[start:end].isascii() and not (end < len(text) and unicodedata.combining(text[end]))


@lru_cache(maxsize=1024)
def words_in(text: str) -> frozenset[str]:
    """Every word of a text, plain; also what begins with a capital within one."""
    flat = folded(text)
    found = {*PART.findall(flat), *WORD.findall(flat)}
    return frozenset(map(str.lower, found) if flat.isascii() else map(plain, found))


def capitalised(text: str) -> frozenset[str]:
    """Every word with a capital, plain, but for those that only begin a sentence: what a text speaks of by name."""
    return frozenset(plain(m.group()) for m in PART.finditer(folded(text))) - FUNCTION_WORDS
