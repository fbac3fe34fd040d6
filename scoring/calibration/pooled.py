"""Answers to several rated questions fitted together: what a question's own ratings teach, and what all of them do.

    k(a, b) = [same question] * (OFFSET + own(a, b)) + shared(a, b)

    own       mean over blocks (meaning, surface, words, characters) of the inner product, each block centred and scaled
              to a mean square of 1 over the question's rated answers
    shared    Gaussian kernels of how an answer stands beside its reference (pairs.py), once against all rated answers,
              once against those to the same question; for a new question, against all, and where that predicts better
              (questions of one subject, much alike) of answers alike to references alike

Kernel ridge regression. What an answer would be predicted without its own rating (or without its question's, where the
question is not to have any) comes in closed form or by folds; it chooses the penalty and gives the alignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scoring.calibration.alignment import stretch
from scoring.calibration.tfidf import Tfidf

__all__ = ["PooledAnswers", "PooledScorer", "fit_pooled", "fit_unseen"]

OFFSET = 2.0  # a question's own mean is near free
PENALTIES = (0.3, 0.6, 1.0, 1.7, 3.0)
ALIKE = (0.0, 1.0)  # weights tried
UNSEEN_PENALTIES = (0.5, 1.5, 4.5)  # few: each costs a solution for every fold
CLIP = 3.0  # deviations
FOLDS = 5

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledAnswers:
    """One row for each answer. ``pairs``: features beside the reference; ``surface``: counts; ``meaning`` and
    ``reference``: embeddings of length 1."""

    questions: Sequence[str]
    texts: Sequence[str]
    meaning: Matrix
    reference: Matrix
    pairs: Matrix
    surface: Matrix

    def take(self, rows: npt.NDArray[np.int64]) -> PooledAnswers:
        return PooledAnswers(
            [self.questions[i] for i in rows], [self.texts[i] for i in rows], self.meaning[rows], self.reference[rows],
            self.pairs[rows], self.surface[rows],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class _Own:
    """What is seen of one question's answers, fitted on the rated ones, whose rows are ``rated``: the inner product of
    two rows is the own kernel."""

    words: Tfidf
    characters: Tfidf
    centres: tuple[Vector, ...]
    sizes: tuple[float, ...]
    spread: tuple[Vector, Vector]
    rated: Matrix

    @classmethod
    def fit(cls, answers: PooledAnswers) -> _Own:
        words = Tfidf.fit(answers.texts)
        characters = Tfidf.fit(answers.texts, (2, 5), characters=True, least=2)
        spread = answers.surface.mean(axis=0), answers.surface.std(axis=0) + 1e-6
        bare = cls(words, characters, (), (), spread, np.empty((0, 0)))
        blocks = bare._blocks(answers)
        centres = tuple(block.mean(axis=0) for block in blocks)
        sizes = tuple(
            max(1e-9, float(np.square(block - centre).sum(axis=1).mean()))
            for block, centre in zip(blocks, centres, strict=True)
        )
        fitted = replace(bare, centres=centres, sizes=sizes)
        return replace(fitted, rated=fitted._scaled(blocks))

    def rows(self, answers: PooledAnswers) -> Matrix:
        return self._scaled(self._blocks(answers))

    def _scaled(self, blocks: Sequence[Matrix]) -> Matrix:
        share = 1 / np.sqrt(len(blocks))
        scaled = zip(blocks, self.centres, self.sizes, strict=True)
        return np.hstack([share * (block - centre) / np.sqrt(size) for block, centre, size in scaled])

    def _blocks(self, answers: PooledAnswers) -> list[Matrix]:
        surface = np.clip((answers.surface - self.spread[0]) / self.spread[1], -CLIP, CLIP)
        return [
            answers.meaning, surface, self.words.transform(answers.texts), self.characters.transform(answers.texts)
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spread:
    """Means and deviations, of all and by question; a question without ratings stands by all."""

    all: tuple[Vector, Vector]
    by_question: Mapping[str, tuple[Vector, Vector]]

    @classmethod
    def fit(cls, questions: Sequence[str], features: Matrix) -> _Spread:
        everywhere = features.mean(axis=0), features.std(axis=0) + 1e-6
        own = {}
        names = np.array(questions)
        for question in dict.fromkeys(questions):
            rows = features[names == question]
            own[question] = rows.mean(axis=0), rows.std(axis=0) + 0.1 * everywhere[1]
        return cls(everywhere, own)

    def overall(self, features: Matrix) -> Matrix:
        scaled: Matrix = np.clip((features - self.all[0]) / self.all[1], -CLIP, CLIP)
        return scaled

    def relative(self, questions: Sequence[str], features: Matrix) -> Matrix:
        means, deviations = (
            np.array([self.by_question.get(q, self.all)[i] for q in questions]).reshape(features.shape) for i in (0, 1)
        )
        scaled: Matrix = np.clip((features - means) / deviations, -CLIP, CLIP)
        return scaled


@dataclass(frozen=True, slots=True)
class PooledScorer:
    """Predicts the scale it was fitted on. ``left_out``: of each rated answer without its rating, aligned."""

    rated: PooledAnswers
    dual: Vector
    centres: Mapping[str, float]
    centre: float
    factors: Mapping[str, float]
    factor: float
    left_out: Vector
    penalty: float
    seen: bool
    spread: _Spread
    own: Mapping[str, _Own]
    alike: float = 0.0

    def predict(self, answers: PooledAnswers) -> Vector:
        """Aligned: stretched about its question's mean, or about the mean of all where the question is new."""
        if self.seen:
            kernel = _within(self.spread, answers, self.rated) + _own_kernel(self.own, answers, self.rated)
        else:
            kernel = _across(self.spread, answers, self.rated, self.alike)
        middle = np.array([self.centres.get(q, self.centre) if self.seen else self.centre for q in answers.questions])
        factor = np.array([self.factors.get(q, self.factor) for q in answers.questions])
        predicted: Vector = middle + factor * (kernel @ self.dual)
        return predicted


