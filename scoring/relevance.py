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
from dataclasses import dataclass

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
_WEIGHTS = np.array(WEIGHTS)
BELONGS_AT = -1.07
"""Log-odds. With each rubric left out of the fit in turn, 3 % of the words of good answers (level 3 and more) lie under
this, and 84 % of the foreign words."""

CLEARLY = 2.2
"""Log-odds under the threshold from which a sentence is clearly foreign: more than one such are a passage, no remark.
Chosen, not fitted."""

MOST_SENTENCES = 300
"""Of an answer whose sentences are looked at without each other."""
MOST_BESIDE = 1
"""Other sentences that may seem foreign beside a remark that is not clearly so. Chosen, not fitted: from two on they
are how the answer wanders, and no remark is the reason. Of two sentences nobody can say which one the remark is."""

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
    """(which belong, which one was put aside). No sentence is lost for one remark beside it: the others are looked at
    without each that seems foreign, and what belongs then does belong. Where others are clearly foreign too, or several
    seem so, they and it are a passage of their own; and what is near to empty talk comes back from no company."""
    answer = _Measured.of(vectors, lengths, meaning, empty)
    own = _log_odds(answer.features())
    belongs, aside = own >= bar, np.zeros(len(own), dtype=bool)
    most, remark = -1.0, -1
    back = belongs.copy()
    doubtful = np.flatnonzero(~belongs)
    # Each look takes the square of the sentences; among so many, one remark draws no other down.
    looked_at = doubtful[np.argsort(own[doubtful], kind="stable")].tolist() if 1 < len(own) <= MOST_SENTENCES else ()
    for one in looked_at:
        others = np.delete(np.arange(len(own)), one)
        again = _log_odds(answer.only(others).features())
        alone = own[one] < bar - CLEARLY or (len(others) > 1 and (again < bar).sum() <= MOST_BESIDE)
        if not alone or again.min() < bar - CLEARLY:
            continue
        found = others[(again >= bar) & (answer.hollow[others] < HOLLOW)]
        back[found] = True
        gained = float(answer.words[found[~belongs[found]]].sum())
        if gained > most:
            most, remark = gained, one
    if remark >= 0 and not back[remark]:
        aside[remark] = True
    return back, aside


def relevance(vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors) -> Features:
    """Log-odds that each sentence belongs, up to the choice of a threshold."""
    return _log_odds(features(vectors, lengths, meaning, empty))


def features(vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors) -> Features:
    """Shape (sentences, 10), in the order of FEATURES. ``lengths`` are in words."""
    return _Measured.of(vectors, lengths, meaning, empty).features()


def _log_odds(found: Features) -> Features:
    log_odds: Features = found @ _WEIGHTS + BIAS
    return log_odds


@dataclass(frozen=True, slots=True)
class _Measured:
    """What each sentence has whatever stands beside it, a number each, and ``between``, their cosines with each other
    (0 with itself)."""

    words: Features
    nearest: Features
    near: Features
    topic: Features
    hollow: Features
    between: Features

    @classmethod
    def of(cls, vectors: Vectors, lengths: Sequence[int], meaning: Vectors, empty: Vectors) -> _Measured:
        best = np.sort(vectors @ meaning.T, axis=1)[:, -3:].astype(np.float64)
        between = (vectors @ vectors.T).astype(np.float64)
        np.fill_diagonal(between, 0.0)
        centre = meaning.mean(axis=0)
        return cls(
            np.asarray(lengths, dtype=np.float64),
            best[:, -1],
            best.mean(axis=1),
            (vectors @ (centre / np.linalg.norm(centre))).astype(np.float64),
            (vectors @ empty.T).max(axis=1).astype(np.float64),
            between,
        )

    def only(self, which: npt.NDArray[np.intp]) -> _Measured:
        """These sentences as if they were all that was said."""
        return _Measured(
            self.words[which],
            self.nearest[which],
            self.near[which],
            self.topic[which],
            self.hollow[which],
            self.between[np.ix_(which, which)],
        )

    def features(self) -> Features:
        weight, nearest = self.words, self.nearest
        pull = np.clip(nearest - NEAR, 0.0, None) ** 2 * weight
        others = pull.sum() - pull
        core = (self.between @ pull + ALONE * ALIKE * nearest) / (others + ALONE)
        columns = (
            nearest, self.near, _around(nearest, weight, 1), _around(nearest, weight, 2), core,
            _around(core, weight, 1), self.topic, _around(self.topic, weight, 1),
            self.hollow, _around(self.hollow, weight, 1),
        )  # fmt: skip
        return np.stack(columns, axis=1)


def _around(values: Features, weight: Features, reach: int) -> Features:
    """Mean over a sentence and ``reach`` neighbours on each side, by weight."""
    window = np.ones(2 * reach + 1)
    total = np.convolve(values * weight, window)[reach : reach + len(values)]
    mean: Features = total / np.convolve(weight, window)[reach : reach + len(values)]
    return mean
