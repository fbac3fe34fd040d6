"""An answer, a rubric and a judge in; a scorecard out. The judge proposes, this code disposes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from scoring.evidence import DOUBTFUL_BELOW, is_quotable, recognition_confidence, verified
from scoring.judges.base import CriterionJudgement, Judge, JudgeFailed, Judgement, OverallJudgement, Probabilities
from scoring.masking import MASKING, Masked, kept, mask
from scoring.rubric import Criterion, Rubric
from scoring.scorecard import CriterionScore, OverallScore, Provenance, Scorecard, ScoreStatus
from scoring.transcript import Answer

__all__ = ["level_of", "score"]

UNHEARD = "The recording was hard to make out here, so this is not judged. A person should listen to it."
NO_QUOTE = "No words of the answer could be shown to bear a level out, so none is given."
BROKEN = "The judge gave no usable result, so this is not judged."


def score(
    answer: Answer, rubric: Rubric, judge: Judge, *, question_text: str, now: datetime, names: Sequence[str] = ()
) -> Scorecard:
    """Judge one answer; ``now`` is an aware time. A failed judge makes a scorecard that says so, never a low level.

    The judge reads the answer with names, gendered pronouns and schools masked; the scorecard quotes it as it was said.
    ``names`` are the candidate's own, so that they are found in whatever place; they are kept nowhere.
    """
    passing = False
    masked = mask(answer, names, kept(rubric, question_text))
    try:
        judgement = judge.judge(masked.answer, rubric, question_text)
    except JudgeFailed as failure:
        judgement, passing = Judgement({}, failure.calls), failure.passing
        criteria = tuple(CriterionScore(c.id, ScoreStatus.JUDGE_FAILED, str(failure)) for c in rubric.criteria)
    else:
        criteria = tuple(_criterion(masked, c, judgement.criteria.get(c.id)) for c in rubric.criteria)
    return Scorecard(
        question_id=answer.question_id,
        criteria=criteria,
        provenance=Provenance(
            rubric=rubric.rubric,
            rubric_version=rubric.version,
            rubric_hash=rubric.hash,
            answer_hash=answer.hash,
            judge=judge.name,
            judge_version=judge.version,
            model=judgement.model or judge.model,
            calibration=judgement.calibration or judge.calibration,
            created_at=now.astimezone(UTC).isoformat(),
            masking=MASKING,
        ),
        calls=judgement.calls,
        overall=_overall(judgement.overall, criteria),
        passing_failure=passing,
    )


def level_of(probabilities: Probabilities) -> tuple[int, float, float]:
    """(level, expected level, confidence): the likeliest level (the lower of two); the mean; its probability."""
    best = max(range(5), key=lambda i: (probabilities[i], -i))
    expected = sum((i + 1) * p for i, p in enumerate(probabilities))
    return best + 1, round(expected, 3), round(probabilities[best], 3)


def _criterion(masked: Masked, criterion: Criterion, judged: CriterionJudgement | None) -> CriterionScore:
    answer = masked.original
    if judged is None or not (judged.probabilities is None or _is_distribution(judged.probabilities)):
        return CriterionScore(criterion.id, ScoreStatus.JUDGE_FAILED, BROKEN)
    known = {p.id for p in criterion.key_points}
    missing = tuple(p for p in judged.missing if p in known)
    read = masked.answer.text
    cited = [c for c in judged.citations if is_quotable(read, c.start, c.end)]
    evidence = verified(answer, filter(None, map(masked.citation, cited)), quotable=True)
    # Of what was not made out nobody can say that it was not said: a level rests on the whole answer.
    everything = [(0, len(answer.text))]
    for stretches in ([(e.start, e.end) for e in evidence] or everything, everything):
        heard = recognition_confidence(answer, stretches)
        if heard is not None and heard < DOUBTFUL_BELOW:
            return CriterionScore(criterion.id, ScoreStatus.UNHEARD, UNHEARD, evidence=evidence)
    if judged.probabilities is None or not evidence:
        reason = judged.reason if judged.probabilities is None else NO_QUOTE
        return CriterionScore(criterion.id, ScoreStatus.INSUFFICIENT_EVIDENCE, reason, missing=missing)
    level, expected, confidence = level_of(judged.probabilities)
    return CriterionScore(
        criterion.id,
        ScoreStatus.SCORED,
        judged.reason,
        probabilities=judged.probabilities,
        level=level,
        expected=expected,
        confidence=confidence,
        evidence=evidence,
        missing=missing,
        interval=judged.interval,
        agreement=judged.agreement,
    )


def _overall(judged: OverallJudgement | None, criteria: Sequence[CriterionScore]) -> OverallScore | None:
    """Given where at least one criterion has a level with its quotes, and none is unheard or failed."""
    status = {c.status for c in criteria}
    doubtful = status & {ScoreStatus.UNHEARD, ScoreStatus.JUDGE_FAILED}
    if judged is None or doubtful or ScoreStatus.SCORED not in status or not _is_distribution(judged.probabilities):
        return None
    level, expected, confidence = level_of(judged.probabilities)
    return OverallScore(
        judged.probabilities, level, expected, confidence, judged.interval, judged.calibration, judged.reason
    )


def _is_distribution(probabilities: Probabilities) -> bool:
    return (
        len(probabilities) == 5
        and all(math.isfinite(p) and 0 <= p <= 1 for p in probabilities)
        and abs(sum(probabilities) - 1) < 1e-3
    )
