"""Deliveries as a whole: how many stand where, and sending again all that failed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.queue import defer_many
from interviewer.records.tables import WebhookDelivery, WebhookEndpoint
from interviewer.records.webhooks import DELIVER, QUEUE

__all__ = ["count_deliveries", "replay_failed"]


async def count_deliveries(session: AsyncSession, *, livemode: bool = True) -> dict[str, dict[str, int]]:
    """By endpoint and status."""
    query = select(WebhookDelivery.endpoint_id, WebhookDelivery.status, func.count())
    query = query.where(WebhookDelivery.livemode.is_(livemode))
    counts: dict[str, dict[str, int]] = {}
    for endpoint_id, status, number in await session.execute(query.group_by("endpoint_id", "status")):
        counts.setdefault(endpoint_id, {})[status] = number
    return counts


async def replay_failed(
    session: AsyncSession, now: datetime, endpoint_id: str | None = None, *, livemode: bool = True
) -> int:
    """Send again, from the first try on, all that failed (to one endpoint) and is of that ``livemode``; how many those
    are. Endpoints that are switched off get nothing."""
    on = select(WebhookEndpoint.id).where(WebhookEndpoint.disabled_at.is_(None))
    failed = update(WebhookDelivery).where(
        WebhookDelivery.status == "failed", WebhookDelivery.livemode.is_(livemode), WebhookDelivery.endpoint_id.in_(on)
    )
    if endpoint_id is not None:
        failed = failed.where(WebhookDelivery.endpoint_id == endpoint_id)
    again = failed.values(status="pending", tries=0, due_at=now, delivered_at=None).returning(WebhookDelivery.id)
    ids = list(await session.scalars(again))
    await defer_many(session, DELIVER, [{"subject": delivery_id} for delivery_id in ids], queue=QUEUE)
    return len(ids)
