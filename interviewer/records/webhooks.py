"""Webhooks: who wants to be told of what, what happened, and what became of telling it.

An event is stored in the transaction of what it tells, and so are the jobs that deliver it: it is told if and only if
it happened. Nothing is stored while nobody listens.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Select, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from interviewer.records.ids import new_id
from interviewer.records.pages import page
from interviewer.records.queue import BEHIND_OTHERS, defer_within, without_job
from interviewer.records.tables import (
    Interview,
    Invitation,
    PlanVersion,
    ScoringRun,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)

__all__ = [
    "DELIVER", "EVENT_TYPES", "DeliveryStatus", "EventType", "add_endpoint", "announce", "announce_invitation",
    "announce_run", "delivery", "disable_endpoint", "endpoint", "list_deliveries", "list_endpoints",
    "lost_deliveries", "new_signing_secret", "prune_events", "remove_endpoint", "replay", "rotate_secret", "settle",
]  # fmt: skip

DELIVER = "deliver"
QUEUE = "deliver"
EventType = Literal[
    "interview.started", "interview.paused", "interview.resumed", "interview.finished", "interview.submitted",
    "interview.deleted", "transcript.ready", "score.ready", "score.revised", "scoring_run.completed",
    "invitation.requested",
]  # fmt: skip
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
DeliveryStatus = Literal["pending", "delivered", "failed"]
KEPT = timedelta(days=30)
"""Events and what became of them can be looked up, and told again, for this long."""
LOST_AFTER = timedelta(minutes=2)
"""A delivery that is overdue by this much has no job any more."""


async def announce(
    session: AsyncSession, kind: EventType, interview_id: str, *, status: str | None = None, once: str | None = None
) -> None:
    """Tell every endpoint that wants to know. ``status`` stands in for the interview's; with ``once`` an event that was
    told under the same name is not told again."""
    live = await session.scalar(select(Interview.livemode).where(Interview.id == interview_id))
    wanting = await _wanting(session, kind, bool(live))
    if not wanting:
        return
    data = await _about(session, interview_id)
    if status is not None:
        data["status"] = status
    await _tell(session, kind, wanting, data, once)


async def announce_run(session: AsyncSession, run: ScoringRun) -> None:
    """That it is completed. It may complete again, where what failed was tried again."""
    live = bool(run.asked.get("livemode", True))
    wanting = await _wanting(session, "scoring_run.completed", live)
    if wanting:
        data = {
            "object": "scoring_run", "id": run.id, "status": run.status, "livemode": live, "dry_run": run.dry_run,
            "total": run.total, "done": run.done, "failed": run.failed,
        }  # fmt: skip
        await _tell(session, "scoring_run.completed", wanting, data, None)


async def announce_invitation(session: AsyncSession, invitation: Invitation) -> None:
    """That another system asked for it: nobody has its link yet. Candidate and plan are loaded."""
    wanting = await _wanting(session, "invitation.requested", invitation.livemode)
    if wanting:
        data = {
            "object": "invitation", "id": invitation.id, "status": "open", "livemode": invitation.livemode,
            "plan": {"name": invitation.plan.name, "version": invitation.plan.version},
        }  # fmt: skip
        await _tell(session, "invitation.requested", wanting, data, None)


async def _wanting(session: AsyncSession, kind: EventType, live: bool) -> list[str]:
    query = select(WebhookEndpoint.id).where(
        WebhookEndpoint.disabled_at.is_(None),
        WebhookEndpoint.livemode == live,
        or_(func.cardinality(WebhookEndpoint.events) == 0, WebhookEndpoint.events.any_() == kind),
    )
    return list(await session.scalars(query))


async def _tell(
    session: AsyncSession, kind: EventType, wanting: Sequence[str], data: dict[str, Any], once: str | None
) -> None:
    put = insert(WebhookEvent).values(id=new_id("evt"), type=kind, data=data, once=once)
    event_id = await session.scalar(put.on_conflict_do_nothing(index_elements=["once"]).returning(WebhookEvent.id))
    if event_id is None:
        return
    now = datetime.now(UTC)
    for endpoint_id in wanting:
        made = WebhookDelivery(event_id=event_id, endpoint_id=endpoint_id, livemode=data["livemode"], due_at=now)
        session.add(made)
        await session.flush()
        await defer_within(session, DELIVER, made.id, queue=QUEUE, priority=BEHIND_OTHERS)


async def _about(session: AsyncSession, interview_id: str) -> dict[str, Any]:
    """Ids and names of our own making; a program asks the API for the rest."""
    found = await session.execute(
        select(Interview.status, Invitation.id, Invitation.livemode, PlanVersion.name, PlanVersion.version)
        .join(Invitation, Invitation.id == Interview.invitation_id)
        .join(PlanVersion, PlanVersion.id == Invitation.plan_id)
        .where(Interview.id == interview_id)
    )
    status, invitation_id, livemode, plan, version = found.one()
    return {
        "object": "interview", "id": interview_id, "status": status, "livemode": livemode,
        "invitation_id": invitation_id, "plan": {"name": plan, "version": version},
    }  # fmt: skip


def new_signing_secret() -> str:
    """``whsec_`` and 32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


