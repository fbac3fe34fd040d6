"""A scorecard as long as real ones: evidence and a reason for every criterion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from interviewer.plans.bundle import PlanBundle
from scoring.judges.base import Citation, CriterionJudgement, Judgement
from scoring.rubric import Rubric
from scoring.score import score
from scoring.transcript import Answer, Mode, Side, Transcript, Turn

__all__ = ["a_scorecard"]

SAID = "I worked for six years as a fact checker, and every name and every number had to be right before print."


class _Fixed:
    name, version, model, calibration = "fixed", "1", "none", "uncalibrated"

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        del question_text
        cited = (Citation(0, len(answer.text), answer.text, None, 0.7),)
        reason = "Says what was done, with an example of its own and what came of it."
        return Judgement({c.id: CriterionJudgement((0.0, 0.1, 0.2, 0.5, 0.2), reason, cited) for c in rubric.criteria})


def a_scorecard(bundle: PlanBundle) -> dict[str, Any]:
    """Of an answer to the plan's first question."""
    question = bundle.plan.questions[0]
    turn = Turn(Side.CANDIDATE, Mode.TYPED, SAID, 0.0, 9.0, question.id)
    answer = Transcript(bundle.plan.language, (turn,)).answer(question.id)
    rubric = bundle.rubrics[question.rubric]
    return score(answer, rubric, _Fixed(), question_text=question.text, now=datetime.now(UTC)).to_dict()
