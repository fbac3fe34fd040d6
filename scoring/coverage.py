"""Which key points an answer covers, judged by meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scoring.content import Content, Sources, content
from scoring.embeddings import Embedder, Vectors
from scoring.rubric import KeyPoint

__all__ = ["COVERED_AT", "Coverage", "Match", "Windows"]

COVERED_AT = 0.5
WIDEST_PAIR = 40  # words; two longer sentences are not joined into one window


@dataclass(frozen=True, slots=True)
class Match:
    """The stretch [start, end) of the answer that comes nearest to a key point; ``similarity`` is a cosine."""

    similarity: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Every sentence of an answer, and every two neighbours, with their vectors."""

    spans: tuple[tuple[int, int], ...]
    vectors: Vectors


class Coverage:
    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def match(self, text: str, key_points: Sequence[KeyPoint]) -> dict[str, Match]:
        """The nearest stretch for each key point, by key point id. Empty where the text has nothing that counts."""
        sources = Sources(rubric=tuple(p.text for p in key_points))
        return self.matches(self.windows(content(text, sources)), key_points)

    def covered(self, text: str, key_points: Sequence[KeyPoint]) -> tuple[str, ...]:
        """Ids of the covered key points, in the order of ``key_points``."""
        return covered(self.match(text, key_points))

    def windows(self, answer: Content) -> Windows:
        singles = answer.sentences
        vectors = self.embedder.encode([s.text for s in singles])
        spans = [(s.start, s.end) for s in singles]
        rows = [vectors]
        for i, (one, two) in enumerate(pairwise(singles)):
            if len(one.words) + len(two.words) > WIDEST_PAIR:
                continue
            # Mean pooling makes the vector of two sentences nearly the mean of theirs weighted by length; that saves
            # encoding each sentence three times.
            pair = len(one.words) * vectors[i] + len(two.words) * vectors[i + 1]
            rows.append((pair / np.linalg.norm(pair))[None, :].astype(np.float32))
            spans.append((one.start, two.end))
        return Windows(tuple(spans), np.concatenate(rows))

    def matches(self, windows: Windows, key_points: Sequence[KeyPoint]) -> dict[str, Match]:
        if not windows.spans:
            return {}
        found: dict[str, Match] = {}
        for point in key_points:
            meaning = self.embedder.encode([point.text, *point.examples])
            nearest = (windows.vectors @ meaning.T).max(axis=1)
            best = int(nearest.argmax())
            found[point.id] = Match(round(float(nearest[best]), 4), *windows.spans[best])
        return found


def covered(matches: Mapping[str, Match]) -> tuple[str, ...]:
    return tuple(name for name, match in matches.items() if match.similarity >= COVERED_AT)
