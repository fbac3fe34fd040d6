"""Interviews: one run of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, selectinload

from interviewer.records.ats import tell_of_interview
from interviewer.records.ids import new_id
from interviewer.records.pages import page
from interviewer.records.search import invited
from interviewer.records.tables import Interview, Invitation, PlanVersion
from interviewer.records.webhooks import EventType, announce

__all__ = [
    "STATUSES", "Changes", "Source", "abandoned", "create_interview", "ended_before", "failed_interviews",
    "interview", "interview_for_invitation", "list_interviews", "live_on", "over_since", "set_status", "status_of",
    "update_interview",
]  # fmt: skip

STATUSES = ("created", "live", "paused", "checking", "submitted", "scored")
"""created -> live <-> paused -> checking (the candidate reads the transcript) -> submitted -> scored."""

Source = Literal["interview", "import"]
"""``import``: answers that were given elsewhere."""


EVENTS: Mapping[tuple[str, str], EventType] = {
    ("created", "live"): "interview.started",
    ("paused", "live"): "interview.resumed",
    ("", "paused"): "interview.paused",
    ("", "checking"): "interview.finished",
    ("", "submitted"): "interview.submitted",
    ("", "scored"): "score.ready",
}
"""What webhooks are told when the status goes from one to the other; '' stands for any."""


class Changes(TypedDict, total=False):
    end_reason: str | None
    node: str | None
    started_at: datetime | None
    ended_at: datetime | None
    submitted_at: datetime | None
    scored_at: datetime | None
    progress: dict[str, Any] | None
    failure: str | None


def _loaded() -> Select[Interview]:
    return select(Interview).options(
        selectinload(Interview.invitation).options(
            selectinload(Invitation.candidate), selectinload(Invitation.plan)
        )
    )  # fmt: skip


async def interview_for_invitation(session: AsyncSession, invitation_id: str) -> Interview | None:
    """With invitation, candidate and plan loaded."""
    return await session.scalar(_loaded().where(Interview.invitation_id == invitation_id))


async def create_interview(session: AsyncSession, invitation_id: str, script: Mapping[str, Any]) -> Interview:
    """Idempotent: an invitation has one interview, with the script of its first creation."""
    invited = select(Invitation.livemode, Invitation.plan_name).where(Invitation.id == invitation_id)
    livemode, plan_name = (await session.execute(invited)).one()
    await session.execute(
        insert(Interview)
        .values(
            id=new_id("int", test=not livemode), invitation_id=invitation_id, script=dict(script), status="created",
            livemode=livemode, plan_name=plan_name,
        )
        .on_conflict_do_nothing(index_elements=["invitation_id"])
    )  # fmt: skip
    return (await session.scalars(_loaded().where(Interview.invitation_id == invitation_id))).one()


async def interview(session: AsyncSession, interview_id: str) -> Interview | None:
    """With invitation, candidate and plan loaded."""
    return await session.scalar(_loaded().where(Interview.id == interview_id))


async def status_of(session: AsyncSession, interview_id: str) -> str | None:
    return await session.scalar(select(Interview.status).where(Interview.id == interview_id))


async def over_since(session: AsyncSession, interview_id: str, before: datetime) -> bool:
    """Whether it ended before this moment, and its candidate's check of the transcript is over as well."""
    over = select(Interview.id).where(
        Interview.id == interview_id, Interview.status.in_(("submitted", "scored")), Interview.ended_at < before
    )
    return await session.scalar(over) is not None


async def list_interviews(
    session: AsyncSession,
    *,
    limit: int = 20,
    starting_after: str | None = None,
    status: str | None = None,
    plan: str | None = None,
    livemode: bool = True,
    source: Source = "interview",
    candidate: str = "",
) -> tuple[list[Interview], bool]:
    """Newest first, with invitation, candidate and plan loaded, and whether more follow. ``plan``: a plan's name.
    ``candidate``: words of their name or address. Long documents are left out: the plans' bodies and the scripts."""
    plans = selectinload(Interview.invitation).selectinload(Invitation.plan).defer(PlanVersion.body, raiseload=True)
    query = _loaded().options(plans, defer(Interview.script, raiseload=True)).where(Interview.source == source)
    if status is not None:
        query = query.where(Interview.status == status)
    if plan is not None:
        query = query.where(Interview.plan_name == plan)
    if candidate:
        query = query.where(Interview.invitation_id.in_(select(Invitation.id).where(invited(candidate))))
    among = Interview.livemode.is_(livemode)
    return await page(session, query, Interview, limit=limit, starting_after=starting_after, among=among)


async def failed_interviews(session: AsyncSession) -> list[str]:
    """Those that a job failed at, oldest first."""
    over = select(Interview.id).where(Interview.failure.is_not(None), Interview.ended_at.is_not(None))
    return list(await session.scalars(over.order_by(Interview.ended_at)))


async def set_status(
    session: AsyncSession,
    interview_id: str,
    status: str,
    *,
    only_from: tuple[str, ...] | None = None,
    **changes: Unpack[Changes],
) -> bool:
    """``only_from`` guards the step: False, and nothing changed, where the interview is in another status.

    Webhooks are told of a new status in the same transaction.
    """
    if status not in STATUSES:
        raise ValueError(f"status is {status!r}; it must be one of {', '.join(STATUSES)}")
    before = await session.scalar(select(Interview.status).where(Interview.id == interview_id).with_for_update())
    if before is None or (only_from is not None and before not in only_from):
        return False
    await session.execute(update(Interview).where(Interview.id == interview_id).values(status=status, **changes))
    if "started_at" in changes:
        invited = select(Interview.invitation_id).where(Interview.id == interview_id).scalar_subquery()
        begun = update(Invitation).where(Invitation.id == invited).values(begun_at=changes["started_at"])
        await session.execute(begun.execution_options(synchronize_session=False))
    told = EVENTS.get((before, status)) or EVENTS.get(("", status))
    if told is not None and before != status:
        await announce(session, told, interview_id)
    if before != status:
        invitation_id = await session.scalar(select(Interview.invitation_id).where(Interview.id == interview_id))
        await tell_of_interview(session, str(invitation_id), status)
    return True


async def update_interview(session: AsyncSession, interview_id: str, **changes: Unpack[Changes]) -> None:
    """Change what is given and nothing else; not the status."""
    await session.execute(update(Interview).where(Interview.id == interview_id).values(**changes))


async def live_on(session: AsyncSession, node: str, *, but: str) -> bool:
    """Whether an interview other than ``but`` runs on this machine now."""
    query = select(Interview.id).where(Interview.status == "live", Interview.node == node, Interview.id != but)
    return await session.scalar(query.limit(1)) is not None


async def abandoned(session: AsyncSession, expired_before: datetime, *, limit: int = 100) -> list[str]:
    """Ids of interviews that were begun and never ended, and whose link expired before this moment."""
    query = (
        select(Interview.id)
        .join(Interview.invitation)
        .where(Interview.status.in_(("live", "paused")), Invitation.expires_at < expired_before)
    )
    return list(await session.scalars(query.order_by(Interview.created_at).limit(limit)))


async def ended_before(session: AsyncSession, moment: datetime, *, status: str, limit: int = 100) -> list[str]:
    """Ids of interviews in ``status`` whose talk ended before ``moment``, oldest first."""
    query = select(Interview.id).where(Interview.status == status, Interview.ended_at < moment)
    return list(await session.scalars(query.order_by(Interview.ended_at).limit(limit)))
