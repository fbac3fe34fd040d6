"""Plans as they were when somebody was invited to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import PlanVersion

__all__ = ["plan_version", "store_plan"]


async def store_plan(
    session: AsyncSession, *, name: str, version: int, hash: str, title: str, body: Mapping[str, Any]
) -> PlanVersion:
    """Idempotent by ``hash``: the same content is one row, whatever else is given."""
    await session.execute(
        insert(PlanVersion)
        .values(id=new_id("plan"), name=name, version=version, hash=hash, title=title, body=dict(body))
        .on_conflict_do_nothing(index_elements=["hash"])
    )
    return (await session.scalars(select(PlanVersion).where(PlanVersion.hash == hash))).one()


async def plan_version(session: AsyncSession, plan_id: str) -> PlanVersion | None:
    return await session.get(PlanVersion, plan_id)
