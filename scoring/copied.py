"""Which sentences of an answer are read from the question or the rubric, by word trigrams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scoring.sentences import words

__all__ = ["SHORTEST_COPY", "Ngrams", "Sources", "copied_from", "ngrams", "share"]

COPIED_AT = 0.7  # share of a sentence's word trigrams that stand in one text of the question or the rubric
COPIED_WITHIN_AT = 0.45  # the same where nearly all of that text stands in the sentence: a copy with words around it
WHOLE_SOURCE = 0.8  # share of a text's trigrams that is nearly all of it
SHORTEST_COPY = 5  # words; a shorter sentence may match a source by chance
SHORTEST_WHOLE = 3  # words; a sentence of so few that stands in the question, or is all of a rubric's text, is read
SHORTEST_EXAMPLE_COPY = 9  # words; examples are what a candidate might well say, so only a long match is a copy

Ngrams = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Texts that an answer may have been copied from."""

    question: tuple[str, ...] = ()
    rubric: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


def copied_from(
    raw: str, tokens: tuple[str, ...], own: Ngrams, sources: Sources
) -> Literal["question", "rubric"] | None:
    """What a sentence was read from; also where the copy is announced: "In my answer I say this: ...".

    ``tokens`` are the words of ``raw``, and ``own`` their trigrams.
    """
    found = _copied(tokens, own, sources)
    _, colon, rest = raw.partition(": ")
    if found or not colon:
        return found
    tokens = tuple(words(rest))
    return _copied(tokens, ngrams(tokens), sources)


def _copied(tokens: tuple[str, ...], own: Ngrams, sources: Sources) -> Literal["question", "rubric"] | None:
    if len(tokens) < SHORTEST_COPY:
        if len(tokens) < SHORTEST_WHOLE:
            return None
        if own <= _source(sources.question).known:
            return "question"
        return "rubric" if own in _source(sources.rubric).whole else None
    if _stands_in(own, sources.question):
        return "question"
    if _stands_in(own, sources.rubric):
        return "rubric"
    if len(tokens) >= SHORTEST_EXAMPLE_COPY and _stands_in(own, sources.examples):
        return "rubric"
    return None


def ngrams(tokens: tuple[str, ...]) -> Ngrams:
    """Word trigrams; a shorter text is its own single n-gram."""
    return frozenset(zip(tokens, tokens[1:], tokens[2:], strict=False)) if len(tokens) > 2 else frozenset((tokens,))


@dataclass(frozen=True, slots=True)
class _Source:
    """Trigrams of several texts: in which each stands, how many each text has, and those of whole short texts.
    ``known`` are all of them: two sets are compared by the hashes they keep, a mapping would work them out again."""

    known: Ngrams
    places: dict[tuple[str, ...], tuple[int, ...]]
    sizes: tuple[int, ...]
    whole: frozenset[Ngrams]


@lru_cache(maxsize=256)
def _source(texts: tuple[str, ...]) -> _Source:
    own = [ngrams(tuple(words(t))) for t in texts]
    places: dict[tuple[str, ...], list[int]] = {}
    for index, found in enumerate(own):
        for ngram in found:
            places.setdefault(ngram, []).append(index)
    short = frozenset(found for found in own if 0 < len(found) < SHORTEST_COPY)
    return _Source(frozenset(places), {n: tuple(p) for n, p in places.items()}, tuple(len(n) for n in own), short)


def _stands_in(own: Ngrams, texts: tuple[str, ...]) -> bool:
    source = _source(texts)
    known = own & source.known
    if len(known) < COPIED_WITHIN_AT * len(own):
        return False
    shared = Counter(index for ngram in known for index in source.places[ngram])
    return any(
        count >= COPIED_AT * len(own)
        or (
            count >= COPIED_WITHIN_AT * len(own)
            and source.sizes[index] >= SHORTEST_COPY
            and count >= WHOLE_SOURCE * source.sizes[index]
        )
        for index, count in shared.items()
    )


def share(own: Ngrams, of: Set[tuple[str, ...]]) -> float:
    return len(own & of) / len(own) if own else 0.0
