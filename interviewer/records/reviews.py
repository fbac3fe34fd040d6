"""Reviews: what people think of an answer, beside what a judge does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import Account, AnswerRow, Interview, Invitation, ReviewRow

__all__ = ["GivenReview", "add_review", "rated_interviews", "reviews_of"]


@dataclass(frozen=True, slots=True)
class GivenReview:
    """``reviewer`` is the name of the person whose account gave it."""

    row: ReviewRow
    question_id: str
    reviewer: str


async def add_review(
    session: AsyncSession,
    *,
    answer_id: str,
    account_id: str,
    transcript_version: int,
    rubric_hash: str,
    levels: Mapping[str, int],
    comment: str,
    hints_seen: bool,
) -> ReviewRow:
    made = ReviewRow(
        answer_id=answer_id, account_id=account_id, transcript_version=transcript_version, rubric_hash=rubric_hash,
        levels=dict(levels), comment=comment, hints_seen=hints_seen,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def reviews_of(session: AsyncSession, interview_id: str, *, without_hints: bool = False) -> list[GivenReview]:
    """Of each answer the newest of every person, in the plan's order and then by time. ``without_hints``: the newest
    of those that were given out of sight of a judge's levels."""
    asked: ColumnElement[bool] = AnswerRow.interview_id == interview_id
    if without_hints:
        asked &= ReviewRow.hints_seen.is_(False)
    newest = (
        select(ReviewRow.id)
        .join(AnswerRow, AnswerRow.id == ReviewRow.answer_id)
        .where(asked)
        .ext(distinct_on(ReviewRow.answer_id, ReviewRow.account_id))
        .order_by(ReviewRow.answer_id, ReviewRow.account_id, ReviewRow.created_at.desc(), ReviewRow.id.desc())
    )
    rows = await session.execute(
        select(ReviewRow, AnswerRow.question_id, Account.name)
        .join(AnswerRow, AnswerRow.id == ReviewRow.answer_id)
        .join(Account, Account.id == ReviewRow.account_id)
        .where(ReviewRow.id.in_(newest))
        .order_by(AnswerRow.position, ReviewRow.created_at, ReviewRow.id)
    )
    return [GivenReview(row, question_id, name) for row, question_id, name in rows]


async def rated_interviews(session: AsyncSession, plan: str | None = None) -> Sequence[str]:
    """Ids of those that count (no test objects) and of which an answer was reviewed, oldest first."""
    query = (
        select(Interview.id)
        .join(Invitation, Invitation.id == Interview.invitation_id)
        .where(
            Interview.id.in_(select(AnswerRow.interview_id).join(ReviewRow, ReviewRow.answer_id == AnswerRow.id)),
            Invitation.livemode.is_(True),
        )
        .order_by(Interview.id)
    )
    if plan is not None:
        query = query.where(Invitation.plan_name == plan)
    return (await session.scalars(query)).all()
