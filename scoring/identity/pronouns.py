"""Pronouns that tell a gender, and the neutral words for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from scoring.identity.edit import NAME, Edit
from scoring.identity.folding import MARKS, NAMED, accented, unaccented
from scoring.identity.known_names import NO_NAMES
from scoring.lexicon import FUNCTION_WORDS

__all__ = ["pronouns"]

_BOTH = {
    "he or she": "they", "she or he": "they", "he/she": "they", "she/he": "they", "s/he": "they",
    "him or her": "them", "her or him": "them", "him/her": "them", "her/him": "them",
    "his or her": "their", "her or his": "their", "his/her": "their", "her/his": "their",
    "his or hers": "theirs", "his/hers": "theirs", "himself or herself": "themself", "himself/herself": "themself",
}  # fmt: skip
_ENGLISH = re.compile(
    # The first letter before the lookbehind, so that the search skips to it.
    r"[HhSs](?<![\w'@/][HhSs])(?:"
    + "|".join(re.escape(both[1:]) for both in sorted(_BOTH, key=len, reverse=True))
    + rf"|(?<=[Hh])(?:im(?:self)?|is|er(?:self|s)?|e)|(?<=[Ss])he)\b(?![{MARKS}]|[@-]\w)"
)
_VERB = re.compile(r"(?: (?:is|was|has|does|isn't|wasn't|hasn't|doesn't)|'s)\b")
_VERBS = {
    " is": " are", " was": " were", " has": " have", " does": " do", " isn't": " aren't", " wasn't": " weren't",
    " hasn't": " haven't", " doesn't": " don't", "'s": "'re",
}  # fmt: skip
_PERFECT = re.compile(r" (?:been|got|had|gone|done|made|taken|become|always|never|already)\b")
_NEXT_WORD = re.compile(r" ([a-z]+)")
_TIME_WORDS = {"yesterday", "today", "tomorrow", "again", "well", "back", "away", "once", "twice", "please"}
_AFTER_OBJECT = FUNCTION_WORDS | _TIME_WORDS
_SIMPLE = {"him": "them", "hers": "theirs", "himself": "themself", "herself": "themself"}

_VIETNAMESE = re.compile(r"\b(?:[Aa]nh|[Cc]hi|[Cc]o|[Oo]ng|[Bb]a) (?:ay|ta)\b")
_THIRD = {f"{who} {far}" for who in ("anh", "chị", "cô", "ông", "bà") for far in ("ấy", "ta")}
_KIN = re.compile(rf"\b(?:anh|chi|co|thay|ong|ba|chu|bac|em|ban|cau) (?P<name>{NAMED}(?: {NAMED}){{0,3}})")
_KINDRED = {"anh", "chị", "cô", "thầy", "ông", "bà", "chú", "bác", "em", "bạn", "cậu"}
_EL_EA = {"el", "ea", "dânsul", "dânsa"}
_ROMANIAN = re.compile(r"(?<![\w/-])(?:el|ea|dansul|dansa)(?![\w/-])", re.IGNORECASE)


def pronouns(text: str, flat: str, language: str, places: frozenset[str]) -> Iterator[Edit]:
    """English ones in every language, since people mix; the others in their own. ``flat`` is ``text`` folded.

    A pronoun with other accents is another word: sẽ is no "se" and hệ no "he", and có ta is nobody.
    """
    vietnamese = language.startswith("vi")
    spelled = _exactly if accented(text, flat) else _anyhow
    lower = flat.lower()
    if "he" in lower or "hi" in lower:
        for match in _ENGLISH.finditer(flat):
            # Where Vietnamese is written without its accents, "he" is four words of its own.
            doubtful = vietnamese and match.group().lower() == "he" and spelled is _anyhow
            if not doubtful and unaccented(text, match.start(), match.end()):
                end, new = _neutral(match, flat)
                yield match.start(), end, _cased(new, match.group())
    if vietnamese:
        for match in _VIETNAMESE.finditer(flat):
            if spelled(text, match.start(), match.end(), _THIRD):
                yield match.start(), match.end(), _cased("người ấy", match.group())
        for match in _KIN.finditer(flat):
            first = match["name"].partition(" ")[0].lower()
            named = match["name"].lower() not in places and first not in NO_NAMES
            if named and spelled(text, match.start(), match.start("name") - 1, _KINDRED):
                yield match.start("name"), match.end("name"), NAME
    elif language.startswith("ro"):
        for match in _ROMANIAN.finditer(flat):
            if match.group() not in ("EL", "EA") and spelled(text, match.start(), match.end(), _EL_EA):
                yield match.start(), match.end(), _cased("el/ea", match.group())


def _exactly(text: str, start: int, end: int, words: set[str]) -> bool:
    return unicodedata.normalize("NFC", text[start:end]).lower() in words


def _anyhow(text: str, start: int, end: int, words: set[str]) -> bool:
    """Of a text that is written without accents."""
    return True


def _cased(new: str, old: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


def _neutral(match: re.Match[str], flat: str) -> tuple[int, str]:
    """Where the pronoun with its verb ends, and what is said in their place."""
    word, end = match.group().lower(), match.end()
    if word in _BOTH:
        word = "he" if _BOTH[word] == "they" else word
    if word in ("he", "she"):
        verb = _VERB.match(flat, end)
        if verb is None:
            return end, "they"
        if verb.group() == "'s" and _PERFECT.match(flat, verb.end()):
            return verb.end(), "they've"
        return verb.end(), "they" + _VERBS[verb.group()]
    if word in _BOTH or word in _SIMPLE:
        return end, _BOTH.get(word) or _SIMPLE[word]
    following = _NEXT_WORD.match(flat, end)
    if word == "his":
        return end, "their" if following else "theirs"
    return end, "their" if following and following[1] not in _AFTER_OBJECT else "them"
