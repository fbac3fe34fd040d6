"""Several questions fitted together, on made features where what decides the score is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from scoring.calibration.pooled import PooledAnswers, fit_pooled, fit_unseen

QUESTIONS, EACH = 6, 20
WORDS = ("steam", "lid", "grain", "water", "salt", "fire", "boil", "wash", "rest", "pot")


def _made(seed: int) -> tuple[PooledAnswers, npt.NDArray[np.float64]]:
    """The first pair feature says the score in every question, with noise; and in each, a word of its own does."""
    rng = np.random.default_rng(seed)
    questions = [f"q{i}" for i in range(QUESTIONS) for _ in range(EACH)]
    own = rng.integers(0, 2, len(questions))
    pairs = rng.normal(size=(len(questions), 6))
    texts = [
        " ".join([*rng.choice(WORDS, 5), *([f"marker{q}"] if mark else ["other"])])
        for q, mark in zip(questions, own, strict=True)
    ]
    scores = np.clip(0.5 + 0.15 * pairs[:, 0] + 0.3 * (own - 0.5) + rng.normal(0, 0.05, len(questions)), 0, 1)
    unit = rng.normal(size=(len(questions), 8))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    reference = np.repeat(unit[::EACH], EACH, axis=0)
    return PooledAnswers(questions, texts, unit, reference, pairs, rng.normal(size=(len(questions), 3))), scores


def _r(one: npt.NDArray[np.float64], two: npt.NDArray[np.float64]) -> float:
    return float(np.corrcoef(one, two)[0, 1])


def test_new_answers_to_rated_questions_are_predicted_by_both_kinds_of_signs() -> None:
    answers, scores = _made(0)
    new, truth = _made(1)
    scorer = fit_pooled(answers, scores)
    assert _r(scorer.predict(new), truth) > 0.75
    assert _r(scorer.left_out, scores) > 0.75
    assert max(scorer.factors.values()) <= 2


def test_left_out_predictions_are_those_of_a_fit_without_that_rating() -> None:
    """The closed form against leaving out; the question's mean, taken before, is all that differs a little."""
    answers, scores = _made(0)
    scorer = fit_pooled(answers, scores)
    changed = scores.copy()
    changed[7] = 1 - changed[7]
    assert abs(fit_pooled(answers, changed).left_out[7] - scorer.left_out[7]) < 0.15
    assert abs(changed[7] - scores[7]) > 0.2


def test_answers_to_a_question_without_ratings_are_predicted_by_what_all_have_in_common() -> None:
    answers, scores = _made(0)
    rest = np.array([i for i, q in enumerate(answers.questions) if q != "q5"])
    held = np.array([i for i, q in enumerate(answers.questions) if q == "q5"])
    scorer = fit_unseen(answers.take(rest), scores[rest])
    assert _r(scorer.predict(answers.take(held)), scores[held]) > 0.5
    assert 1 <= scorer.factor <= 2


def test_too_few_questions_cannot_show_how_to_score_another() -> None:
    answers, scores = _made(0)
    few = np.arange(4 * EACH)
    with pytest.raises(ValueError, match="4 questions"):
        fit_unseen(answers.take(few), scores[few])
