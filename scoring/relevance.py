"""Which sentences of an answer belong to what was asked, by meaning: the rest counts for nothing.

Without this, any friendly or well-built text on anything raises the measures that do not look at meaning: length,
plain words, warmth, structure, numbers and names. One sentence alone says little of where it belongs, so its neighbours
and the rest of the answer are asked too. For each sentence, ten numbers:

    nearest   cosine with the nearest of the question, the key points and their examples
    near      mean of the three nearest
    around    ``nearest``, averaged over it and its neighbours by words; ``wide``: two on each side
    core      mean cosine with the sentences of this answer that are near; ``core_around``: averaged with its neighbours
    topic     cosine with the mean of all those texts; ``topic_around``: averaged with its neighbours
    empty     cosine with the nearest sentence of empty talk (scoring/empty_talk.py); ``empty_around``: likewise

They are weighed by a logistic regression fitted on our worked examples: the sentences of good answers to a question
against parts of answers to other questions, or empty talk, that were put before or after its answers
(``python -m scoring.relevance_check prompts/``, which prints the weights and, with each rubric left out of the fit in
turn, how often it is right).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.content import Content, Dropped
from scoring.embeddings import Vectors

__all__ = ["FEATURES", "features", "relevance", "relevant"]

FEATURES = (
    "nearest",
    "near",
    "around",
    "wide",
    "core",
    "core_around",
    "topic",
    "topic_around",
    "empty",
    "empty_around",
)
WEIGHTS = (7.998, -1.497, 2.382, 4.975, 10.029, 6.072, 4.796, 5.933, -5.892, -9.818)
BIAS = -6.702
BELONGS_AT = -1.07
"""Log-odds. With each rubric left out of the fit in turn, 3 % of the words of good answers (level 3 and more) lie under
this, and 84 % of the foreign words."""

CLEARLY = 2.2
"""Log-odds under the threshold at which a sentence is foreign whatever stands beside it. Chosen, not fitted."""

HOLLOW = 0.38  # cosine with empty talk that nine in ten sentences of our worked answers stay under

SUSPECT = 3.0
"""Log-odds more that are asked of an answer in which something speaks to the judge: what stands around that is likely
more of it. Chosen, not fitted; such answers are not among the worked examples."""

LEAST_LEFT = 0.2
"""Share of an answer, in characters, under which nothing of it counts: it is about something else with some words of
the topic in it, or an attack with some words around it. Repeats and copies are not among what is counted here, and
neither is a single remark that was put aside."""

FEWEST_TEXTS = 3
"""Texts for each key point, its examples among them. With fewer nobody can say what belongs: with the examples of our
rubrics taken away, 29 % of the words of good answers would be lost."""

ALONE, ALIKE = 0.3, 0.5
"""A sentence without others to be compared with has a core of ALIKE of its own nearness, as such sentences have on
average; ALONE is the weight of that, and that of ten words at a cosine of 0.42. Else any sentence beside would help."""

NEAR = 0.25  # cosine from which a sentence counts to the core of its answer

Features = npt.NDArray[np.float64]
Which = npt.NDArray[np.bool_]


def relevant(content: Content, vectors: Vectors, meaning: Vectors, empty: Vectors, points: int = 0) -> Content:
    """The content without sentences off the topic, and with these among ``dropped``.

    ``vectors``: one row for each sentence; ``meaning``: one for each of the question, key points and their examples;
    ``empty``: one for each sentence of EMPTY_TALK; ``points``: how many key points the rubric has;
    where ``meaning`` has too few texts for them, nothing is dropped.
    """
    if not content.sentences or len(meaning) < FEWEST_TEXTS * points:
        return content
    suspect = any(why is Dropped.ADDRESSED for _, _, why in content.dropped)
    bar = BELONGS_AT + (SUSPECT if suspect else 0.0)
    belongs, aside = _belongs(vectors, [len(s.words) for s in content.sentences], meaning, empty, bar)
    sizes = np.array([s.end - s.start for s in content.sentences])
    read = sizes[~aside].sum() + sum(end - start for start, end, why in content.dropped if why is Dropped.ADDRESSED)
    if sizes[belongs].sum() < LEAST_LEFT * read:
        belongs[:] = False
    if belongs.all():
        return content
    kept = tuple(s for s, own in zip(content.sentences, belongs, strict=True) if own)
    off = tuple(
        (s.start, s.end, Dropped.OFF_TOPIC) for s, own in zip(content.sentences, belongs, strict=True) if not own
    )
    return Content(kept, tuple(sorted((*content.dropped, *off))))


def _belongs(
    vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors, bar: float
) -> tuple[Which, Which]:
    """(which belong, which was put aside). A single sentence that is clearly foreign is put aside before the others are
    looked at: what belongs must not be lost for one remark beside it. Several such are a passage of their own, and what
    is near to empty talk comes back from no company."""
    own = relevance(vectors, lengths, meaning, empty)
    nothing, foreign = np.zeros(len(own), dtype=bool), own == own.min()
    if own.min() >= bar - CLEARLY or foreign.all():
        return own >= bar, nothing
    others = np.flatnonzero(~foreign)
    again = relevance(vectors[others], [lengths[i] for i in others.tolist()], meaning, empty)
    if again.min() < bar - CLEARLY:  # it was not the only one
        return own >= bar, nothing
    hollow = (vectors[others] @ empty.T).max(axis=1)
    belongs = own >= bar
    belongs[others[(again >= bar) & (hollow < HOLLOW)]] = True
    return belongs, foreign


def relevance(vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors) -> Features:
    """Log-odds that each sentence belongs, up to the choice of a threshold."""
    log_odds: Features = features(vectors, lengths, meaning, empty) @ np.array(WEIGHTS) + BIAS
    return log_odds


def features(vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors) -> Features:
    """Shape (sentences, 10), in the order of FEATURES. ``lengths`` are in words."""
    weight = np.asarray(lengths, dtype=np.float64)
    cosines = vectors @ meaning.T
    best = np.sort(cosines, axis=1)[:, -3:].astype(np.float64)
    nearest = best[:, -1]
    between = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(between, 0.0)
    pull = np.clip(nearest - NEAR, 0.0, None) ** 2 * weight
    others = pull.sum() - pull
    core = (between @ pull + ALONE * ALIKE * nearest) / (others + ALONE)
    centre = meaning.mean(axis=0)
    topic = (vectors @ (centre / np.linalg.norm(centre))).astype(np.float64)
    hollow = (vectors @ empty.T).max(axis=1).astype(np.float64)
    columns = (
        nearest, best.mean(axis=1), _around(nearest, weight, 1), _around(nearest, weight, 2), core,
        _around(core, weight, 1), topic, _around(topic, weight, 1),
        hollow, _around(hollow, weight, 1),
    )  # fmt: skip
    return np.stack(columns, axis=1)


def _around(values: Features, weight: Features, reach: int) -> Features:
    """Mean over a sentence and ``reach`` neighbours on each side, by weight."""
    window = np.ones(2 * reach + 1)
    total = np.convolve(values * weight, window)[reach : reach + len(values)]
    mean: Features = total / np.convolve(weight, window)[reach : reach + len(values)]
    return mean
