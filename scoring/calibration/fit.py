"""Fitting a scorer to what people gave the answers of one question, and measuring it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.agreement import Estimate, Scale, krippendorff_alpha
from scoring.calibration.alignment import Scorer, fit_scorer
from scoring.calibration.comparison import Comparison, compare, kappa_ahead, share_held, whole
from scoring.calibration.conformal import SHARE, Intervals, deal, fit_intervals
from scoring.calibration.distribution import expected_calibration_error, level_shares, log_loss
from scoring.calibration.held_out import HeldOut, held_out, repeats_for
from scoring.calibration.ridge import Block
from scoring.calibration.verdict import FEWEST_TO_FIT, SHARED_ANSWERS, Decision, Figures, decide

__all__ = ["CannotFit", "Fitted", "TargetReport", "check_varied", "fit_target", "rater_comparisons"]

ENCODER_WEIGHTS = (0.0, 1.0)  # of a fine-tuned encoder's score: each mixture of features is fitted without it and with

Matrix = npt.NDArray[np.float64]


class CannotFit(ValueError):
    """There is too little to fit anything; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class TargetReport:
    """Agreement of held-out predictions with people, next to what people and length alone reach; ``over_plain``: by how
    much its QWK is above that without the fine-tuned encoder, where there is one."""

    answers: int
    raters: tuple[str, ...]
    rated_twice: int
    comparisons: tuple[Comparison, ...]
    over_length: Estimate
    over_plain: Estimate | None
    alpha: float | None
    coverage: Estimate
    width: float
    log_loss: float
    log_loss_of_frequencies: float
    calibration_error: float
    decision: Decision

    def to_dict(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "raters": list(self.raters),
            "rated_twice": self.rated_twice,
            "verdict": self.decision.verdict.value,
            "reasons": list(self.decision.reasons),
            "comparisons": [c.to_dict() for c in self.comparisons],
            "qwk_over_length": self.over_length.to_dict(),
            "qwk_over_without_encoder": None if self.over_plain is None else self.over_plain.to_dict(),
            "krippendorff_alpha": None if self.alpha is None else round(self.alpha, 4),
            "interval": {"share": SHARE, "covered": self.coverage.to_dict(), "width": round(self.width, 3)},
            "log_loss": round(self.log_loss, 4),
            "log_loss_of_frequencies": round(self.log_loss_of_frequencies, 4),
            "expected_calibration_error": round(self.calibration_error, 4),
        }


@dataclass(frozen=True, slots=True)
class Fitted:
    """``scorer`` was fitted on all rated answers; ``spread`` (levels) and ``intervals`` come from the folds."""

    scorer: Scorer
    intervals: Intervals
    report: TargetReport

    @property
    def spread(self) -> float:
        return self.intervals.spread


def fit_target(
    features: Matrix, lengths: Matrix, ratings: Matrix, raters: Sequence[str], blocks: Sequence[Block],
    *, seed: int = 0, resamples: int = 1000, encoder: Matrix | None = None,
) -> Fitted:  # fmt: skip
    """``features`` and ``lengths``: one row for each answer; ``ratings``: one column for each rater, nan where missing.

    An answer's level is the mean over its raters; each row needs one rating at least. ``encoder``: what fine-tuned
    encoders say (cross_fit.py, of the same seed); the scorer then wants its score as the last of its features, and what
    is reached without it stands in the report. Raises CannotFit.
    """
    n = len(features)
    if n < FEWEST_TO_FIT:
        raise CannotFit(f"{n} rated answers are too few to fit anything: {FEWEST_TO_FIT} are the least, 25 to 50 good")
    levels = np.nanmean(ratings, axis=1)
    check_varied(levels)
    repeats = repeats_for(n) if encoder is None else 1
    by_length = held_out(lengths, levels, [Block("length", lengths.shape[1])], seed, repeats)
    plain = held_out(features, levels, blocks, seed, repeats)
    if encoder is None:
        own, without = plain, None
    else:
        blocks = _with_encoder(blocks)
        own, without = held_out(features, levels, blocks, seed, repeats, encoder), plain
        features = np.hstack([features, encoder[np.arange(n), deal(levels, seed)][:, None]])
    report = _report(own, by_length, without, levels, ratings, tuple(raters), seed=seed, resamples=resamples)
    return Fitted(fit_scorer(features, levels, blocks), fit_intervals(features, levels, blocks, seed), report)


