"""Applicant tracking systems: who may call, what each asked for, and what goes back to it.

A report is put into the queue in the transaction of what it tells, as webhooks are: it is told if and only if it
happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from interviewer.records.ids import new_id
from interviewer.records.queue import BEHIND_OTHERS, defer_within, without_job
from interviewer.records.secrets import hash_token, new_secret
from interviewer.records.tables import AtsAssessment, AtsConnection, Invitation

__all__ = [
    "REPORT", "Kind", "Stage", "add_assessment", "add_connection", "assessment", "assessment_asked_with",
    "connection_by_secret", "is_spent", "list_connections", "lost_reports", "revoke_connection", "set_aside",
    "settle_report", "tell", "tell_of_interview",
]  # fmt: skip

REPORT = "report_assessment"
QUEUE = "deliver"
Kind = Literal["greenhouse", "ashby"]
Stage = Literal["invited", "started", "completed", "cancelled"]
_TOLD: Mapping[str, tuple[Stage, ...]] = {"greenhouse": ("completed",), "ashby": ("started", "completed")}
"""Greenhouse wants to know of the end alone."""
_STAGES: Mapping[str, Stage] = {"live": "started", "scored": "completed"}
LOST_AFTER = timedelta(minutes=2)


async def add_connection(
    session: AsyncSession,
    *,
    kind: Kind,
    name: str,
    plans: Sequence[str],
    livemode: bool,
    callback_host: str | None = None,
    callback_url: str | None = None,
    callback_secret: str | None = None,
    private_allowed: bool = False,
) -> tuple[AtsConnection, str]:
    """The connection and the secret that the system sends, which is never seen again. Greenhouse is answered with that
    same key (its documentation, "PATCH - Mark Test as Completed"), so for it the key is kept readable."""
    secret = new_secret("mk_ats_")
    made = AtsConnection(
        id=new_id("ats", test=not livemode), kind=kind, name=name, livemode=livemode, secret_hash=hash_token(secret),
        hint=secret[-4:], plans=sorted(set(plans)), callback_host=callback_host, callback_url=callback_url,
        callback_secret=secret if kind == "greenhouse" else callback_secret, private_allowed=private_allowed,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made, secret


async def connection_by_secret(session: AsyncSession, kind: Kind, secret: str) -> AtsConnection | None:
    """None where it is unknown, revoked, or of another kind."""
    query = select(AtsConnection).where(
        AtsConnection.secret_hash == hash_token(secret), AtsConnection.kind == kind, AtsConnection.revoked_at.is_(None)
    )
    found = await session.scalar(query)
    if found is not None:
        found.last_used_at = datetime.now(UTC)
    return found


async def list_connections(session: AsyncSession) -> list[AtsConnection]:
    """Newest first, revoked ones too."""
    return list(await session.scalars(select(AtsConnection).order_by(AtsConnection.created_at.desc())))


async def revoke_connection(session: AsyncSession, connection_id: str) -> bool:
    """False where there is none, or it was revoked before. What is open with it is reported no more."""
    gone = (
        update(AtsConnection)
        .where(AtsConnection.id == connection_id, AtsConnection.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC), callback_secret=None)
        .returning(AtsConnection.id)
    )
    return (await session.execute(gone)).one_or_none() is not None


def _loaded() -> Select[AtsAssessment]:
    return select(AtsAssessment).options(
        selectinload(AtsAssessment.connection),
        selectinload(AtsAssessment.invitation).options(
            selectinload(Invitation.candidate), selectinload(Invitation.plan), selectinload(Invitation.interview)
        ),
    )


async def assessment(session: AsyncSession, assessment_id: str) -> AtsAssessment | None:
    """With connection, invitation, candidate, plan and interview loaded."""
    return await session.scalar(_loaded().where(AtsAssessment.id == assessment_id))


async def assessment_asked_with(session: AsyncSession, connection_id: str, asked_with: str) -> AtsAssessment | None:
    """What was made when the system asked for just this before. Waits for one that is being made."""
    await session.execute(select(AtsConnection.id).where(AtsConnection.id == connection_id).with_for_update())
    query = _loaded().where(AtsAssessment.connection_id == connection_id, AtsAssessment.asked_with == asked_with)
    return await session.scalar(query)


def is_spent(found: AtsAssessment, now: datetime) -> bool:
    """Whether nobody can take it any more: cancelled, withdrawn, or expired before the interview was begun."""
    invitation = found.invitation
    begun = invitation.interview is not None and invitation.interview.status != "created"
    expired = invitation.expires_at <= now and not begun
    return found.stage == "cancelled" or invitation.revoked_at is not None or expired


async def set_aside(session: AsyncSession, found: AtsAssessment) -> None:
    """Asked for again, there will be another one in its place. It keeps its id and its reports."""
    found.asked_with = f"{found.asked_with} {found.id}"
    await session.flush()


async def add_assessment(
    session: AsyncSession,
    connection: AtsConnection,
    invitation: Invitation,
    *,
    asked_with: str,
    callback_url: str | None,
    about: Mapping[str, Any],
) -> AtsAssessment:
    made = AtsAssessment(
        id=new_id("asm", test=not connection.livemode), connection_id=connection.id, invitation_id=invitation.id,
        asked_with=asked_with, callback_url=callback_url, about=dict(about),
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def tell(session: AsyncSession, found: AtsAssessment, stage: Stage) -> None:
    """Report this stage; one that was not yet delivered is overtaken by it."""
    found.stage, found.report, found.tries, found.due_at = stage, "pending", 0, datetime.now(UTC)
    found.delivered_at = None
    await session.flush()
    await defer_within(session, REPORT, found.id, queue=QUEUE, priority=BEHIND_OTHERS)


async def tell_of_interview(session: AsyncSession, invitation_id: str, status: str) -> None:
    """In the transaction that changes the interview's status."""
    stage = _STAGES.get(status)
    if stage is None:
        return
    found = await session.scalar(_loaded().where(AtsAssessment.invitation_id == invitation_id))
    if found is None or found.stage in (stage, "completed", "cancelled") or found.connection.revoked_at is not None:
        return
    if stage in _TOLD[found.connection.kind]:
        await tell(session, found, stage)


