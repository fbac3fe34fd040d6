"""The total of a scorecard, computed outside any judge."""

from __future__ import annotations

from scoring.rubric import Rubric
from scoring.scorecard import Scorecard, ScoreStatus

__all__ = ["total"]


def total(scorecard: Scorecard, rubric: Rubric) -> float | None:
    """The expected overall level (1 to 5) where the scorecard has one; else the mean of the criteria's expected levels
    by the rubric's weights.

    An overall level is there only from a judge fitted to people's overall ratings of this very question, so it counts
    whatever the criteria's own calibration. Without one: None while the judge is uncalibrated, and where any criterion
    has no level: a part is never shown as the whole.
    Raises ValueError where the scorecard was made with another rubric.
    """
    if scorecard.provenance.rubric_hash != rubric.hash:
        raise ValueError("the scorecard was made with another version of this rubric")
    if scorecard.overall is not None:
        return scorecard.overall.expected
    if scorecard.provenance.calibration == "uncalibrated":
        return None
    by_id = {c.criterion_id: c for c in scorecard.criteria}
    weighted = 0.0
    for criterion in rubric.criteria:
        own = by_id.get(criterion.id)
        if own is None or own.status is not ScoreStatus.SCORED or own.expected is None:
            return None
        weighted += criterion.weight * own.expected
    return round(weighted / sum(c.weight for c in rubric.criteria), 3)
