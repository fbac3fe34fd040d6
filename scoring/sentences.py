"""Sentences, clauses and words of an answer, by offsets. Works on recognised speech that has no punctuation.

    text        "we flew to the moon. then they landed and ..."
    sentences   [0 ............. 20) [21 ..............

A stretch longer than a sentence a person would write is cut into pieces of about 6 to 14 words, before a joining word
where there is one, and each piece counts as a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from scoring.lexicon import FUNCTION_WORDS

__all__ = ["Sentence", "clauses", "sentences", "words"]

WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_END = re.compile(r"[.!?…。]+[\"'”’)\]]*(?=\s|$)|\n+")
_MARKER = re.compile(r"\s*(?:[-*•–—]|\(?\d{1,2}[.)])\s+")
_ABBREVIATIONS_TEXT = """
    mr mrs ms dr prof st vs etc e.g i.e eg ie fig approx inc ltd co jr sr u.s u.k a.m p.m dept est vol
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
_JOINERS_TEXT = """
    and but so because then when while which where who if although though since after before until or also unless
    whereas however therefore
"""
_JOINERS = frozenset(_JOINERS_TEXT.split())
_BLANK, _BLANK_OR_COLON = re.compile(r"\s+$"), re.compile(r":?\s+$")
_SELF = frozenset({"i", "i'm", "i've", "i'd", "i'll"})
_NUMBER_NEXT = re.compile(r"\s*\d")  # "no. 5", but "The answer is no. It ..."
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)|\s[—–-](?=\s)")
_AFTER_BRACKET = re.compile(r"(?<=\))\s+(?=[A-Z][a-z]+\s)")
_AMONG_WORDS = re.compile(r"(?<=[a-z,)])\s+(?=[A-Z][a-z]+\s)")

LONGEST = 40  # words in a sentence with an end mark; above that it is cut
LONGEST_UNMARKED = 14  # words in a stretch without an end mark
PIECE = (6, 14)  # words in a piece that was cut
LONGEST_LEAD = 4  # words without grammar that may stand before "I" ("Last summer I ..."), whose capital means nothing
LEAST_GRAMMAR = 3  # function words of a sentence that was put in, if its first word is none
SHORTEST_TAIL = 4  # words; a shorter rest stays with the piece before


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters [start, end) of a text. ``marked``: it ended in punctuation, so its length means something."""

    start: int
    end: int
    marked: bool = True


def words(text: str) -> list[str]:
    """Words in lower case, with a straight apostrophe."""
    if text.isascii():  # small letters then stand where the capitals stood, and all can be found in one go
        return WORD.findall(text.lower())
    return [word.casefold().replace("’", "'") for word in WORD.findall(text)]


@lru_cache(maxsize=1024)
def sentences(text: str) -> tuple[Sentence, ...]:
    """All sentences in order, without the white space between them; stretches without a word are left out.

    Remembered, since one answer's are asked for by content, by evidence and by quoting.
    """
    found: list[Sentence] = []
    start = 0
    for mark in _END.finditer(text):
        if not mark.group().startswith("\n") and _abbreviated(text, start, mark):
            continue
        for at, end in _put_in(text, start, mark.end()):
            found += _pieces(text, at, end, marked=not mark.group().startswith("\n"))
        start = mark.end()
    for at, end in _put_in(text, start, len(text)):
        found += _pieces(text, at, end, marked=False)
    return tuple(found)


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) between commas and before joining words, of three words or more where that can be."""
    cuts = [m.end() for m in _CLAUSE_END.finditer(text, start, end)]
    cuts += [m.start() for m in WORD.finditer(text, start, end) if m.group().casefold() in _JOINERS]
    parts: list[tuple[int, int]] = []
    at = start
    for cut in sorted({c for c in cuts if start < c < end}):
        if len(words(text[at:cut])) >= 3 and len(words(text[cut:end])) >= 3:
            parts.append((at, cut))
            at = cut
    parts.append((at, end))
    return [_trimmed(text, a, b) for a, b in parts]


def _put_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """[start, end), parted where another text was put before or into a sentence and no full stop parts them.

    A small word with a capital begins a sentence. It does so after words without grammar ("Solution At first ..."); and
    in the middle where what follows goes on with a small letter ("I would go Let's think. to the shop"). There, and
    after a bracket ("Weight (25 %) Prompts are ..."), another word does too, if there is grammar on both sides of it.
    """
    goes_on = text[end : end + 2].strip()[:1].islower()
    # At the beginning of a line a label is a person's own order, as in "Question: ...".
    between = _BLANK if not text[:start].rpartition("\n")[2].strip() else _BLANK_OR_COLON
    before, grammar = start, False
    for count, word in enumerate(WORD.finditer(text, start, end)):
        plain = word.group().casefold().replace("’", "'")
        if plain in FUNCTION_WORDS:
            capital = word.group()[0].isupper() and count > 0 and between.match(text, before, word.start()) is not None
            apart = count > LONGEST_LEAD or plain not in _SELF
            if capital and apart and (not grammar or (goes_on and plain not in _SELF)):
                return [(start, before), (word.start(), end)]
            grammar = True
            if not goes_on:
                break
        before = word.end()
    if goes_on or ")" in text[start:end]:
        for mark in (_AMONG_WORDS if goes_on else _AFTER_BRACKET).finditer(text, start, end):
            if _grammar(text[start : mark.start()]) >= 1 and _grammar(text[mark.end() : end]) >= LEAST_GRAMMAR:
                return [(start, mark.start()), (mark.end(), end)]
    return [(start, end)]


def _grammar(text: str) -> int:
    return sum(word in FUNCTION_WORDS for word in words(text))


def _abbreviated(text: str, start: int, mark: re.Match[str]) -> bool:
    """True where the full stop belongs to an abbreviation, an initial or a list's number, and ends nothing."""
    if mark.group() != "." or mark.end() == len(text):
        return False
    before = text[start : mark.start()].rsplit(maxsplit=1)
    last = before[-1].casefold().lstrip("(\"'") if before else ""
    if last == "no":
        return bool(_NUMBER_NEXT.match(text, mark.end()))
    if last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha() and last != "i"):
        return True
    return len(before) == 1 and last.isdigit() and len(last) <= 2


def _pieces(text: str, start: int, end: int, *, marked: bool) -> list[Sentence]:
    marker = _MARKER.match(text, start, end)
    start, end = _trimmed(text, marker.end() if marker else start, end)
    count = len(WORD.findall(text, start, end))
    if not count:
        return []
    if count <= (LONGEST if marked else LONGEST_UNMARKED):
        return [Sentence(start, end, marked)]
    found = list(WORD.finditer(text, start, end))
    pieces: list[Sentence] = []
    first = 0
    while len(found) - first > PIECE[1]:
        cut = _cut(text, found, first)
        pieces.append(Sentence(*_trimmed(text, start, found[cut].start()), marked=False))
        first, start = cut, found[cut].start()
    pieces.append(Sentence(start, end, marked=False))
    return pieces


def _cut(text: str, found: list[re.Match[str]], first: int) -> int:
    """Index of the word that begins the next piece: after a comma, else at a joining word, else at 12 words."""
    last = min(first + PIECE[1], len(found) - SHORTEST_TAIL)
    places = range(first + PIECE[0], last + 1)
    after_comma = [i for i in places if text[found[i - 1].end() : found[i].start()].strip()]
    joining = [i for i in places if found[i].group().casefold() in _JOINERS]
    both = sorted(set(after_comma) & set(joining)) or joining or after_comma
    return both[0] if both else min(first + 12, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
