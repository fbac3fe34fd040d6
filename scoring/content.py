"""What of an answer counts: its sentences without fillers, repeats, copies, keyword lists and noise.

A judge that measures only this cannot be raised by padding, by reading the question or the rubric back, or by a list of
keywords. Every sentence keeps its offsets in the answer, so evidence can be quoted exactly.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from wordfreq import zipf_frequency

from scoring.lexicon import FUNCTION_WORDS, looks_like_verb
from scoring.sentences import sentences, words

__all__ = ["Content", "ContentSentence", "Dropped", "Sources", "content"]

COPIED_AT = 0.7  # share of a sentence's word trigrams that stand in one text of the question or the rubric
REPEATED_AT = 0.7  # share of a sentence's word trigrams that the answer has said before
SHORTEST_COPY = 5  # words; a shorter sentence may match a source by chance
SHORTEST_EXAMPLE_COPY = 9  # words; examples are what a candidate might well say, so only a long match is a copy
LANGUAGE_AT = 0.18  # least share of distinct function words in a sentence (of its first 15 words)
KNOWN_AT = 0.6  # least share of words that English has
SHORT = 6  # words; a sentence of so few needs one function word or verb

Ngrams = frozenset[tuple[str, ...]]

_FILLER = re.compile(
    r"(?:,\s*)?\b(?:u+h+m*|u+m+|e+r+m*|a+h+|h+m+|mm+|mhm|uh-huh)\b[,.…]*"
    r"|(?:^|(?<=[,;.…]))\s*(?:you know|i mean|like|well|okay|ok|so yeah|yeah)\s*,"
    r"|,\s*(?:you know|i mean|like|sort of|kind of)\s*,",
    re.IGNORECASE,
)
_STUTTER = re.compile(r"\b(\w+(?: \w+)?)(?:,? \1\b)+", re.IGNORECASE)


class Dropped(StrEnum):
    """Why a sentence does not count."""

    COPIES_QUESTION = "repeats the question"
    COPIES_RUBRIC = "repeats the rubric"
    REPEATS = "says again what was said before"
    LIST = "is a list of words, not a sentence"
    NOISE = "is not language that can be read"


@dataclass(frozen=True, slots=True)
class ContentSentence:
    """Characters [start, end) of the answer; ``text`` and ``words`` are without fillers."""

    start: int
    end: int
    text: str
    words: tuple[str, ...]
    marked: bool


@dataclass(frozen=True, slots=True)
class Content:
    sentences: tuple[ContentSentence, ...]
    dropped: tuple[tuple[int, int, Dropped], ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(w for s in self.sentences for w in s.words)


@dataclass(frozen=True, slots=True)
class Sources:
    """Texts that an answer may have been copied from."""

    question: tuple[str, ...] = ()
    rubric: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


def content(text: str, sources: Sources | None = None, *, keep_fillers: bool = False) -> Content:
    """Read an answer. ``keep_fillers`` only where a rubric scores fluency."""
    sources = sources or Sources()
    kept: list[ContentSentence] = []
    dropped: list[tuple[int, int, Dropped]] = []
    said: set[tuple[str, ...]] = set()
    for sentence in sentences(text):
        raw = text[sentence.start : sentence.end]
        clean = raw if keep_fillers else without_fillers(raw)
        tokens = tuple(words(clean))
        if not tokens:
            continue
        own = _ngrams(tokens)
        repeats = own <= said or (len(tokens) >= SHORTEST_COPY and _share(own, said) >= REPEATED_AT)
        why = _copied(tokens, own, sources) or _unreadable(clean, tokens) or (Dropped.REPEATS if repeats else None)
        said |= own
        if why is not None:
            dropped.append((sentence.start, sentence.end, why))
        else:
            kept.append(ContentSentence(sentence.start, sentence.end, clean, tokens, sentence.marked))
    return Content(tuple(kept), tuple(dropped))


def without_fillers(text: str) -> str:
    """The text without hesitation sounds, set-off fillers and stuttered words."""
    text = _FILLER.sub(" ", text)
    text = _STUTTER.sub(r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r"\s+([,.;:!?])", r"\1", text).strip(" ,")


def _copied(tokens: tuple[str, ...], own: Ngrams, sources: Sources) -> Dropped | None:
    if len(tokens) < SHORTEST_COPY:
        return None
    if _copied_from(own, sources.question):
        return Dropped.COPIES_QUESTION
    if _copied_from(own, sources.rubric):
        return Dropped.COPIES_RUBRIC
    if len(tokens) >= SHORTEST_EXAMPLE_COPY and _copied_from(own, sources.examples):
        return Dropped.COPIES_RUBRIC
    return None


def _unreadable(text: str, tokens: tuple[str, ...]) -> Dropped | None:
    known = sum(w[0].isdigit() or zipf_frequency(w, "en") > 1.5 for w in tokens)
    if known < KNOWN_AT * len(tokens):
        return Dropped.NOISE
    function = {w for w in tokens if w in FUNCTION_WORDS}
    verb = any(looks_like_verb(w) for w in tokens)
    if len(tokens) <= SHORT:
        return None if function or verb else Dropped.LIST
    items = [part for part in re.split(r"[,;/|•]|\band\b", text) if part.strip()]
    if not verb and len(items) >= 4:
        return Dropped.LIST
    share = len(function) / min(len(tokens), 15)
    return None if share >= LANGUAGE_AT or (verb and share >= LANGUAGE_AT / 2) else Dropped.LIST


def _ngrams(tokens: tuple[str, ...]) -> Ngrams:
    """Word trigrams; a shorter text is its own single n-gram."""
    size = min(3, len(tokens))
    return frozenset(tokens[i : i + size] for i in range(len(tokens) - size + 1))


@lru_cache(maxsize=256)
def _ngrams_of(texts: tuple[str, ...]) -> tuple[Ngrams, ...]:
    return tuple(_ngrams(tuple(words(t))) for t in texts)


def _copied_from(own: Ngrams, texts: tuple[str, ...]) -> bool:
    return any(_share(own, source) >= COPIED_AT for source in _ngrams_of(texts))


def _share(own: Ngrams, of: Set[tuple[str, ...]]) -> float:
    return len(own & of) / len(own) if own else 0.0
