"""Scorecards for every answer of a submitted interview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from interviewer.jobs.failures import SCORING, PlainError
from interviewer.jobs.work import Work
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.schema import Question
from interviewer.plans.variables import filled
from interviewer.records.answers import answers_of
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.scorecards import put_scorecard
from interviewer.records.transcripts import best_transcript
from scoring.rubric import Rubric
from scoring.score import score as score_answer
from scoring.scorecard import Scorecard
from scoring.transcript import Answer, Transcript

__all__ = ["score"]

SCORED_STATUS = "answered"

log = structlog.get_logger(__name__)


async def score(work: Work, interview_id: str) -> None:
    """Idempotent: an answer that was scored with the same transcript, rubric and judge keeps its scorecard."""
    async with work.database.session() as session:
        interview = await find_interview(session, interview_id)
        transcript = await best_transcript(session, interview_id)
        answers = [a for a in await answers_of(session, interview_id) if a.status == SCORED_STATUS]
    if interview is None or interview.status not in ("submitted", "scored"):
        log.warning("score.not_submitted", interview=interview_id)
        return
    if transcript is None:
        raise PlainError("the interview has no transcript")
    bundle = filled(PlanBundle.from_dict(interview.invitation.plan.body), interview.invitation.variables)
    questions = {q.id: q for q in bundle.plan.questions}
    said = Transcript.from_dict(transcript.body)
    for row in answers:
        question = questions[row.question_id]
        rubric = bundle.rubrics[question.rubric]
        # The judge is given the answer's words and nothing of who gave it.
        card = await work.thread.run(_judging(work, said.answer(row.question_id), rubric, question))
        async with work.database.session() as session:
            stored = await put_scorecard(
                session, answer_id=row.id, transcript_version=transcript.version, rubric_hash=rubric.hash,
                judge=card.provenance.judge, judge_version=card.provenance.judge_version, body=card.to_dict(),
            )  # fmt: skip
        log.info("scorecard.stored" if stored else "scorecard.known", interview=interview_id, answer=row.id)
    async with work.database.session() as session:
        await set_status(
            session, interview_id, "scored", only_from=("submitted", "scored"), scored_at=datetime.now(UTC)
        )  # fmt: skip
        if (interview.failure or "").startswith(SCORING):  # that the recording was not written out is not ours to clear
            await update_interview(session, interview_id, failure=None)


def _judging(work: Work, answer: Answer, rubric: Rubric, question: Question) -> Callable[[], Scorecard]:
    return lambda: score_answer(
        answer, rubric, work.judge(), question_text=question.text, now=datetime.now(UTC)
    )  # fmt: skip
