"""The stretches of an answer that are read one by one: a turn, cut at the end of a sentence where it is long."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from scoring.anchors.manner import COUNTS, Counts, counts
from scoring.content import ContentSentence
from scoring.embeddings import Vectors

__all__ = ["Stretch", "stretches"]

LONGEST = 80  # words; a longer turn is cut into parts of about equal length

_WORDS = COUNTS.index("words")
_REFERS_BACK = COUNTS.index("refers_back")


@dataclass(frozen=True, slots=True)
class Stretch:
    """``rows``: a unit vector for each sentence; ``vector``: their mean by words, of length 1; ``counts``: their sum.

    ``turn`` counts from 0. ``refers_back``: its first words point at what was said before ("that was ...").
    """

    turn: int
    sentences: tuple[ContentSentence, ...]
    rows: Vectors
    vector: Vectors
    counts: Counts

    @property
    def words(self) -> float:
        return float(self.counts[_WORDS])

    @property
    def refers_back(self) -> bool:
        return bool(counts(self.sentences[0].text)[_REFERS_BACK])


def stretches(sentences: Sequence[ContentSentence], rows: Vectors, turn_offsets: Sequence[int]) -> list[Stretch]:
    """In order. ``rows`` has one unit vector for each sentence."""
    turns = [bisect_right(turn_offsets, s.start) - 1 for s in sentences]
    found: list[Stretch] = []
    for turn, members in groupby(range(len(sentences)), key=lambda i: turns[i]):
        own = list(members)
        total = sum(len(sentences[i].words) for i in own)
        size = total / max(1, -(-total // LONGEST))
        start, said = 0, 0
        for place, i in enumerate(own):
            said += len(sentences[i].words)
            if said >= size - 1e-9 or place == len(own) - 1:
                found.append(
                    _stretch(turn, [sentences[j] for j in own[start : place + 1]], rows[own[start : place + 1]])
                )
                start, said = place + 1, 0
    return found


def _stretch(turn: int, sentences: Sequence[ContentSentence], rows: Vectors) -> Stretch:
    lengths = np.array([len(s.words) for s in sentences], dtype=np.float32)
    mean = lengths @ rows
    return Stretch(
        turn,
        tuple(sentences),
        rows,
        mean / max(float(np.linalg.norm(mean)), 1e-9),
        np.sum([counts(s.text) for s in sentences], axis=0),
    )
