"""What candidates' cameras recorded: its playable segments."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import CameraSegment

__all__ = ["put_segment", "segment", "segments_of"]


async def put_segment(
    session: AsyncSession,
    *,
    interview_id: str,
    stretch: str,
    at: int,
    samples: int,
    object_key: str,
    sha256: str,
    size: int,
    media_type: str,
    made_from: str,
) -> None:
    """A stretch has one segment; made again (more of it has come), it takes the other's place under the same id.
    ``at`` and ``samples``: on the interview's clock, at 16 kHz."""
    values = {
        "at": at, "samples": samples, "object_key": object_key, "sha256": sha256, "size": size,
        "media_type": media_type, "made_from": made_from,
    }  # fmt: skip
    put = insert(CameraSegment).values(id=new_id("rec"), interview_id=interview_id, stretch=stretch, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["interview_id", "stretch"], set_=values))


async def segments_of(session: AsyncSession, interview_id: str) -> list[CameraSegment]:
    """In the order in which they begin."""
    query = select(CameraSegment).where(CameraSegment.interview_id == interview_id)
    return list(await session.scalars(query.order_by(CameraSegment.at, CameraSegment.stretch)))


async def segment(session: AsyncSession, interview_id: str, segment_id: str) -> CameraSegment | None:
    query = select(CameraSegment).where(CameraSegment.interview_id == interview_id, CameraSegment.id == segment_id)
    return await session.scalar(query)
