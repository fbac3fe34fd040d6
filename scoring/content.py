"""What of an answer counts: its sentences without fillers, repeats, copies, keyword lists and noise.

A judge that measures only this cannot be raised by padding, by reading the question or the rubric back, or by a list of
keywords. Every sentence keeps its offsets in the answer, so evidence can be quoted exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from wordfreq import zipf_frequency

from scoring.addressed import continues, is_addressed
from scoring.lexicon import FUNCTION_WORDS, looks_like_verb
from scoring.sentences import sentences, words
from scoring.visible import joined, visible

__all__ = ["Content", "ContentSentence", "Dropped", "Sources", "content"]

COPIED_AT = 0.7  # share of a sentence's word trigrams that stand in one text of the question or the rubric
REPEATED_AT = 0.7  # share of a sentence's word trigrams that the answer has said before
SHORTEST_COPY = 5  # words; a shorter sentence may match a source by chance
COPIED_WITHIN_AT = 0.45  # the same where nearly all of that text stands in the sentence: a copy with words around it
WHOLE_SOURCE = 0.8  # share of a text's trigrams that is nearly all of it
SHORTEST_EXAMPLE_COPY = 9  # words; examples are what a candidate might well say, so only a long match is a copy
SHORTEST_FRAME = 4  # function words; "it has to do with ..., ... and ..." is a frame that words are hung into
MOST_FRAMES = 2  # sentences of one frame in an answer; from three on, none of them counts
LONGEST_RUN = 9  # words between blanks alone, none of them a function word; more are a list
WIDEST_GAP = 2  # sentences between two that speak to the judge that are taken for more of the same
LANGUAGE_AT = 0.18  # least share of distinct function words in a sentence (of its first 15 words)
LEAST_KNOWN = 1.5  # zipf; a word seen less often is not English for us
KNOWN_AT = 0.6  # least share of words that English has
LONGEST_WORD = 24  # letters and digits; longer is a code, not a word
SHORT = 6  # words; a sentence of so few needs one function word or verb

Ngrams = frozenset[tuple[str, ...]]

_FILLER = re.compile(
    r"(?:,\s*)?\b(?:u+h+m*|u+m+|e+r+m*|a+h+|h+m+|mm+|mhm|uh-huh)\b[,.…]*"
    r"|(?:^|(?<=[,;.…]))\s*(?:you know|i mean|like|well|okay|ok|so yeah|yeah)\s*,"
    r"|,\s*(?:you know|i mean|like|sort of|kind of)\s*,",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[\w,] )[A-Z][^\W\d_]*(?:[’'-][^\W\d_]+)*")
_RUN = re.compile(r"\b[^\W\d_]+(?: [^\W\d_]+){9,}\b")
_STUTTER = re.compile(r"\b(\w+(?: \w+)?)(?:,? \1\b)+", re.IGNORECASE)


class Dropped(StrEnum):
    """Why a sentence does not count."""

    COPIES_QUESTION = "repeats the question"
    COPIES_RUBRIC = "repeats the rubric"
    REPEATS = "says again what was said before"
    LIST = "is a list of words, not a sentence"
    ADDRESSED = "speaks to whoever scores it, not about the question"
    OFF_TOPIC = "does not speak about what was asked"
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
    seen = visible(text)
    read: list[tuple[ContentSentence, Dropped | None]] = []
    said: set[tuple[str, ...]] = set()
    frames: list[tuple[str, ...] | None] = []
    for sentence in sentences(seen):
        raw = joined(text[sentence.start : sentence.end], seen[sentence.start : sentence.end])
        clean = raw if keep_fillers else without_fillers(raw)
        tokens = tuple(words(clean))
        if not tokens:
            continue
        own = _ngrams(tokens)
        frame = tuple(w for w in tokens if w in FUNCTION_WORDS)
        repeats = own <= said or (len(tokens) >= SHORTEST_COPY and _share(own, said) >= REPEATED_AT)
        why = (
            _copied(tokens, own, sources)
            or (Dropped.ADDRESSED if is_addressed(raw, tokens) else None)
            or _unreadable(clean, tokens)
            or (Dropped.REPEATS if repeats else None)
        )
        said |= own
        read.append((ContentSentence(sentence.start, sentence.end, clean, tokens, sentence.marked), why))
        frames.append(frame if why is None and len(frame) >= SHORTEST_FRAME else None)
    hung = {frame for frame, count in Counter(frames).items() if frame and count > MOST_FRAMES}
    reasons = [why or (Dropped.LIST if frame in hung else None) for (_, why), frame in zip(read, frames, strict=True)]
    reasons = _with_neighbours([s for s, _ in read], reasons)
    return Content(
        tuple(s for (s, _), why in zip(read, reasons, strict=True) if why is None),
        tuple((s.start, s.end, why) for (s, _), why in zip(read, reasons, strict=True) if why is not None),
    )


def _with_neighbours(read: Sequence[ContentSentence], reasons: list[Dropped | None]) -> list[Dropped | None]:
    """Reasons, where what surrounds a sentence to the judge and goes on about scores or orders belongs to it."""
    found = [i for i, why in enumerate(reasons) if why is Dropped.ADDRESSED]
    if not found:
        return reasons
    waiting = list(found)
    while waiting:
        at = waiting.pop()
        for i in (at - 1, at + 1):
            if 0 <= i < len(read) and reasons[i] is None and continues(read[i].text):
                reasons[i] = Dropped.ADDRESSED
                waiting.append(i)
    marked = [i for i, why in enumerate(reasons) if why is Dropped.ADDRESSED]
    for one, two in pairwise(marked):
        if two - one - 1 <= WIDEST_GAP:
            for i in range(one + 1, two):
                reasons[i] = reasons[i] or Dropped.ADDRESSED
    return reasons


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
    unknown = [w for w in tokens if _unknown(w)]
    if len(unknown) > (1 - KNOWN_AT) * len(tokens):
        # Names are words that no list has; they stand in capitals inside a sentence.
        names = {w.casefold() for w in _NAME.findall(text)}
        if sum(w not in names for w in unknown) > (1 - KNOWN_AT) * len(tokens):
            return Dropped.NOISE
    if any(len(w) >= LONGEST_WORD and w.isalnum() for w in tokens):
        return Dropped.NOISE
    function = {w for w in tokens if w in FUNCTION_WORDS}
    verb = any(looks_like_verb(w) for w in tokens)
    if len(tokens) <= SHORT:
        return None if function or verb else Dropped.LIST
    items = [part for part in re.split(r"[,;/|•]|\band\b", text) if part.strip()]
    if not verb and len(items) >= 4:
        return Dropped.LIST
    if _RUN.search(text) and _longest_run(text) > LONGEST_RUN:
        return Dropped.LIST
    share = len(function) / min(len(tokens), 15)
    return None if share >= LANGUAGE_AT or (verb and share >= LANGUAGE_AT / 2) else Dropped.LIST


def _ngrams(tokens: tuple[str, ...]) -> Ngrams:
    """Word trigrams; a shorter text is its own single n-gram."""
    size = min(3, len(tokens))
    return frozenset(tokens[i : i + size] for i in range(len(tokens) - size + 1))


def _longest_run(text: str) -> int:
    """Words without punctuation or a function word between them."""
    longest = run = 0
    for stretch in _RUN.findall(text):
        run = 0
        for word in words(stretch):
            run = 0 if word in FUNCTION_WORDS else run + 1
            longest = max(longest, run)
    return longest


@dataclass(frozen=True, slots=True)
class _Source:
    """Trigrams of several texts: in which of them each stands, and how many each text has."""

    places: dict[tuple[str, ...], tuple[int, ...]]
    sizes: tuple[int, ...]


@lru_cache(maxsize=256)
def _source(texts: tuple[str, ...]) -> _Source:
    own = [_ngrams(tuple(words(t))) for t in texts]
    places: dict[tuple[str, ...], list[int]] = {}
    for index, ngrams in enumerate(own):
        for ngram in ngrams:
            places.setdefault(ngram, []).append(index)
    return _Source({n: tuple(p) for n, p in places.items()}, tuple(len(n) for n in own))


def _copied_from(own: Ngrams, texts: tuple[str, ...]) -> bool:
    source = _source(texts)
    shared = Counter(index for ngram in own & source.places.keys() for index in source.places[ngram])
    return any(
        count >= COPIED_AT * len(own)
        or (
            count >= COPIED_WITHIN_AT * len(own)
            and source.sizes[index] >= SHORTEST_COPY
            and count >= WHOLE_SOURCE * source.sizes[index]
        )
        for index, count in shared.items()
    )


def _share(own: Ngrams, of: Set[tuple[str, ...]]) -> float:
    return len(own & of) / len(own) if own else 0.0


@lru_cache(maxsize=50_000)
def _unknown(word: str) -> bool:
    return not word[0].isdigit() and zipf_frequency(word, "en") <= LEAST_KNOWN
