"""The rows that an interview stands on."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.interviews import create_interview
from interviewer.records.invitations import create_invitation
from interviewer.records.plan_versions import store_plan
from interviewer.records.tables import Interview, Invitation


async def an_invitation(session: AsyncSession, name: str = "An Le", email: str | None = None) -> tuple[Invitation, str]:
    plan = await store_plan(session, name="plan", version=1, hash="h", title="Plan", body={"plan": {}})
    return await create_invitation(
        session, plan_id=plan.id, candidate_name=name, candidate_email=email, variables={"field": "law"},
        expires_at=datetime.now(UTC) + timedelta(days=7),
    )  # fmt: skip


async def an_interview(session: AsyncSession) -> Interview:
    invitation, _ = await an_invitation(session)
    return await create_interview(session, invitation.id, {"title": "Plan"})
