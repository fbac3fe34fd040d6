"""Scorecards: immutable, one for each (answer, transcript version, rubric, judge, judge version)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from interviewer.records.ids import new_id
from interviewer.records.tables import AnswerRow, ScorecardRow

__all__ = ["all_scorecards_of", "put_scorecard", "scorecards_of"]


async def put_scorecard(
    session: AsyncSession,
    *,
    answer_id: str,
    transcript_version: int,
    rubric_hash: str,
    judge: str,
    judge_version: str,
    body: Mapping[str, Any],
) -> bool:
    """False, and nothing stored, where this was scored with that before: the first scorecard stands.

    Only one whose judge failed in passing, and so says nothing about the answer, gives way to the next.
    """
    fresh = insert(ScorecardRow).values(
        id=new_id("scd"), answer_id=answer_id, transcript_version=transcript_version, rubric_hash=rubric_hash,
        judge=judge, judge_version=judge_version, body=dict(body),
    )  # fmt: skip
    put = fresh.on_conflict_do_update(
        constraint="uq_scorecards_scored_with",
        set_={"id": fresh.excluded.id, "body": fresh.excluded.body, "created_at": func.now()},
        where=ScorecardRow.body["passing_failure"].as_boolean().is_(True),
    ).returning(ScorecardRow.id)
    return (await session.execute(put)).one_or_none() is not None


async def scorecards_of(session: AsyncSession, *interview_ids: str) -> list[ScorecardRow]:
    """The latest of each answer of these interviews, in the plan's order, with ``.answer`` loaded."""
    latest = (
        select(ScorecardRow.id)
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .where(AnswerRow.interview_id.in_(interview_ids))
        .ext(distinct_on(ScorecardRow.answer_id))
        .order_by(ScorecardRow.answer_id, ScorecardRow.transcript_version.desc(), ScorecardRow.created_at.desc(),
                  ScorecardRow.id.desc())
    )  # fmt: skip
    query = (
        select(ScorecardRow)
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .where(ScorecardRow.id.in_(latest))
        .options(selectinload(ScorecardRow.answer))
        .order_by(AnswerRow.position)
    )
    return list(await session.scalars(query))


async def all_scorecards_of(session: AsyncSession, interview_id: str) -> list[ScorecardRow]:
    """Every scorecard ever made, oldest first, with ``.answer`` loaded."""
    query = (
        select(ScorecardRow)
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .where(AnswerRow.interview_id == interview_id)
        .options(selectinload(ScorecardRow.answer))
        .order_by(ScorecardRow.created_at, ScorecardRow.id)
    )
    return list(await session.scalars(query))
