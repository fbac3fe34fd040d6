"""How often an API key is used, counted for all processes together: one upsert a request."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import KeyUsage

__all__ = ["count_request"]


async def count_request(session: AsyncSession, key_id: str, window_s: int, now: datetime) -> tuple[int, int]:
    """Requests of this key in the present window, this one among them, and whole seconds until the window ends.

    Windows are fixed: they begin at multiples of ``window_s`` of Unix time, so all processes agree about them.
    """
    began = int(now.timestamp()) // window_s * window_s
    start = datetime.fromtimestamp(began, UTC)
    put = insert(KeyUsage).values(key_id=key_id, window_start=start, requests=1)
    counted = put.on_conflict_do_update(
        index_elements=["key_id"],
        set_={
            "requests": case((KeyUsage.window_start == start, KeyUsage.requests + 1), else_=1),
            "window_start": start,
        },
    ).returning(KeyUsage.requests)
    requests = (await session.execute(counted)).scalar_one()
    return requests, max(1, began + window_s - int(now.timestamp()))
