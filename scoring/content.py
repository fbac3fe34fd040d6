"""What of an answer counts: its sentences without fillers, repeats, copies, keyword lists and noise.

A judge that measures only this cannot be raised by padding, by reading the question or the rubric back, or by a list of
keywords. Every sentence keeps its offsets in the answer, so evidence can be quoted exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import eq

from scoring.addressed import continues, is_addressed
from scoring.copied import SHORTEST_COPY, Ngrams, Sources, copied_from, ngrams, share
from scoring.headings import without_heading
from scoring.lexicon import FUNCTION_WORDS, but_articles
from scoring.readable import is_list, is_noise
from scoring.sentences import sentences, words
from scoring.spoken_forms import standard_forms
from scoring.visible import joined, visible

__all__ = ["Content", "ContentSentence", "Dropped", "Sources", "content", "surely_counts"]

REPEATED_AT = 0.7  # share of a sentence's word trigrams that the answer has said before
SHORTEST_FRAME = 4  # function words; "it has to do with ..., ... and ..." is a frame that words are hung into
MOST_FRAMES = 2  # sentences of one frame in an answer; from three on, none of them counts
REMEMBERED = 1024  # answers; each is read once, however many rubrics it is judged by
AT_HAND = 128  # answers of which the sentences are kept, between being looked over and being read
LONGEST_QUOTE = 4  # sentences; a quote that is not closed by then was no quote
WIDEST_GAP = 2  # sentences between two that speak to the judge that are taken for more of the same

_FILLER = re.compile(
    r"(?:,\s*)?\b(?:u+h+m*|u+m+|e+r+m*|a+h+|h+m+|mm+|mhm|uh-huh)\b[,.…]*"
    r"|(?:^|(?<=[,;.…]))\s*(?:you know|i mean|like|well|okay|ok|so yeah|yeah)\s*,"
    r"|,\s*(?:you know|i mean|like|sort of|kind of)\s*,",
    re.IGNORECASE,
)
# Looking for fillers and stutters at every letter costs more than all else here, and most sentences have none.
_PART = re.compile(r"\w+")
_SOUND = re.compile(r"u+h+m*|u+m+|e+r+m*|a+h+|h+m+|mm+|mhm|uh")
_MAY_FILL = frozenset({"know", "mean", "like", "well", "okay", "ok", "yeah", "sort", "kind"})
_CALLED = re.compile(r"\b[A-Z]{3,}\b")  # DAN, of an order to be DAN
_ABBREVIATED = frozenset({"GPT", "LLM", "API", "PDF", "CSV", "JSON", "HTML", "SQL", "FAQ", "CEO", "USA"})
_LOOSE = re.compile(r"\s+([,.;:!?])")
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


_COPIES: dict[str | None, Dropped] = {"question": Dropped.COPIES_QUESTION, "rubric": Dropped.COPIES_RUBRIC}


@dataclass(frozen=True, slots=True)
class ContentSentence:
    """Characters [start, end) of the answer; ``text`` and ``words`` are without fillers, spoken forms written out."""

    start: int
    end: int
    text: str
    words: tuple[str, ...]
    marked: bool


@dataclass(frozen=True)
class Content:
    sentences: tuple[ContentSentence, ...]
    dropped: tuple[tuple[int, int, Dropped], ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(w for s in self.sentences for w in s.words)


def content(
    text: str, sources: Sources | None = None, *, keep_fillers: bool = False, on_scoring: bool = False
) -> Content:
    """Read an answer. ``keep_fillers`` only where a rubric scores fluency, ``on_scoring`` where it asks for grading."""
    sources = sources or Sources()
    read = _read(text, keep_fillers, on_scoring)
    whys = [_COPIES.get(copied_from(r.raw, r.sentence.words, r.ngrams, sources)) or r.why for r in read]
    frames = [r.frame if why is None else None for r, why in zip(read, whys, strict=True)]
    hung = {frame for frame, count in Counter(frames).items() if frame and count > MOST_FRAMES}
    reasons = [why or (Dropped.LIST if frame in hung else None) for why, frame in zip(whys, frames, strict=True)]
    reasons = _with_neighbours(read, reasons)
    return Content(
        tuple(r.sentence for r, why in zip(read, reasons, strict=True) if why is None),
        tuple((r.sentence.start, r.sentence.end, why) for r, why in zip(read, reasons, strict=True) if why is not None),
    )


def surely_counts(
    text: str, sources: Sources, least: int, *, keep_fillers: bool = False, on_scoring: bool = False
) -> bool:
    """True where ``content`` would find nothing that speaks to the judge, and ``least`` words or more that count,
    articles aside. Looks no further than it has to; where it is False, only ``content`` can tell."""
    said = _said(text, keep_fillers)
    if any(is_addressed(s.raw, s.words, on_scoring=on_scoring) for s in said):
        return False
    # At most those that are of one frame; which of them count cannot be told before all are read.
    frames = Counter(_frame(s.words) for s in said)
    before: set[tuple[str, ...]] = set()
    found = 0
    for s in said:
        own = ngrams(s.words)
        frame = _frame(s.words)
        hung = frame is not None and frames[frame] > MOST_FRAMES
        if not hung and _why(s, own, before) is None and copied_from(s.raw, s.words, own, sources) is None:
            found += but_articles(s.words)
            if found >= least:
                return True
        before |= own
    return False


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence at [start, end): as it stands there, without what is not seen; and ``clean``, as it is read."""

    start: int
    end: int
    marked: bool
    raw: str
    clean: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence and what of it no rubric changes. ``frame``: its function words where they are enough to tell;
    ``why``: it does not count."""

    sentence: ContentSentence
    raw: str
    ngrams: Ngrams
    frame: tuple[str, ...] | None
    why: Dropped | None


@lru_cache(maxsize=REMEMBERED)
def _read(text: str, keep_fillers: bool, on_scoring: bool) -> tuple[_Read, ...]:
    read: list[_Read] = []
    before: set[tuple[str, ...]] = set()
    for s in _said(text, keep_fillers):
        own = ngrams(s.words)
        addressed = is_addressed(s.raw, s.words, on_scoring=on_scoring)
        why = Dropped.ADDRESSED if addressed else _why(s, own, before)
        before |= own
        counted = ContentSentence(s.start, s.end, s.clean, s.words, s.marked)
        read.append(_Read(counted, s.raw, own, _frame(s.words), why))
    return tuple(read)


@lru_cache(maxsize=AT_HAND)
def _said(text: str, keep_fillers: bool) -> tuple[_Said, ...]:
    seen = visible(text)
    said: list[_Said] = []
    for sentence in sentences(seen):
        raw = joined(text[sentence.start : sentence.end], seen[sentence.start : sentence.end])
        begins = not seen[: sentence.start].rpartition("\n")[2].strip()
        clean = without_heading(standard_forms(raw if keep_fillers else without_fillers(raw)), label=not begins)
        if tokens := tuple(words(clean)):
            said.append(_Said(sentence.start, sentence.end, sentence.marked, raw, clean, tokens))
    return tuple(said)


def _frame(tokens: tuple[str, ...]) -> tuple[str, ...] | None:
    frame = tuple(filter(FUNCTION_WORDS.__contains__, tokens))
    return frame if len(frame) >= SHORTEST_FRAME else None


def _why(said: _Said, own: Ngrams, before: set[tuple[str, ...]]) -> Dropped | None:
    """Why a sentence that does not speak to the judge does not count, after those that had the trigrams ``before``."""
    if is_noise(said.clean, said.words):
        return Dropped.NOISE
    if is_list(said.clean, said.words):
        return Dropped.LIST
    repeats = own <= before or (len(said.words) >= SHORTEST_COPY and share(own, before) >= REPEATED_AT)
    return Dropped.REPEATS if repeats else None


def _with_neighbours(read: Sequence[_Read], reasons: list[Dropped | None]) -> list[Dropped | None]:
    """Reasons, where what surrounds a sentence to the judge and goes on about scores or orders belongs to it; and
    whatever speaks of a part that the judge is to play, by its name in capitals."""
    found = [i for i, why in enumerate(reasons) if why is Dropped.ADDRESSED]
    if not found:
        return reasons
    waiting = list(found)
    while waiting:
        at = waiting.pop()
        for i in (at - 1, at + 1):
            if 0 <= i < len(read) and reasons[i] is None and continues(read[i].sentence.text):
                reasons[i] = Dropped.ADDRESSED
                waiting.append(i)
    called = {name for i in found for name in _CALLED.findall(read[i].raw)} - _ABBREVIATED
    for i, sentence in enumerate(read):
        if reasons[i] is None and not called.isdisjoint(_CALLED.findall(sentence.raw)):
            reasons[i] = Dropped.ADDRESSED
    for at in found:
        for i in _rest_of_quote(read, at):
            reasons[i] = reasons[i] or Dropped.ADDRESSED
    marked = [i for i, why in enumerate(reasons) if why is Dropped.ADDRESSED]
    for one, two in pairwise(marked):
        if two - one - 1 <= WIDEST_GAP:
            for i in range(one + 1, two):
                reasons[i] = reasons[i] or Dropped.ADDRESSED
    return reasons


def _rest_of_quote(read: Sequence[_Read], at: int) -> range:
    """Sentences after ``at`` up to where a quote that was opened there is closed: the order speaks in them too."""
    if read[at].raw.count('"') % 2 == 0:
        return range(0)
    closing = (i for i in range(at + 1, min(len(read), at + 1 + LONGEST_QUOTE)) if '"' in read[i].raw)
    end = next(closing, None)
    return range(0) if end is None else range(at + 1, end + 1)


@lru_cache(maxsize=20_000)
def _is_sound(word: str) -> bool:
    return _SOUND.fullmatch(word) is not None


def without_fillers(text: str) -> str:
    """The text without hesitation sounds, set-off fillers and stuttered words."""
    said = _PART.findall(text.casefold())
    if not _MAY_FILL.isdisjoint(said) or any(map(_is_sound, said)):
        text = _FILLER.sub(" ", text)
        said = _PART.findall(text.casefold())
    text = " ".join(text.split())
    twice = list(pairwise(said))
    if any(map(eq, said, said[1:])) or any(map(eq, twice, twice[2:])):
        text = _STUTTER.sub(r"\1", text)
    return _LOOSE.sub(r"\1", text).strip(" ,")
