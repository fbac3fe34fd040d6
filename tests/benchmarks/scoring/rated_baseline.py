"""What the fitted scorers are measured against: ridge regression of scikit-learn on the same answers, and length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeCV

from scoring.calibration.alignment import stretch
from tests.benchmarks.scoring.rated_data import RatedSet

__all__ = ["length_in_question", "ridge_in_question", "ridge_unseen"]

PENALTIES = np.logspace(-2, 2, 13)
BESIDE = slice(0, 12)  # cosines and overlaps with the reference, first of pairs.PAIR_NAMES

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Blocks = Callable[[RatedSet, RatedSet], tuple[Matrix, Matrix]]


def ridge_in_question(rated: RatedSet, tests: RatedSet) -> Vector:
    """MiniLM, surface with overlaps, and TF-IDF side by side, each of mean square 1: a RidgeCV for each question."""

    def features(own: RatedSet, new: RatedSet) -> tuple[Matrix, Matrix]:
        words = TfidfVectorizer(sublinear_tf=True).fit(own.answers.texts)
        counts = [np.hstack([x.answers.surface, x.answers.pairs[:, BESIDE]]) for x in (own, new)]
        middle, spread = counts[0].mean(axis=0), counts[0].std(axis=0)
        spread[spread < 1e-9] = np.inf
        blocks = [
            (own.answers.meaning, new.answers.meaning),
            ((counts[0] - middle) / spread, (counts[1] - middle) / spread),
            (words.transform(own.answers.texts).toarray(), words.transform(new.answers.texts).toarray()),
        ]
        scaled = [_scaled(*block) for block in blocks]
        return np.hstack([a for a, _ in scaled]), np.hstack([b for _, b in scaled])

    return _each_question(rated, tests, features)


def length_in_question(rated: RatedSet, tests: RatedSet) -> Vector:
    """The two measures of length that surface features begin with."""
    return _each_question(
        rated, tests, lambda own, new: _scaled(own.answers.surface[:, :2], new.answers.surface[:, :2])
    )


def ridge_unseen(rated: RatedSet, tests: RatedSet) -> Vector:
    """Surface and overlaps of all rated questions in one RidgeCV, for answers to other questions."""
    counts = [np.hstack([x.answers.surface, x.answers.pairs[:, BESIDE]]) for x in (rated, tests)]
    middle, spread = counts[0].mean(axis=0), counts[0].std(axis=0) + 1e-9
    return _aligned((counts[0] - middle) / spread, rated.scores, (counts[1] - middle) / spread)


def _each_question(rated: RatedSet, tests: RatedSet, features: Blocks) -> Vector:
    found = np.zeros(len(tests.scores))
    for question in np.unique(tests.questions):
        own = rated.take(np.flatnonzero(rated.questions == question))
        rows = np.flatnonzero(tests.questions == question)
        some, others = features(own, tests.take(rows))
        found[rows] = _aligned(some, own.scores, others)
    return found


def _scaled(own: Matrix, new: Matrix) -> tuple[Matrix, Matrix]:
    middle = own.mean(axis=0)
    size = max(1e-9, float(np.sqrt(np.square(own - middle).sum(axis=1).mean())))
    return (own - middle) / size, (new - middle) / size


def _aligned(features: Matrix, scores: Vector, others: Matrix) -> Vector:
    if np.ptp(scores) == 0:
        return np.full(len(others), scores[0])
    # Penalties are of a mean squared length of about 1 for each row, so they count by the rows.
    model = RidgeCV(alphas=PENALTIES, store_cv_results=True).fit(features, scores)
    missed = model.cv_results_.reshape(len(scores), -1)[:, int(np.argmin(model.cv_results_.mean(axis=0)))]
    left_out = _left_out(features, scores, float(model.alpha_), missed)
    centre = float(scores.mean())
    aligned: Vector = centre + stretch(left_out, scores) * (model.predict(others) - left_out.mean())
    return aligned


def _left_out(features: Matrix, scores: Vector, penalty: float, missed: Vector) -> Vector:
    """Leave-one-out predictions; ``missed``: their squared errors, which RidgeCV keeps without their signs."""
    middle = features.mean(axis=0)
    z = features - middle
    kernel = z @ z.T
    fitted = kernel @ np.linalg.solve(kernel + penalty * np.eye(len(scores)), scores - scores.mean()) + scores.mean()
    left_out: Vector = scores - np.sign(scores - fitted) * np.sqrt(missed)
    return left_out
