"""Versions of what was said. None is ever changed; a correction is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import Interview, TranscriptRow

__all__ = [
    "Source", "add_transcript", "best_transcript", "correction_of", "latest_transcript", "made_from_known",
    "transcripts_of",
]  # fmt: skip

Source = Literal["live", "record", "candidate"]


async def add_transcript(
    session: AsyncSession, interview_id: str, source: Source, body: Mapping[str, Any], *, made_from: str | None = None
) -> int:
    """The new version's number, from 1. Where a version with the same ``made_from`` is there, that one's number."""
    # Versions are counted under the interview's row lock: two writers at once get two numbers, not an error.
    await session.execute(select(Interview.id).where(Interview.id == interview_id).with_for_update())
    if made_from is not None:
        known = await made_from_known(session, interview_id, made_from)
        if known is not None:
            return known
    top = select(func.max(TranscriptRow.version)).where(TranscriptRow.interview_id == interview_id)
    version = (await session.scalar(top) or 0) + 1
    session.add(
        TranscriptRow(interview_id=interview_id, version=version, source=source, body=dict(body), made_from=made_from)
    )
    await session.flush()
    return version


def correction_of(version: int) -> str:
    """What a correction was made from: the version that the candidate read, or onto which theirs was carried over."""
    return f"correction of {version}"


async def made_from_known(session: AsyncSession, interview_id: str, made_from: str) -> int | None:
    """The version that was made from just that, if there is one."""
    made = select(TranscriptRow.version).where(
        TranscriptRow.interview_id == interview_id, TranscriptRow.made_from == made_from
    )
    return await session.scalar(made)


async def latest_transcript(session: AsyncSession, interview_id: str) -> TranscriptRow | None:
    """The version made last, whoever made it."""
    query = select(TranscriptRow).where(TranscriptRow.interview_id == interview_id)
    return await session.scalar(query.order_by(TranscriptRow.version.desc()).limit(1))


async def best_transcript(session: AsyncSession, interview_id: str) -> TranscriptRow | None:
    """The one to read and score: the candidate's correction, else the record transcript, else the live one."""
    rank = case({"candidate": 2, "record": 1}, value=TranscriptRow.source, else_=0)
    query = select(TranscriptRow).where(TranscriptRow.interview_id == interview_id)
    return await session.scalar(query.order_by(rank.desc(), TranscriptRow.version.desc()).limit(1))


async def transcripts_of(session: AsyncSession, interview_id: str) -> list[TranscriptRow]:
    """Oldest first."""
    query = select(TranscriptRow).where(TranscriptRow.interview_id == interview_id)
    return list(await session.scalars(query.order_by(TranscriptRow.version)))
