"""May a question's fitted scorer be called calibrated? The rules, and their reasons in plain sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scoring.agreement import Estimate

__all__ = [
    "FEWEST_ANSWERS", "FEWEST_TO_FIT", "SHARED_ANSWERS", "Decision", "Figures", "Verdict", "decide",
]  # fmt: skip

FEWEST_TO_FIT = 10  # rated answers; with fewer, length alone does as well as any fitted scorer
FEWEST_ANSWERS = 25  # rated answers to be called anything but uncalibrated
SHARED_ANSWERS = 10  # rated by two raters, for their agreement to say something
OVER_LENGTH = 0.05  # QWK that a scorer must have over length alone
NEAR_LENGTH = 0.03  # QWK; so near, length alone is said to do as well
UNDER_RATERS = 0.10  # QWK that it may fall under the raters' own agreement
LEAST_RATERS = 0.2  # QWK of the raters; under it there is nothing yet to be calibrated to


class Verdict(StrEnum):
    CALIBRATED = "calibrated"
    PROVISIONAL = "provisional"
    UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is decided on, all QWK. ``with_raters``: scorer against each single rater of SHARED_ANSWERS answers or more;
    ``among_raters``: rater against rater, None where no two raters share as many."""

    answers: int
    raters: int
    scorer: Estimate
    length: float
    with_raters: float
    among_raters: Estimate | None


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reasons: tuple[str, ...]


def decide(f: Figures) -> Decision:
    """Every reason against is named, not only the first. Where an interval is missing, it counts as against."""
    against: list[str] = []
    if f.answers < FEWEST_ANSWERS:
        against.append(f"Only {f.answers} answers are rated; {FEWEST_ANSWERS} are needed, and 50 are better.")
    if not f.scorer.low > 0:
        against.append("Its agreement with people cannot be told from chance.")
    ahead = round(f.scorer.value - f.length, 6)
    near = ahead <= NEAR_LENGTH
    if not ahead >= OVER_LENGTH:
        against.append(
            f"It agrees with people hardly better than length alone (QWK {_f(f.scorer.value)} against {_f(f.length)}; "
            f"{OVER_LENGTH:.2f} more are needed)." + (" Length alone does as well." if near else "")
        )
    if f.among_raters is not None:
        among = f.among_raters.value
        if not among >= LEAST_RATERS:
            against.append(
                f"The raters hardly agree with each other (QWK {_f(among)}); agree on what the levels mean, "
                "and rate again."
            )
        if not round(f.with_raters - among, 6) >= -UNDER_RATERS:
            against.append(
                f"It falls more than {UNDER_RATERS:.2f} under the raters' agreement with each other "
                f"(QWK {_f(f.with_raters)} with a rater, {_f(among)} among them)."
            )
    if against:
        return Decision(Verdict.UNCALIBRATED, tuple(against))
    over = f"It agrees with people better than length alone (QWK {_f(f.scorer.value)} against {_f(f.length)})"
    if f.among_raters is None:
        why = (
            "There is one rater only, so nobody knows how far people agree here."
            if f.raters < 2
            else f"No two raters share {SHARED_ANSWERS} answers, so nobody knows how far people agree here."
        )
        return Decision(Verdict.PROVISIONAL, (over + ".", why))
    # On ten common answers a rater who guesses agrees by 0.2 or more in every third question.
    if not f.among_raters.low > 0:
        why = (
            f"The raters share too few answers to tell their agreement from chance (QWK {f.among_raters}); let them "
            "rate more of the same answers."
        )
        return Decision(Verdict.PROVISIONAL, (over + ".", why))
    beside = (
        f"and with a rater about as raters with each other (QWK {_f(f.with_raters)}, among them "
        f"{_f(f.among_raters.value)})."
    )
    return Decision(Verdict.CALIBRATED, (f"{over}, {beside}",))


def _f(x: float) -> str:
    return "none" if math.isnan(x) else f"{x:.2f}"
