"""What all workers together may ask of a judge's endpoint: so many requests at once, and so many a minute.

Each request in flight is a row that its worker renews; those of a worker that died are free again after LEASE. The rate
is a token bucket that holds a tenth of a minute's requests, so that a pause is not followed by a flood.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import JudgeAllowance, JudgeSlot

__all__ = ["LEASE", "give_back_slot", "renew_slots", "take_slot"]

LEASE = timedelta(seconds=30)
LOOK_AGAIN_S = 0.25


async def take_slot(
    session: AsyncSession, endpoint: str, holder: str, *, most: int | None, per_minute: int | None, now: datetime
) -> tuple[str | None, float]:
    """(slot, 0), or (None, seconds after which to ask again). None as a limit is none."""
    bucket = max(1.0, (per_minute or 0) / 10)
    put = insert(JudgeAllowance).values(endpoint=endpoint, tokens=bucket, filled_at=now)
    await session.execute(put.on_conflict_do_nothing(index_elements=["endpoint"]))
    # Whoever holds this row alone counts and takes; the others wait their turn.
    found = select(JudgeAllowance).where(JudgeAllowance.endpoint == endpoint).with_for_update()
    allowance = (await session.scalars(found)).one()
    await session.execute(delete(JudgeSlot).where(JudgeSlot.endpoint == endpoint, JudgeSlot.until < now))
    if most is not None:
        taken = select(func.count()).select_from(JudgeSlot).where(JudgeSlot.endpoint == endpoint)
        if (await session.scalar(taken) or 0) >= most:
            return None, LOOK_AGAIN_S
    if per_minute is not None:
        passed = max(0.0, (now - allowance.filled_at).total_seconds())
        tokens = min(bucket, allowance.tokens + passed * per_minute / 60)
        allowance.filled_at = max(now, allowance.filled_at)
        allowance.tokens = tokens - 1 if tokens >= 1 else tokens
        if tokens < 1:
            return None, (1 - tokens) * 60 / per_minute
    slot = JudgeSlot(id=new_id("slot"), endpoint=endpoint, holder=holder, until=now + LEASE)
    session.add(slot)
    await session.flush()
    return slot.id, 0.0


async def renew_slots(session: AsyncSession, holder: str, now: datetime) -> None:
    await session.execute(update(JudgeSlot).where(JudgeSlot.holder == holder).values(until=now + LEASE))


async def give_back_slot(session: AsyncSession, slot: str) -> None:
    await session.execute(delete(JudgeSlot).where(JudgeSlot.id == slot))
