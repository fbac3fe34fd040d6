"""What a rubric's own anchors are like: the scale that answers are held against, so that no trade has a lead.

Where the anchors of a rubric use long and rare words, answers do too, at every level; where its criteria are close to
each other in meaning, an answer is close to all of them. So the words of an answer are counted in proportion to those
of the anchors, and nearness is divided by how near the rubric's own texts are to each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.anchors.manner import LEVEL_RATES, Counts, counts, rates
from scoring.anchors.stretches import Stretch
from scoring.embeddings import Embedder, Vectors
from scoring.rubric import Anchors, Rubric
from scoring.sentences import sentences

__all__ = ["READ_LEVELS", "Yardstick", "level_features", "nearness", "yardstick"]

READ_LEVELS = (1, 3, 5)
"""Levels whose anchors are compared. 2 and 4 are often "between", or the same words with a little more or less."""

_AS_LEVEL = re.compile(r"^\W*(?:as|like) (?:level )?([1-5])\b", re.IGNORECASE)
_PROPORTIONAL = np.array([n in {"method", "content", "letters", "zipf", "under_4"} for n in LEVEL_RATES])
_LEAST = 0.02  # of a rate of the anchors that others are divided by
NEAREST_CLAUSES = 3
LEAST_GAP = 0.1  # cosine

Features = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Criteria in the rubric's order. ``centres``: a unit row for each criterion; ``topic``: what they share.

    ``levels``: for each criterion a unit row for each of READ_LEVELS; ``clauses``: all sentences of those anchors, and
    ``clause_levels`` the level of each. ``reach``: mean cosine of an anchor's sentence with its criterion; ``gap``: how
    much that is over the cosine with other criteria; ``clause_nearness``: median cosine of an anchor's sentence with
    the nearest other one of its criterion. ``manner``: mean rates of the anchors, in the order of LEVEL_RATES, or 1
    where a rate is taken as it is.
    """

    centres: Vectors
    topic: Vectors
    levels: tuple[Vectors, ...]
    clauses: tuple[Vectors, ...]
    clause_levels: tuple[npt.NDArray[np.int64], ...]
    reach: float
    gap: float
    clause_nearness: float
    manner: Counts


def yardstick(rubric: Rubric, embedder: Embedder) -> Yardstick:
    texts = [[_sentences(c.anchors, level) for level in READ_LEVELS] for c in rubric.criteria]
    flat = [t for criterion in texts for level in criterion for t in level]
    vectors = dict(zip(flat, embedder.encode(flat), strict=True))
    levels: list[Vectors] = []
    clauses: list[Vectors] = []
    places: list[npt.NDArray[np.int64]] = []
    for criterion in texts:
        rows = [np.stack([vectors[t] for t in level]) for level in criterion]
        lengths = [np.array([len(t.split()) for t in level], dtype=np.float32) for level in criterion]
        levels.append(_unit(np.stack([w @ r for w, r in zip(lengths, rows, strict=True)])))
        clauses.append(np.concatenate(rows))
        places.append(np.repeat(np.arange(len(rows)), [len(r) for r in rows]))
    centres = _unit(np.stack([own.sum(axis=0) for own in levels]))
    size = len(centres)
    held = np.stack([(own @ centres.T).mean(axis=0) for own in clauses])
    reach = float(np.diag(held).mean())
    others = float(held[~np.eye(size, dtype=bool)].mean()) if size > 1 else 0.0
    spoken = np.stack([rates(np.sum([counts(t) for t in level], axis=0), LEVEL_RATES) for c in texts for level in c])
    return Yardstick(
        centres,
        # Of few criteria the mean is mostly their own meaning, not a topic: of a single one nothing is taken out.
        (centres.mean(axis=0) * np.float32(1 - 1 / size)),
        tuple(levels),
        tuple(clauses),
        tuple(places),
        reach,
        max(reach - others, LEAST_GAP),
        float(np.mean([_nearness_within(own) for own in clauses])),
        np.where(_PROPORTIONAL, np.maximum(spoken.mean(axis=0), _LEAST), 1.0),
    )


def nearness(stretch: Stretch, scale: Yardstick) -> Features:
    """Shape (criteria, 3): cosine with the criterion, the same without the topic, and with its nearest clauses.

    The second is multiplied by the first: what lies off the topic altogether is far from every criterion, though, with
    the topic taken out, it may point the same way as one.
    """
    own = scale.centres @ stretch.vector / scale.reach
    apart = _unit(scale.centres - scale.topic) @ _unit(stretch.vector - scale.topic) / scale.gap
    near = [
        np.sort((clauses @ stretch.rows.T).max(axis=1))[-NEAREST_CLAUSES:].mean() / scale.clause_nearness
        for clauses in scale.clauses
    ]
    return np.stack([own, np.clip(own, 0, 1) * apart, np.array(near)], axis=1).astype(np.float64)


def level_features(stretch: Stretch, scale: Yardstick, manner: Counts) -> Features:
    """Shape (criteria, rates + 9): ``manner`` in proportion to the anchors', and how near each level's anchor is.

    Nearness to READ_LEVELS thrice: without what the levels share; with the mean taken off; by the nearest sentence.
    """
    rows: list[Features] = []
    for levels, clauses, places in zip(scale.levels, scale.clauses, scale.clause_levels, strict=True):
        shared = levels.mean(axis=0)
        apart = _unit(levels - shared) @ _unit(stretch.vector - shared)
        plain = levels @ stretch.vector
        cosines = (clauses @ stretch.rows.T).max(axis=1)
        nearest = np.array([cosines[places == i].max() for i in range(len(READ_LEVELS))])
        rows.append(
            np.concatenate([manner / scale.manner, apart, plain - plain.mean(), nearest - nearest.mean()]).astype(
                np.float64
            )
        )
    return np.stack(rows)


def _sentences(anchors: Anchors, level: int) -> list[str]:
    """The anchor's sentences; "As 4, and ..." brings those of level 4 with it."""
    text = anchors[level]
    refers = _AS_LEVEL.match(text)
    own = [text[s.start : s.end] for s in sentences(text)] or [text]
    return own + (_sentences(anchors, int(refers[1])) if refers and int(refers[1]) < level else [])


def _nearness_within(clauses: Vectors) -> float:
    if len(clauses) < 2:
        return 1.0
    among = clauses @ clauses.T
    np.fill_diagonal(among, -1.0)
    return max(float(np.median(among.max(axis=1))), 0.2)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit
