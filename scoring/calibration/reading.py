"""What a fitted scorer reads of an answer: its meaning, its surface, and what the judge and the rubric make of it.

Only what counts is read (scoring/content.py, scoring/relevance.py): repeats, copies of the question or the rubric,
lists of keywords, noise and what is off the topic are taken out first, so that a fitted scorer is not moved by them
either. No word of an answer is kept in a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring.calibration.ridge import Block
from scoring.calibration.surface import LENGTH_NAMES, SURFACE_NAMES, length, surface
from scoring.calibration.tuning import Pair
from scoring.content import Sources, content
from scoring.embeddings import DIMENSIONS, Embedder, Vectors
from scoring.empty_talk import EMPTY_TALK
from scoring.judges.base import Judgement
from scoring.judges.embedded import sources_of
from scoring.relevance import relevant
from scoring.rubric import Rubric
from scoring.sentences import words
from scoring.transcript import Answer

__all__ = ["FEATURES_VERSION", "AnswerReader"]

FEATURES_VERSION = "3"
"""Changes whenever equal answers could give other features. A model fitted on another version is refused."""

REFERENCE_NAMES = ("cosine", "most-alike", "share-of-reference", "share-of-answer")


class AnswerReader:
    """Features of answers to one question under one rubric. ``reference`` is a model answer, where there is one.

    The blocks' weights were chosen on the statistics questions of STITA and half of SAF's; the calibration benchmark
    measures on the other half.
    """

    def __init__(self, embedder: Embedder, rubric: Rubric, question_text: str, reference: str | None = None) -> None:
        self._embedder = embedder
        self._rubric = rubric
        self._sources = _sources(rubric, question_text, reference)
        self._question = question_text
        self._reference = reference
        judged = 2 * len(rubric.criteria) + len(rubric.key_points) + 1 + (len(REFERENCE_NAMES) if reference else 0)
        self.blocks = (
            Block("meaning", DIMENSIONS, (1.0, 0.3, 0.1, 0.1, 1.0)),
            Block("surface", len(SURFACE_NAMES), (0.3, 0.3, 0.3, 0.1, 0.1)),
            Block("rubric", judged, (0.3, 1.0, 0.3, 1.0, 0.3)),
            Block("length", len(LENGTH_NAMES), (0.3, 0.3, 1.0, 1.0, 0.1)),
        )

    def read(self, answer: Answer, judgement: Judgement) -> npt.NDArray[np.float64]:
        """One row of features; ``judgement`` is the wrapped judge's, of this very answer."""
        texts = self._counted(answer)
        vectors = self._embedder.encode(texts)
        return np.concatenate([
            vectors.mean(axis=0), surface(" ".join(texts)), self._judged(judgement), self._near(vectors, texts),
            length(" ".join(texts)),
        ]).astype(np.float64)  # fmt: skip

    def pair(self, answer: Answer) -> Pair:
        """What a fine-tuned encoder reads of it."""
        return Pair(self._reference or self._question, " ".join(self._counted(answer)))

    def _counted(self, answer: Answer) -> list[str]:
        counted = content(
            answer.text,
            self._sources,
            keep_fillers=self._rubric.scores_fluency,
            on_scoring=self._rubric.speaks_of_scoring,
        )
        own, empty = self._embedder.encode([s.text for s in counted.sentences]), self._embedder.encode(EMPTY_TALK)
        counted = relevant(counted, own, self._asked[0], empty, len(self._rubric.key_points))
        return [s.text for s in counted.sentences] or [answer.text]

    def _judged(self, judgement: Judgement) -> list[float]:
        """Expected level and share of key points found, by criterion; where the judge gives no level, the lowest."""
        found: list[float] = []
        for criterion in self._rubric.criteria:
            own = judgement.criteria.get(criterion.id)
            p = own.probabilities if own is not None else None
            missing = len(own.missing) if own is not None else len(criterion.key_points)
            found.append(1.0 if p is None else sum((i + 1) * share for i, share in enumerate(p)))
            found.append(1.0 - missing / len(criterion.key_points))
        return found

    @cached_property
    def _asked(self) -> tuple[Vectors, list[int]]:
        """Vectors of every key point's text and examples, then of the question; and the row at which each begins."""
        texts = [[p.text, *p.examples] for p in self._rubric.key_points] + [[self._question]]
        firsts = np.cumsum([0, *map(len, texts[:-1])]).tolist()
        return self._embedder.encode([t for own in texts for t in own]), firsts

    def _near(self, vectors: Vectors, texts: Sequence[str]) -> list[float]:
        """Highest cosine of a sentence with each key point (its text or an example), with the question, and what the
        answer has in common with the reference."""
        rows, firsts = self._asked
        near: list[float] = np.maximum.reduceat((vectors @ rows.T).max(axis=0), firsts).tolist()
        if self._reference:
            reference = self._embedder.encode([self._reference])[0]
            middle = vectors.mean(axis=0)
            said, asked = set(words(" ".join(texts))), set(words(self._reference))
            both = len(said & asked)
            near += [
                float(middle @ reference / max(1e-9, float(np.linalg.norm(middle)))),
                float((vectors @ reference).max()),
                both / max(1, len(asked)),
                both / max(1, len(said)),
            ]
        return near


def _sources(rubric: Rubric, question_text: str, reference: str | None) -> Sources:
    """What counts as copied. Not what the model answer says too: to say that is to answer."""
    sources = sources_of(rubric, question_text)
    said = " ".join(words(reference or ""))
    return Sources(sources.question, tuple(t for t in sources.rubric if " ".join(words(t)) not in said),
                   sources.examples)  # fmt: skip
