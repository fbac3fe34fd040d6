"""Invitations: one candidate's link to one plan version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from interviewer.records.ids import new_id
from interviewer.records.pages import page
from interviewer.records.search import invited
from interviewer.records.secrets import hash_token, new_token
from interviewer.records.tables import Candidate, Interview, Invitation, PlanVersion

__all__ = [
    "InvitationStatus", "create_invitation", "invitation", "invitation_by_token", "invitation_status",
    "list_invitations", "new_link", "revoke_invitation",
]  # fmt: skip

InvitationStatus = Literal["open", "used", "expired", "revoked"]


def _loaded() -> Select[Invitation]:
    return select(Invitation).options(
        selectinload(Invitation.candidate), selectinload(Invitation.plan), selectinload(Invitation.interview)
    )


async def create_invitation(
    session: AsyncSession,
    *,
    plan_id: str,
    candidate_name: str,
    candidate_email: str | None,
    variables: Mapping[str, str],
    accommodation: float = 1.0,
    expires_at: datetime,
    livemode: bool = True,
    created_by: str | None = None,
) -> tuple[Invitation, str]:
    """The invitation (candidate and plan loaded) and its link's token, which is never seen again.

    The same name with the same address is the same candidate; those of test mode are others.
    """
    candidate = await _candidate(session, candidate_name.strip(), (candidate_email or "").strip() or None, livemode)
    token = new_token(test=not livemode)
    plan_name = (await session.scalars(select(PlanVersion.name).where(PlanVersion.id == plan_id))).one()
    made = Invitation(
        id=new_id("inv", test=not livemode), plan_id=plan_id, plan_name=plan_name, candidate_id=candidate.id,
        token_hash=hash_token(token), variables=dict(variables), accommodation=accommodation, expires_at=expires_at,
        livemode=livemode, created_by=created_by,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return (await session.scalars(_loaded().where(Invitation.id == made.id).execution_options(
        populate_existing=True))).one(), token  # fmt: skip


async def _candidate(session: AsyncSession, name: str, email: str | None, livemode: bool) -> Candidate:
    if email is not None:
        same = select(Candidate).where(
            func.lower(Candidate.email) == email.lower(), Candidate.name == name, Candidate.livemode.is_(livemode)
        )
        known = await session.scalar(same.order_by(Candidate.created_at).limit(1))
        if known is not None:
            return known
    candidate = Candidate(id=new_id("cand", test=not livemode), name=name, email=email, livemode=livemode)
    session.add(candidate)
    await session.flush()
    return candidate


async def invitation_by_token(session: AsyncSession, token: str) -> Invitation | None:
    """With candidate, plan and interview loaded. Expired and revoked ones too: the page tells them apart."""
    return await session.scalar(_loaded().where(Invitation.token_hash == hash_token(token)))


async def invitation(session: AsyncSession, invitation_id: str, *, lock: bool = False) -> Invitation | None:
    """With candidate, plan and interview loaded. ``lock`` holds it until the transaction ends."""
    query = _loaded().where(Invitation.id == invitation_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def new_link(session: AsyncSession, found: Invitation) -> str:
    """Another token for the same invitation; the one before it leads nowhere from now on."""
    token = new_token(test=not found.livemode)
    found.token_hash = hash_token(token)
    await session.flush()
    return token


async def revoke_invitation(session: AsyncSession, invitation_id: str) -> bool:
    """False where there is no such invitation, or it was revoked before."""
    revoked = await session.execute(
        update(Invitation).where(Invitation.id == invitation_id, Invitation.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC)).returning(Invitation.id)
    )  # fmt: skip
    return revoked.one_or_none() is not None


async def list_invitations(
    session: AsyncSession,
    *,
    limit: int = 20,
    starting_after: str | None = None,
    status: InvitationStatus | None = None,
    plan: str | None = None,
    now: datetime | None = None,
    livemode: bool = True,
    candidate: str = "",
) -> tuple[list[Invitation], bool]:
    """Newest first, with candidate, plan and interview loaded (without the long documents: the plan's body, the
    interview's script), and whether more follow. ``plan``: a plan's name; ``candidate``: words of their name or
    address; ``now`` decides what has expired."""
    query = _loaded().options(
        selectinload(Invitation.plan).defer(PlanVersion.body, raiseload=True),
        selectinload(Invitation.interview).defer(Interview.script, raiseload=True),
    )
    if status is not None:
        query = query.where(_has_status(status, now or datetime.now(UTC)))
    query = query.where(Invitation.source == "interview")
    if plan is not None:
        query = query.where(Invitation.plan_name == plan)
    if candidate:
        query = query.where(invited(candidate))
    among = Invitation.livemode.is_(livemode)
    return await page(session, query, Invitation, limit=limit, starting_after=starting_after, among=among)


def _has_status(status: InvitationStatus, now: datetime) -> ColumnElement[bool]:
    """The same order of questions as in :func:`invitation_status`."""
    if status == "revoked":
        return Invitation.revoked_at.is_not(None)
    if status == "used":
        return and_(Invitation.revoked_at.is_(None), Invitation.begun_at.is_not(None))
    waits = Invitation.expires_at > now if status == "open" else Invitation.expires_at <= now
    return and_(Invitation.revoked_at.is_(None), Invitation.begun_at.is_(None), waits)


def invitation_status(row: Invitation, now: datetime) -> InvitationStatus:
    """``used`` from the start of the interview on; its link still leads back to it."""
    if row.revoked_at is not None:
        return "revoked"
    if row.begun_at is not None:
        return "used"
    return "expired" if row.expires_at <= now else "open"