async def add_endpoint(
    session: AsyncSession,
    *,
    url: str,
    events: Sequence[str],
    description: str = "",
    private_allowed: bool = False,
    livemode: bool = True,
) -> WebhookEndpoint:
    """One without ``livemode`` is told of test objects alone."""
    made = WebhookEndpoint(
        id=new_id("whk", test=not livemode), livemode=livemode, url=url, events=sorted(set(events)),
        description=description, private_allowed=private_allowed, secret=new_signing_secret(),
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def endpoint(session: AsyncSession, endpoint_id: str, *, livemode: bool | None = None) -> WebhookEndpoint | None:
    """None where there is none, or none of that ``livemode``."""
    found = await session.get(WebhookEndpoint, endpoint_id)
    return None if found is None or livemode not in (None, found.livemode) else found


async def list_endpoints(
    session: AsyncSession, *, limit: int = 20, starting_after: str | None = None, livemode: bool | None = True
) -> tuple[list[WebhookEndpoint], bool]:
    """Newest first, and whether more follow. ``livemode`` None lists all."""
    among = true() if livemode is None else WebhookEndpoint.livemode.is_(livemode)
    rows = select(WebhookEndpoint)
    return await page(session, rows, WebhookEndpoint, limit=limit, starting_after=starting_after, among=among)


async def rotate_secret(
    session: AsyncSession, endpoint_id: str, now: datetime, overlap: timedelta
) -> WebhookEndpoint | None:
    """A new secret; the old one signs as well until ``overlap`` is over. One that was still older signs no more."""
    found = await session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if found is not None:
        found.old_secret, found.old_secret_until = found.secret, now + overlap
        found.secret = new_signing_secret()
        await session.flush()
    return found


async def remove_endpoint(session: AsyncSession, endpoint_id: str) -> bool:
    """With its deliveries."""
    gone = delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).returning(WebhookEndpoint.id)
    return (await session.execute(gone)).one_or_none() is not None


def _loaded() -> Select[WebhookDelivery]:
    return select(WebhookDelivery).options(selectinload(WebhookDelivery.event), selectinload(WebhookDelivery.endpoint))


async def delivery(session: AsyncSession, delivery_id: str) -> WebhookDelivery | None:
    """With event and endpoint loaded."""
    return await session.scalar(_loaded().where(WebhookDelivery.id == delivery_id))


async def list_deliveries(
    session: AsyncSession,
    *,
    limit: int = 20,
    starting_after: str | None = None,
    status: DeliveryStatus | None = None,
    endpoint_id: str | None = None,
    livemode: bool = True,
) -> tuple[list[WebhookDelivery], bool]:
    """Newest first, with event and endpoint loaded, and whether more follow."""
    query = _loaded()
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if endpoint_id is not None:
        query = query.where(WebhookDelivery.endpoint_id == endpoint_id)
    among = WebhookDelivery.livemode.is_(livemode)
    return await page(session, query, WebhookDelivery, limit=limit, starting_after=starting_after, among=among)


async def replay(session: AsyncSession, delivery_id: str, *, livemode: bool | None = None) -> WebhookDelivery | None:
    """Deliver it again from the first try on, whatever became of it, under the same webhook-id: a receiver that had it
    already can tell. One that is on its way is left alone. None where there is no such delivery, or none of that
    ``livemode``."""
    found = await session.scalar(_loaded().where(WebhookDelivery.id == delivery_id).with_for_update())
    if found is not None and livemode not in (None, found.livemode):
        return None
    if found is not None and found.status != "pending":
        found.status, found.tries, found.due_at = "pending", 0, datetime.now(UTC)
        found.delivered_at = None
        await session.flush()
        await defer_within(session, DELIVER, found.id, queue=QUEUE, priority=BEHIND_OTHERS)
    return found


async def settle(
    session: AsyncSession,
    found: WebhookDelivery,
    *,
    response_status: int | None,
    problem: str | None,
    now: datetime,
    again_at: datetime | None,
) -> bool:
    """Note what became of a try: delivered where there is no ``problem``, to be tried ``again_at``, or failed. False,
    and nothing noted, where another worker has noted its try meanwhile."""
    status = "delivered" if problem is None else "pending" if again_at else "failed"
    done = (
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == found.id,
            WebhookDelivery.status == "pending",
            WebhookDelivery.tries == found.tries,
        )
        .values(
            status=status,
            tries=found.tries + 1,
            due_at=again_at,
            response_status=response_status,
            problem=problem,
            delivered_at=now if problem is None else None,
        )
        .returning(WebhookDelivery.id)
    )
    if (await session.execute(done)).one_or_none() is None:
        return False
    if again_at is not None:
        await defer_within(session, DELIVER, found.id, queue=QUEUE, priority=BEHIND_OTHERS, at=again_at)
    return True


async def disable_endpoint(session: AsyncSession, endpoint_id: str, now: datetime) -> None:
    await session.execute(update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).values(disabled_at=now))


async def lost_deliveries(session: AsyncSession, now: datetime) -> list[str]:
    """Put those back into the queue whose job was lost or given up, and return their ids."""
    late = select(WebhookDelivery.id).where(
        WebhookDelivery.status == "pending", WebhookDelivery.due_at < now - LOST_AFTER,
        without_job(WebhookDelivery.id, DELIVER),
    )  # fmt: skip
    ids = list(await session.scalars(late.order_by(WebhookDelivery.due_at).limit(1000).with_for_update()))
    for delivery_id in ids:
        await defer_within(session, DELIVER, delivery_id, queue=QUEUE, priority=BEHIND_OTHERS)
    if ids:
        await session.execute(update(WebhookDelivery).where(WebhookDelivery.id.in_(ids)).values(due_at=now))
    return ids


async def prune_events(session: AsyncSession, now: datetime) -> int:
    """Those that are older than what is kept, with their deliveries."""
    gone = delete(WebhookEvent).where(WebhookEvent.created_at <= now - KEPT).returning(WebhookEvent.id)
    return len((await session.scalars(gone)).all())