async def settle_report(
    session: AsyncSession,
    found: AtsAssessment,
    *,
    response_status: int | None,
    problem: str | None,
    now: datetime,
    again_at: datetime | None,
) -> bool:
    """Note what became of a try. False, and nothing noted, where it was overtaken meanwhile."""
    done = (
        update(AtsAssessment)
        .where(
            AtsAssessment.id == found.id,
            AtsAssessment.report == "pending",
            AtsAssessment.stage == found.stage,
            AtsAssessment.tries == found.tries,
        )
        .values(
            report="delivered" if problem is None else "pending" if again_at else "failed",
            tries=found.tries + 1,
            due_at=again_at,
            response_status=response_status,
            problem=problem,
            delivered_at=now if problem is None else None,
        )
        .returning(AtsAssessment.id)
    )
    if (await session.execute(done)).one_or_none() is None:
        return False
    if again_at is not None:
        await defer_within(session, REPORT, found.id, queue=QUEUE, priority=BEHIND_OTHERS, at=again_at)
    return True


async def lost_reports(session: AsyncSession, now: datetime) -> list[str]:
    """Put those back into the queue whose job was lost or given up, and return their ids."""
    late = select(AtsAssessment.id).where(
        AtsAssessment.report == "pending", AtsAssessment.due_at < now - LOST_AFTER,
        without_job(AtsAssessment.id, REPORT),
    )  # fmt: skip
    ids = list(await session.scalars(late.order_by(AtsAssessment.due_at).limit(1000).with_for_update()))
    for assessment_id in ids:
        await defer_within(session, REPORT, assessment_id, queue=QUEUE, priority=BEHIND_OTHERS)
    if ids:
        await session.execute(update(AtsAssessment).where(AtsAssessment.id.in_(ids)).values(due_at=now))
    return ids
