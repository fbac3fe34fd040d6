"""Parts of recordings in the object store: put there while the interview runs, so that no disk holds sound alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import RecordingPart

__all__ = ["part_key", "parts_of", "parts_removed", "put_part", "recorded_until"]


def part_key(interview_id: str, side: str, start: int, end: int, lease: int) -> str:
    """Under the interview's own folder of recordings, so that deleting that removes them."""
    return f"recordings/{interview_id}/parts/{side}-{start:010d}-{end:010d}-{lease}.pcm"


async def put_part(
    session: AsyncSession, *, interview_id: str, side: str, spans: Sequence[tuple[int, int]], lease: int, sha256: str
) -> None:
    """Putting again replaces. Raises ``IntegrityError`` where the interview was deleted."""
    start, end = spans[0][0], spans[-1][1]
    values = {
        "sha256": sha256, "object_key": part_key(interview_id, side, start, end, lease), "spans": list(spans),
    }  # fmt: skip
    put = insert(RecordingPart).values(
        id=new_id("part"), interview_id=interview_id, side=side, start=start, end=end, lease=lease, **values
    )
    same = ["interview_id", "side", "start_sample", "end_sample", "lease"]
    await session.execute(put.on_conflict_do_update(index_elements=same, set_=values))


async def parts_of(session: AsyncSession, interview_id: str) -> list[RecordingPart]:
    """In the order in which they are to be laid over each other."""
    query = select(RecordingPart).where(RecordingPart.interview_id == interview_id)
    return list(await session.scalars(query.order_by(RecordingPart.lease, RecordingPart.start)))


async def recorded_until(session: AsyncSession, interview_id: str) -> dict[str, int]:
    """Samples from the interview's start to the end of each side's last part; of a side without parts nothing."""
    query = select(RecordingPart.side, func.max(RecordingPart.end)).where(RecordingPart.interview_id == interview_id)
    found = await session.execute(query.group_by(RecordingPart.side))
    return {row.side: row[1] for row in found}


async def parts_removed(session: AsyncSession, parts: Sequence[RecordingPart]) -> None:
    """The finished recording holds the sound of these now."""
    gone = update(RecordingPart).where(RecordingPart.id.in_([part.id for part in parts]))
    await session.execute(gone.values(object_key=None))
