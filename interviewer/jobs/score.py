"""Scorecards for every answer of a submitted interview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from interviewer.jobs.failures import SCORING, JudgeAway, PlainError
from interviewer.jobs.work import Work
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.schema import Question
from interviewer.plans.variables import filled
from interviewer.records.answers import answers_of
from interviewer.records.embeddings import put_embeddings
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.scorecards import all_scorecards_of, put_scorecard
from interviewer.records.transcripts import best_transcript
from interviewer.records.webhooks import announce
from interviewer.tracing import span
from scoring.judges.base import Judge
from scoring.masking import reading
from scoring.remembered import texts_of
from scoring.rubric import Rubric
from scoring.score import score as score_answer
from scoring.scorecard import Scorecard
from scoring.transcript import Answer, Transcript

__all__ = ["score"]

SCORED_STATUS = "answered"
GIVEN_UP = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


async def score(work: Work, interview_id: str) -> None:
    """Idempotent: an answer that was scored with the same transcript, rubric and judge keeps its scorecard.

    Where the judge fails in passing (its endpoint is down, say), the scorecards tell so, and when every answer has had
    its turn JudgeAway is raised, so that the queue tries those again until it is back. Where it has judged others of
    this interview and a day is over, what it fails at stays without a level, and the interview counts as scored.
    """
    async with work.database.session() as session:
        interview = await find_interview(session, interview_id)
        transcript = await best_transcript(session, interview_id)
        answers = [a for a in await answers_of(session, interview_id) if a.status == SCORED_STATUS]
        standing = {
            (c.answer_id, c.transcript_version, c.rubric_hash, c.judge, c.judge_version)
            for c in await all_scorecards_of(session, interview_id)
            if not c.body.get("passing_failure")
        }
    if interview is None or interview.status not in ("submitted", "scored"):
        log.warning("score.not_submitted", interview=interview_id)
        return
    if transcript is None:
        raise PlainError("the interview has no transcript")
    bundle = filled(PlanBundle.from_dict(interview.invitation.plan.body), interview.invitation.variables)
    questions = {q.id: q for q in bundle.plan.questions}
    said = Transcript.from_dict(transcript.body)
    names = (interview.invitation.candidate.name,)
    judge = await work.thread.run(work.judge)
    failures: list[str] = []
    revised = False
    given_up: str | None = None
    for row in answers:
        question = questions[row.question_id]
        rubric = bundle.rubrics[question.rubric]
        if (row.id, transcript.version, rubric.hash, judge.name, reading(judge.version)) in standing:
            log.info("scorecard.known", interview=interview_id, answer=row.id)
            continue
        # The judge is given the answer's words and nothing of who gave it; the name only says what to mask.
        async with work.turn():
            card, packed = await work.thread.run(
                _judging(work, judge, said.answer(row.question_id), rubric, question, names)
            )
        with span("store scorecard", interview=interview_id, answer=row.id):
            async with work.database.session() as session:
                if packed is not None and work.embedder is not None:
                    await put_embeddings(session, work.embedder.version, [(row.id, *packed)])
                stored = await put_scorecard(
                    session, answer_id=row.id, transcript_version=transcript.version, rubric_hash=rubric.hash,
                    judge=card.provenance.judge, judge_version=reading(card.provenance.judge_version),
                    body=card.to_dict(),
                )  # fmt: skip
        revised = revised or (stored and interview.status == "scored")
        log.info("scorecard.stored" if stored else "scorecard.known", interview=interview_id, answer=row.id)
        if card.passing_failure:
            failures.append(card.criteria[0].reason)
    if failures:
        reason = f"{len(failures)} of {len(answers)} answers have no scorecard yet. {failures[-1]}".rstrip(".")
        some = len(failures) < len(answers)
        if not (some and datetime.now(UTC) - max(transcript.created_at, interview.submitted_at or LONG_AGO) > GIVEN_UP):
            raise JudgeAway(reason)
        log.warning("score.answers_without", interview=interview_id, answers=len(failures))
        given_up = f"{SCORING} failed ({reason}); it was given up after a day. A scoring run asks the judge again."
    async with work.database.session() as session:
        await set_status(
            session, interview_id, "scored", only_from=("submitted", "scored"), scored_at=datetime.now(UTC)
        )  # fmt: skip
        if revised:
            await announce(session, "score.revised", interview_id)
        if given_up or (interview.failure or "").startswith(SCORING):  # another failure is not ours to clear
            await update_interview(session, interview_id, failure=given_up)


def _judging(
    work: Work, judge: Judge, answer: Answer, rubric: Rubric, question: Question, names: tuple[str, ...]
) -> Callable[[], tuple[Scorecard, tuple[bytes, bytes] | None]]:
    """The scorecard, and the answer's embeddings where it took any: a scoring run need not make them again."""

    def judged() -> tuple[Scorecard, tuple[bytes, bytes] | None]:
        now = datetime.now(UTC)
        if work.embedder is None:
            return score_answer(answer, rubric, judge, question_text=question.text, now=now, names=names), None
        with work.embedder.of_answer({}, texts_of(rubric, question.text)) as remembered:
            card = score_answer(answer, rubric, judge, question_text=question.text, now=now, names=names)
        return card, (remembered.texts, remembered.vectors) if remembered.fresh else None

    return judged
