"""Answers: which questions of an interview were answered, and where they stand in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import AnswerRow

__all__ = ["NewAnswer", "answers_of", "put_answers", "turned_out_answered"]


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """``position`` is its place in the plan's order; ``status``: answered, no-answer, skipped or not-reached."""

    question_id: str
    position: int
    kind: str
    status: str


async def put_answers(session: AsyncSession, interview_id: str, answers: Sequence[NewAnswer]) -> None:
    """Idempotent: an answer that is there keeps its id and takes the new status (a skipped question asked again)."""
    if not answers:
        return
    rows = [
        {"id": new_id("ans"), "interview_id": interview_id, "question_id": a.question_id, "position": a.position,
         "kind": a.kind, "status": a.status}
        for a in answers
    ]  # fmt: skip
    put = insert(AnswerRow).values(rows)
    await session.execute(
        put.on_conflict_do_update(
            index_elements=["interview_id", "question_id"],
            set_={"status": put.excluded.status, "position": put.excluded.position, "kind": put.excluded.kind},
        )
    )


async def turned_out_answered(session: AsyncSession, interview_id: str, question_ids: Collection[str]) -> None:
    """What the candidate said to these came after the interview was over. What they chose to skip stays skipped."""
    await session.execute(
        update(AnswerRow)
        .where(
            AnswerRow.interview_id == interview_id, AnswerRow.question_id.in_(question_ids),
            AnswerRow.status.in_(("no-answer", "not-reached")),
        )
        .values(status="answered")
    )  # fmt: skip


async def answers_of(session: AsyncSession, interview_id: str) -> list[AnswerRow]:
    """In the plan's order."""
    query = select(AnswerRow).where(AnswerRow.interview_id == interview_id)
    return list(await session.scalars(query.order_by(AnswerRow.position)))
