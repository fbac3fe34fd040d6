"""Scorecards: immutable, one for each (answer, transcript version, rubric, judge, judge version)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from interviewer.records.ids import new_id
from interviewer.records.tables import AnswerRow, Interview, ScorecardRow

__all__ = ["LatestLevels", "all_scorecards_of", "latest_levels", "put_scorecard", "scorecards_of"]


@dataclass(frozen=True, slots=True)
class LatestLevels:
    """What the latest scorecard of an answer says: a level or None for each criterion. ``title`` is the question's as
    the candidate had it, None where the script does not ask it."""

    interview_id: str
    position: int
    question_id: str
    title: str | None
    levels: tuple[int | None, ...]
    calibration: str


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
        set_={"id": fresh.excluded.id, "body": fresh.excluded.body, "created_at": func.now(), "counted_at": func.now()},
        where=ScorecardRow.body["passing_failure"].as_boolean().is_(True),
    ).returning(ScorecardRow.id)
    return (await session.execute(put)).one_or_none() is not None


async def scorecards_of(session: AsyncSession, interview_id: str) -> list[ScorecardRow]:
    """The latest of each answer, in the plan's order, with ``.answer`` loaded."""
    query = (
        select(ScorecardRow)
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .where(ScorecardRow.id.in_(_latest(interview_id)))
        .options(selectinload(ScorecardRow.answer))
        .order_by(AnswerRow.position)
    )
    return list(await session.scalars(query))


async def latest_levels(session: AsyncSession, interview_ids: Sequence[str]) -> list[LatestLevels]:
    """Of each answer of these interviews, in the plan's order. A list needs no more of a scorecard or a script, which
    are long."""
    asked = func.jsonb_path_query_first(
        Interview.script,
        cast("$.questions[*] ? (@.id == $id)", JSONPATH),
        func.jsonb_build_object("id", AnswerRow.question_id),
    )
    query = (
        select(
            AnswerRow.interview_id,
            AnswerRow.position,
            AnswerRow.question_id,
            asked.op("->>")("title"),
            func.jsonb_path_query_array(ScorecardRow.body, cast("$.criteria[*].level", JSONPATH)),
            ScorecardRow.body["provenance"]["calibration"].as_string(),
        )
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .join(Interview, Interview.id == AnswerRow.interview_id)
        .where(ScorecardRow.id.in_(_latest(*interview_ids)))
        .order_by(AnswerRow.position)
    )
    return [
        LatestLevels(interview, position, question, title, tuple(levels), calibration)
        for interview, position, question, title, levels, calibration in await session.execute(query)
    ]


def _latest(*interview_ids: str) -> Select[str]:
    """Ids of the scorecard of each answer that counts."""
    return (
        select(ScorecardRow.id)
        .join(AnswerRow, AnswerRow.id == ScorecardRow.answer_id)
        .where(AnswerRow.interview_id.in_(interview_ids))
        .ext(distinct_on(ScorecardRow.answer_id))
        .order_by(ScorecardRow.answer_id, ScorecardRow.transcript_version.desc(), ScorecardRow.counted_at.desc(),
                  ScorecardRow.id.desc())
    )  # fmt: skip


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
