"""The event log's copy in the database. The journal (``journal``) is written first; ``feeder`` brings it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import InterviewEvent

__all__ = ["append_events", "last_seq", "read_events"]


async def append_events(
    session: AsyncSession, interview_id: str, events: Sequence[tuple[int, int, str, Mapping[str, Any]]]
) -> None:
    """``(seq, at, kind, body)`` each. An event that is there already stays as it is, so feeding twice is harmless."""
    if not events:
        return
    rows = [
        {"interview_id": interview_id, "seq": seq, "at": at, "kind": kind, "body": dict(body)}
        for seq, at, kind, body in events
    ]
    await session.execute(insert(InterviewEvent).values(rows).on_conflict_do_nothing())


async def read_events(session: AsyncSession, interview_id: str) -> list[InterviewEvent]:
    """In order of ``seq``."""
    query = select(InterviewEvent).where(InterviewEvent.interview_id == interview_id)
    return list(await session.scalars(query.order_by(InterviewEvent.seq)))


async def last_seq(session: AsyncSession, interview_id: str) -> int:
    """0 where there is none."""
    query = select(InterviewEvent.seq).where(InterviewEvent.interview_id == interview_id)
    return await session.scalar(query.order_by(InterviewEvent.seq.desc()).limit(1)) or 0