def check_varied(levels: Matrix) -> None:
    """Raises CannotFit where all ``levels`` are the same."""
    if len(levels) and np.ptp(levels) < 1e-9:
        reason = f"all {len(levels)} answers were given level {levels[0]:g}, so there is no difference to learn"
        raise CannotFit(reason)


def _with_encoder(blocks: Sequence[Block]) -> tuple[Block, ...]:
    mixtures = len(blocks[0].weights)
    return (
        *(replace(b, weights=b.weights * len(ENCODER_WEIGHTS)) for b in blocks),
        Block("encoder", 1, tuple(w for w in ENCODER_WEIGHTS for _ in range(mixtures))),
    )


def rater_comparisons(
    ratings: Matrix, raters: Sequence[str], *, seed: int = 0, resamples: int = 1000
) -> tuple[Comparison, ...]:
    """Every two raters who share SHARED_ANSWERS answers, after the mean of them all where they are several."""
    pairs = tuple(
        (i, j)
        for i, j in combinations(range(len(raters)), 2)
        if int((~np.isnan(ratings[:, i]) & ~np.isnan(ratings[:, j])).sum()) >= SHARED_ANSWERS
    )
    single = [
        compare(
            f"{raters[i]} - {raters[j]}",
            ratings,
            ratings,
            pairs=((i, j),),
            resamples=resamples,
            seed=seed,
            as_given=True,
        )
        for i, j in pairs
    ]
    if not pairs:
        return ()
    together = compare("rater - rater", ratings, ratings, pairs=pairs, resamples=resamples, seed=seed, as_given=True)
    return (together, *(single if len(single) > 1 else ()))


def _report(
    own: HeldOut, by_length: HeldOut, without: HeldOut | None, levels: Matrix, ratings: Matrix,
    raters: tuple[str, ...], *, seed: int, resamples: int,
) -> TargetReport:  # fmt: skip
    resolved = levels[:, None]
    given, places = own.levels.T.astype(np.float64), own.places.T
    by_words, words_places = by_length.levels.T.astype(np.float64), by_length.places.T
    against = partial(compare, resamples=resamples, seed=seed)
    scorer = against("scorer - resolved", given, resolved, places=places)
    length = against("length - resolved", by_words, resolved, places=words_places)
    plain: list[Comparison] = []
    over_plain = None
    if without is not None:
        by_plain = without.levels.T.astype(np.float64)
        plain = [against("without the encoder - resolved", by_plain, resolved, places=without.places.T)]
        over_plain = kappa_ahead(resolved, given, by_plain, resamples=resamples, seed=seed)
    # A rater of a handful of answers agrees with anything or with nothing, and would weigh like the others.
    counted = np.flatnonzero((~np.isnan(ratings)).sum(axis=0) >= SHARED_ANSWERS).tolist() if len(raters) > 1 else []
    with_raters = against("scorer - rater", given, ratings[:, counted], places=places) if counted else None
    each = [against(f"scorer - {raters[i]}", given, ratings[:, [i]], places=places) for i in counted]
    among = rater_comparisons(ratings, raters, resamples=resamples, seed=seed)
    true = whole(levels).astype(np.intp)
    figures = Figures(
        len(levels), len(raters), scorer.qwk, length.qwk.value, (with_raters or scorer).qwk.value,
        among[0].qwk if among else None,
    )  # fmt: skip
    scale: Scale = "ordinal"
    return TargetReport(
        answers=len(levels),
        raters=raters,
        rated_twice=int(((~np.isnan(ratings)).sum(axis=1) >= 2).sum()),
        comparisons=(scorer, length, *plain, *((with_raters, *each) if with_raters else ()), *among),
        over_length=kappa_ahead(resolved, given, by_words, resamples=resamples, seed=seed),
        over_plain=over_plain,
        alpha=_number(krippendorff_alpha(ratings.T, scale)),
        coverage=share_held(own.coverage(levels).T, resamples=resamples, seed=seed),
        width=own.width,
        log_loss=float(np.mean([log_loss(p, true) for p in own.probabilities])),
        log_loss_of_frequencies=log_loss(np.tile(level_shares(levels), (len(true), 1)), true),
        calibration_error=float(np.mean([expected_calibration_error(p, true) for p in own.probabilities])),
        decision=decide(figures),
    )


def _number(x: float) -> float | None:
    return None if np.isnan(x) else x