def fit_pooled(answers: PooledAnswers, scores: Vector) -> PooledScorer:
    """For new answers to the questions that were rated. Each should have 10 ratings or more."""
    names = np.array(answers.questions)
    spread = _Spread.fit(answers.questions, answers.pairs)
    own = {q: _Own.fit(answers.take(np.flatnonzero(names == q))) for q in dict.fromkeys(answers.questions)}
    centres = {q: float(scores[names == q].mean()) for q in own}
    apart = scores - np.array([centres[q] for q in answers.questions])
    kernel = _within(spread, answers, answers) + _own_kernel(own, answers, answers)
    values, vectors = np.linalg.eigh(kernel)
    turned = vectors.T @ apart
    duals = vectors @ (turned[:, None] / (values[:, None] + PENALTIES))  # one column for each penalty
    missed = duals / (np.square(vectors) @ (1 / (values[:, None] + PENALTIES)))
    best = int(np.square(missed).mean(axis=0).argmin())
    penalty, dual, left_out = PENALTIES[best], duals[:, best], apart - missed[:, best]
    factors, aligned = {}, np.zeros(len(scores))
    for question, centre in centres.items():
        rows = names == question
        factors[question] = stretch(left_out[rows], scores[rows])
        aligned[rows] = centre + factors[question] * (left_out[rows] - left_out[rows].mean())
    return PooledScorer(
        answers, dual, centres, float(scores.mean()), factors, 1.0, aligned, penalty, True, spread, own
    )  # fmt: skip


def fit_unseen(answers: PooledAnswers, scores: Vector, seed: int = 0) -> PooledScorer:
    """For answers to other questions than the rated ones. Raises ValueError under FOLDS questions."""
    names = np.array(answers.questions)
    questions = np.array(sorted(set(answers.questions)))
    if len(questions) < FOLDS:
        raise ValueError(f"{len(questions)} questions do not show how to score another one; {FOLDS} at least")
    fold_of = dict(
        zip(np.random.default_rng(seed).permutation(questions), np.arange(len(questions)) % FOLDS, strict=True)
    )
    folds = np.array([fold_of[q] for q in names])
    spread = _Spread.fit(answers.questions, answers.pairs)
    centre = float(scores.mean())
    tried: list[tuple[float, float, float, Vector]] = []
    for alike in ALIKE:
        kernel = _across(spread, answers, answers, alike)
        left = np.zeros((len(UNSEEN_PENALTIES), len(scores)))
        for k in range(FOLDS):
            rest, held = np.flatnonzero(folds != k), np.flatnonzero(folds == k)
            middle = float(scores[rest].mean())
            inner, outer = kernel[np.ix_(rest, rest)], kernel[np.ix_(held, rest)]
            for row, penalty in zip(left, UNSEEN_PENALTIES, strict=True):
                row[held] = middle + outer @ np.linalg.solve(inner + penalty * np.eye(len(rest)), scores[rest] - middle)
        for row, penalty in zip(left, UNSEEN_PENALTIES, strict=True):
            tried.append((float(np.square(row - scores).mean()), alike, penalty, row))
    _, alike, penalty, left_out = min(tried, key=lambda one: one[0])
    kernel = _across(spread, answers, answers, alike)
    factor = stretch(left_out, scores)
    dual = np.asarray(np.linalg.solve(kernel + penalty * np.eye(len(scores)), scores - centre), dtype=np.float64)
    aligned = centre + factor * (left_out - left_out.mean())
    return PooledScorer(answers, dual, {}, centre, {}, factor, aligned, penalty, False, spread, {}, alike)


def _within(spread: _Spread, some: PooledAnswers, others: PooledAnswers) -> Matrix:
    """The shared kernel where the questions are rated ones."""
    overall = spread.overall(some.pairs), spread.overall(others.pairs)
    relative = spread.relative(some.questions, some.pairs), spread.relative(others.questions, others.pairs)
    both: Matrix = 0.5 * _gaussian(*overall, 2.0) + 0.5 * _gaussian(*relative, 2.0)
    return both


def _across(spread: _Spread, some: PooledAnswers, others: PooledAnswers, alike: float) -> Matrix:
    """The shared kernel for new questions: wider, and by ``alike`` with answers alike to references alike."""
    wide: Matrix = 3 * _gaussian(spread.overall(some.pairs), spread.overall(others.pairs), 8.0)
    if alike:
        apart = 2 - some.meaning @ others.meaning.T - some.reference @ others.reference.T
        wide += alike * np.exp(-3 * apart)
    return wide


def _own_kernel(own: Mapping[str, _Own], some: PooledAnswers, others: PooledAnswers) -> Matrix:
    kernel = np.zeros((len(some), len(others)))
    one, two = np.array(some.questions), np.array(others.questions)
    for question, held in own.items():
        here, there = np.flatnonzero(one == question), np.flatnonzero(two == question)
        if len(here):
            rows = held.rated if some is others else held.rows(some.take(here))
            inner = rows @ held.rated.T
            kernel[np.ix_(here, there)] = OFFSET + inner
    return kernel


def _gaussian(some: Matrix, others: Matrix, width: float) -> Matrix:
    """exp(-d / width) with d the mean squared difference of the features."""
    apart = np.square(some).sum(axis=1)[:, None] + np.square(others).sum(axis=1)[None] - 2 * some @ others.T
    kernel: Matrix = np.exp(-np.maximum(apart, 0) / (width * some.shape[1]))
    return kernel
