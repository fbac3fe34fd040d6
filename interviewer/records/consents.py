"""What candidates agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import Consent

__all__ = ["camera_off", "consent_for", "record_consent"]


async def record_consent(
    session: AsyncSession,
    *,
    invitation_id: str,
    notice_hash: str,
    notice_text: Mapping[str, Any],
    language: str,
    camera: bool | None = None,
) -> Consent:
    """The first consent stands: giving it again (a second tab, the back button) changes nothing. ``camera``: whether
    it may be recorded; None where it was not asked."""
    await session.execute(
        insert(Consent)
        .values(id=new_id("con"), invitation_id=invitation_id, notice_hash=notice_hash,
                notice_text=dict(notice_text), language=language, camera=camera)
        .on_conflict_do_nothing(index_elements=["invitation_id"])
    )  # fmt: skip
    return (await session.scalars(select(Consent).where(Consent.invitation_id == invitation_id))).one()


async def consent_for(session: AsyncSession, invitation_id: str) -> Consent | None:
    return await session.scalar(select(Consent).where(Consent.invitation_id == invitation_id))


async def camera_off(session: AsyncSession, invitation_id: str, now: datetime) -> None:
    """For good. The first time stands."""
    off = update(Consent).where(Consent.invitation_id == invitation_id, Consent.camera_off_at.is_(None))
    await session.execute(off.values(camera_off_at=now))
