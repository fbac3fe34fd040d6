"""Where an interview's sound lies in the object store."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import Recording

__all__ = ["RecordedSide", "put_recording", "recording_key", "recordings_of", "take_turn"]

RecordedSide = Literal["candidate", "melvin", "mix", "received"]


def recording_key(interview_id: str, side: RecordedSide, sha256: str) -> str:
    """Named by the content: a recording that is made again lies beside the one whose place it takes, whose readers and
    backups find it until it is removed."""
    return f"recordings/{interview_id}/{side}-{sha256[:16]}.flac"


async def take_turn(session: AsyncSession, interview_id: str) -> None:
    """Until the transaction ends, nobody else changes which files of this interview's recordings count, or removes
    those that do not."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"recordings {interview_id}"))))


async def put_recording(
    session: AsyncSession,
    *,
    interview_id: str,
    side: RecordedSide,
    object_key: str,
    sha256: str,
    rate: int,
    samples: int,
    media_type: str,
    made_from: str | None = None,
) -> None:
    """A side has one recording; made again (a job that ran twice), it takes the other's place under the same id."""
    values = {
        "object_key": object_key, "sha256": sha256, "rate": rate, "samples": samples, "media_type": media_type,
        "made_from": made_from,
    }  # fmt: skip
    put = insert(Recording).values(id=new_id("rec"), interview_id=interview_id, side=side, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["interview_id", "side"], set_=values))


async def recordings_of(session: AsyncSession, interview_id: str) -> list[Recording]:
    query = select(Recording).where(Recording.interview_id == interview_id)
    return list(await session.scalars(query.order_by(Recording.side)))
