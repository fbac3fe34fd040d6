"""A panel: several judges, or one language model with several seeds, over the same answer.

For each criterion, over the members that gave a level:

    expected level   the median of the members' expected levels
    probabilities    the mean of the members' distributions, tilted until that is its mean (p ~ p exp(t level))
    interval         from the lowest to the highest member
    agreement        mean over all pairs of members of 1 - |difference of expected levels| / 4; a pair of which one
                     found no ground for a level counts 0, a pair of which both found none counts 1

Where most members found no ground for a level, the panel gives none. Members that failed are left out and named; with
fewer left than the least, the panel has failed: in passing, where one of them has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from statistics import median

from scoring.calls import CallRecord
from scoring.judges.base import CriterionJudgement, Judge, JudgeFailed, Judgement, Probabilities
from scoring.rubric import Criterion, Rubric
from scoring.transcript import Answer, content_hash

__all__ = ["Panel", "agreement", "combined"]

CODE = "1"


class Panel:
    """Asks its members one after the other. Threads may share one where they may share its members."""

    name = "panel"

    def __init__(self, members: Sequence[Judge], least: int | None = None) -> None:
        """``least`` members must give a judgement: by default more than half. Raises ValueError."""
        if len(members) < 2:
            raise ValueError("a panel needs two members or more")
        self.members = tuple(members)
        self.least = len(members) // 2 + 1 if least is None else least
        if not 1 <= self.least <= len(members):
            raise ValueError(f"a panel of {len(members)} cannot need {self.least} members")

    @property
    def model(self) -> str:
        return "; ".join(dict.fromkeys(m.model for m in self.members))

    @cached_property
    def version(self) -> str:
        return f"{CODE}-{content_hash([self.least, *([m.name, m.version] for m in self.members)])[:12]}"

    @property
    def calibration(self) -> str:
        kinds = {m.calibration for m in self.members}
        return next(k for k in ("uncalibrated", "provisional", "calibrated") if k in kinds)

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        given: list[tuple[Judge, Judgement]] = []
        failed: list[str] = []
        passing = False
        calls: tuple[CallRecord, ...] = ()
        for number, member in enumerate(self.members, start=1):
            try:
                judgement = member.judge(answer, rubric, question_text)
            except JudgeFailed as failure:
                failed.append(f"{member.name} {number}: {failure}")
                calls += failure.calls
                passing = passing or failure.passing
            else:
                given.append((member, judgement))
                calls += judgement.calls
        if len(given) < self.least:
            raise JudgeFailed(
                f"{len(given)} of {len(self.members)} members of the panel gave a judgement, and {self.least} must. "
                + " ".join(failed),
                calls,
                passing=passing,
            )
        without = f" Left out: {' '.join(failed)}" if failed else ""
        return Judgement({c.id: _criterion(c, [j for _, j in given], without) for c in rubric.criteria}, calls)


def _criterion(criterion: Criterion, judgements: Sequence[Judgement], without: str) -> CriterionJudgement:
    own = [j.criteria[criterion.id] for j in judgements if criterion.id in j.criteria]
    levels = [o.probabilities for o in own]
    sure = [p for p in levels if p is not None]
    missing = tuple(p.id for p in criterion.key_points if sum(p.id in o.missing for o in own) * 2 > len(own))
    if len(sure) * 2 <= len(own):
        reason = next((o.reason for o in own if o.probabilities is None), "No member gave a level.")
        return CriterionJudgement(None, reason + without, missing=missing, agreement=agreement(levels))
    expected = [_mean(p) for p in sure]
    middle = median(expected)
    spokesman = min((o for o in own if o.probabilities is not None), key=lambda o: abs(_mean(o.probabilities) - middle))
    return CriterionJudgement(
        combined(sure),
        spokesman.reason + without,
        tuple(c for o in own if o.probabilities is not None for c in o.citations),
        missing,
        interval=(round(min(expected), 3), round(max(expected), 3)),
        agreement=agreement(levels),
    )


def combined(members: Sequence[Probabilities]) -> Probabilities:
    """One distribution whose mean is the median of the members' means, as near to the mean of theirs as can be."""
    mixed = [math.fsum(p[i] for p in members) / len(members) for i in range(5)]
    total = math.fsum(mixed)
    mixed = [p / total for p in mixed]
    wanted = median(_mean(p) for p in members)
    low, high = -60.0, 60.0
    for _ in range(80):
        tilt = (low + high) / 2
        if _mean(_tilted(mixed, tilt)) < wanted:
            low = tilt
        else:
            high = tilt
    a, b, c, d, e = (round(p, 6) for p in _tilted(mixed, (low + high) / 2))
    return a, b, c, d, e


def agreement(members: Sequence[Probabilities | None]) -> float | None:
    """0 to 1, by the formula above; None for a single member."""
    pairs = list(combinations(members, 2))
    if not pairs:
        return None
    return round(math.fsum(_agree(a, b) for a, b in pairs) / len(pairs), 3)


def _agree(one: Probabilities | None, two: Probabilities | None) -> float:
    if one is None or two is None:
        return float(one is two)
    return 1 - abs(_mean(one) - _mean(two)) / 4


def _mean(probabilities: Sequence[float] | None) -> float:
    given = probabilities or ()
    total = math.fsum(given)
    return math.fsum((i + 1) * p for i, p in enumerate(given)) / total if total else 0.0


def _tilted(probabilities: Sequence[float], tilt: float) -> list[float]:
    most = max(tilt * i for i in range(5))
    raw = [p * math.exp(tilt * i - most) for i, p in enumerate(probabilities)]
    total = math.fsum(raw)
    return [r / total for r in raw] if total else list(probabilities)
