"""From no idea, through all stretches of an answer, to probabilities of the five levels, for each criterion.

    w    relevance ^ sharpness                        only what is clearly about the criterion counts
    w    times (1 - t) for what a later turn takes back with probability t; its own stretch loses a share of t
    l    mean of the stretches' log ratios, weighed by w ^ dominance          saying it again changes no mean
    q(level) ~ exp(strength * l(level))               what it would be if all this is about the criterion
    b    min(1, sum of w)                             how sure that is; enough is enough
    p    b * q + (1 - b) / 5                          uniform where nothing was said about the criterion

What may be about something else so never makes a level nearly certain, however clear it is. The model
knows three levels; l of levels 1, 3 and 5 are theirs, l of 2 and 4 the means of their neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from scoring.anchors.model import Model, Shape
from scoring.anchors.stretches import Stretch, stretches
from scoring.anchors.yardstick import Yardstick, yardstick
from scoring.content import Content, ContentSentence
from scoring.embeddings import Embedder, Vectors
from scoring.rubric import Rubric

__all__ = ["SAID_AT", "AnchorReader", "AnchorReading", "Signs", "believed"]

SAID_AT = 0.02  # sum of w under which nothing was said about a criterion

_FIVE = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]])

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """``probabilities`` of levels 1 to 5; ``if_about``: the same if all that counted is about the criterion;
    ``weight``: how much was said about it, 0 to 1.

    ``sentences``: of the stretches that weigh most, those nearest to the criterion, best first.
    """

    probabilities: Numbers
    if_about: Numbers
    weight: float
    sentences: tuple[ContentSentence, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What the model says of each stretch. Shapes: (stretches, criteria), (stretches, criteria, 3), (stretches,)."""

    relevance: Numbers
    log_ratios: Numbers
    takes_back: Numbers
    turns: npt.NDArray[np.int64]


class AnchorReader:
    """Reads answers against the anchors of rubrics, with one model. Threads may share it."""

    def __init__(self, embedder: Embedder, model: Model) -> None:
        self.embedder = embedder
        self.model = model
        self._yardstick = lru_cache(maxsize=64)(lambda rubric: yardstick(rubric, embedder))

    def yardstick(self, rubric: Rubric) -> Yardstick:
        return self._yardstick(rubric)

    def read(
        self, content: Content, rows: Vectors, turn_offsets: Sequence[int], rubric: Rubric
    ) -> dict[str, AnchorReading]:
        """By criterion id. ``rows``: a unit vector for each sentence of ``content``."""
        scale = self.yardstick(rubric)
        parts = stretches(content.sentences, rows, turn_offsets)
        if not parts:
            return {c.id: AnchorReading(np.full(5, 0.2), np.full(5, 0.2), 0.0, ()) for c in rubric.criteria}
        probabilities, weights, if_about = believed(self.signs(parts, scale), self.model.shape)
        return {
            c.id: AnchorReading(
                probabilities[k],
                if_about[k],
                float(min(1.0, weights[:, k].sum())),
                _best(parts, weights[:, k], scale, k),
            )
            for k, c in enumerate(rubric.criteria)
        }

    def signs(self, parts: Sequence[Stretch], scale: Yardstick) -> Signs:
        model = self.model
        return Signs(
            np.stack([model.relevances(s, scale) for s in parts]),
            np.stack([model.level_log_ratios(s, scale) for s in parts]),
            np.array([model.takes_back(s, [b for b in parts if b.turn < s.turn]) if _opens(parts, i) else 0.0
                      for i, s in enumerate(parts)]),
            np.array([s.turn for s in parts]),
        )  # fmt: skip


def believed(signs: Signs, shape: Shape) -> tuple[Numbers, Numbers, Numbers]:
    """(p, w, q) as above: shapes (criteria, 5), (stretches, criteria) and (criteria, 5)."""
    kept = np.ones(len(signs.turns))
    doubt = np.clip((signs.takes_back - shape.doubt_from) / (1 - shape.doubt_from), 0, 1)
    doubt = doubt * np.minimum(1, 2 * signs.relevance.max(axis=1))  # what is about nothing here takes nothing back
    for i in np.flatnonzero(doubt):
        earlier = signs.turns < signs.turns[i]
        kept[earlier & (signs.turns == signs.turns[earlier].max(initial=-1))] *= 1 - doubt[i]
        kept[i] *= 1 - shape.own_loss * doubt[i]
    weights = signs.relevance**shape.sharpness * kept[:, None]
    shares = weights**shape.dominance
    shares = shares / np.maximum(shares.sum(axis=0), 1e-12)
    mean = (shares[:, :, None] * signs.log_ratios).sum(axis=0)
    scores = shape.strength * (mean @ _FIVE.T)
    q = np.exp(scores - scores.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    sure = np.minimum(1.0, weights.sum(axis=0))[:, None]
    return sure * q + (1 - sure) / q.shape[1], weights, q


def _opens(parts: Sequence[Stretch], i: int) -> bool:
    """True for the first stretch of a later turn: only that can answer a follow-up."""
    return i > 0 and parts[i].turn != parts[i - 1].turn


def _best(parts: Sequence[Stretch], weights: Numbers, scale: Yardstick, k: int) -> tuple[ContentSentence, ...]:
    found: list[ContentSentence] = []
    for i in np.argsort(-weights, kind="stable")[:2]:
        part = parts[i]
        order = np.argsort(-(part.rows @ scale.centres[k]), kind="stable")
        found += [part.sentences[j] for j in order[:2]]
    return tuple(found[:3])
