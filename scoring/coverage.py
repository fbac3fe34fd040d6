"""Which key points an answer covers, judged by meaning.

All key points of a rubric are about one topic, and any sentence on that topic is near to all of them. So what they
share, the mean of their vectors, is taken out of both sides before they are compared. What remains is measured with the
rubric's own yardstick: how near its example sentences are to the rest of their own key point. Where these are near to
each other, an answer must come nearer too.

Measured with ``python -m scoring.coverage_check prompts/`` on our own worked answers (9 rubrics, 90 answers, 960 pairs
of answer and key point, 41 % covered): at COVERED_AT precision 0.66, recall 0.84, F1 0.74; with the threshold chosen on
the other eight rubrics F1 0.73 (0.64 to 0.83 by rubric). Without topic and yardstick: 0.67 and 0.65.
Only meanings are compared: "not" is hardly noticed, so a wrong statement about a key point can count as covering it.
Tried and left out, since none made both figures better: less for a negation that only one side has (F1 0.72, mean
Spearman of the judge 0.869 against 0.862), less for a second key point covered by the same sentence (0.860), and more
asked of answers with many sentences (F1 0.73, 0.858).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoring.content import Content, Sources, content
from scoring.embeddings import Embedder, Vectors
from scoring.rubric import KeyPoint

__all__ = ["COVERED_AT", "Coverage", "Match", "Windows", "covered"]

COVERED_AT = 0.08
USUAL_YARDSTICK = 0.02  # for a rubric without examples; measured by taking them away: F1 0.61
WIDEST_PAIR = 40  # words; two longer sentences are not joined into one window


@dataclass(frozen=True, slots=True)
class Match:
    """The stretch [start, end) of the answer that comes nearest to a key point.

    ``similarity`` is the cosine with the key point's text or the nearest of its examples, without the shared topic;
    ``margin`` is what that has over the rubric's yardstick.
    """

    similarity: float
    start: int
    end: int
    margin: float


@dataclass(frozen=True, slots=True)
class Windows:
    """Every sentence of an answer, then every two neighbours, with their vectors (one row each)."""

    spans: tuple[tuple[int, int], ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class _Meaning:
    """``rows`` are the texts and examples without the topic; ``firsts`` is the row at which each key point begins."""

    rows: Vectors
    firsts: tuple[int, ...]
    topic: Vectors
    yardstick: float


class Coverage:
    """Give all key points of a rubric at once: with one alone nothing is known of the topic, and more seems covered."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._meaning = lru_cache(maxsize=64)(self._read)

    def match(self, text: str, key_points: Sequence[KeyPoint]) -> dict[str, Match]:
        """The nearest stretch for each key point, by key point id. Empty where the text has nothing that counts."""
        sources = Sources(rubric=tuple(p.text for p in key_points))
        return self._match(content(text, sources), key_points)

    def _match(self, answer: Content, key_points: Sequence[KeyPoint]) -> dict[str, Match]:
        vectors = self.embedder.encode([s.text for s in answer.sentences])
        return self.matches(self.windows(answer, vectors), key_points)

    def covered(self, text: str, key_points: Sequence[KeyPoint]) -> tuple[str, ...]:
        """Ids of the covered key points, in the order of ``key_points``."""
        return covered(self.match(text, key_points))

    def windows(self, answer: Content, vectors: Vectors) -> Windows:
        """``vectors``: a row for each sentence."""
        singles = answer.sentences
        spans = [(s.start, s.end) for s in singles]
        lengths = np.array([len(s.words) for s in singles], dtype=np.float32)
        firsts = np.flatnonzero(lengths[:-1] + lengths[1:] <= WIDEST_PAIR)
        if not len(firsts):
            return Windows(tuple(spans), vectors)
        # Mean pooling makes the vector of two sentences nearly the mean of theirs weighted by length; that saves
        # encoding each sentence three times.
        weighted = lengths[:, None] * vectors
        pairs = _unit(weighted[firsts] + weighted[firsts + 1])
        spans += [(singles[i].start, singles[i + 1].end) for i in firsts]
        return Windows(tuple(spans), np.concatenate([vectors, pairs]))

    def matches(self, windows: Windows, key_points: Sequence[KeyPoint]) -> dict[str, Match]:
        if not windows.spans or not key_points:
            return {}
        meaning = self._meaning(tuple(key_points))
        cosines = _unit(windows.vectors - meaning.topic) @ meaning.rows.T
        nearest = np.maximum.reduceat(cosines, meaning.firsts, axis=1)
        best: list[int] = nearest.argmax(axis=0).tolist()
        similarities: list[float] = nearest.max(axis=0).tolist()
        return {
            point.id: Match(round(s, 4), *windows.spans[at], round(s - meaning.yardstick, 4))
            for point, at, s in zip(key_points, best, similarities, strict=True)
        }

    def _read(self, key_points: tuple[KeyPoint, ...]) -> _Meaning:
        texts = [[p.text, *p.examples] for p in key_points]
        rows = self.embedder.encode([t for own in texts for t in own])
        # Of few key points the mean is mostly their own meaning, not a topic: of a single one nothing is taken out.
        topic: Vectors = rows.mean(axis=0) * np.float32(1 - 1 / len(key_points))
        rows = _unit(rows - topic)
        sizes = [len(own) for own in texts]
        firsts = [sum(sizes[:i]) for i in range(len(sizes))]
        return _Meaning(rows, tuple(firsts), topic, _yardstick(rows, firsts, sizes))


def covered(matches: Mapping[str, Match]) -> tuple[str, ...]:
    """Ids of the key points whose nearest stretch is near enough."""
    return tuple(name for name, match in matches.items() if match.margin >= COVERED_AT)


def _yardstick(rows: Vectors, firsts: Sequence[int], sizes: Sequence[int]) -> float:
    """Median cosine of an example with the nearest other text of its key point."""
    nearest: list[float] = []
    for first, size in zip(firsts, sizes, strict=True):
        among = rows[first : first + size] @ rows[first : first + size].T
        np.fill_diagonal(among, -1.0)
        nearest += [float(among[i].max()) for i in range(1, size)]
    return float(np.median(nearest)) if nearest else USUAL_YARDSTICK


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
