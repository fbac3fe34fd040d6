"""Making an invitation: one way, for the page and for the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.problems import Problem
from interviewer.http.rooms import Rooms
from interviewer.plans.library import Library, PlanBundle, UnknownPlan
from interviewer.plans.variables import VariableError, check_variables
from interviewer.records import invitations, plan_versions
from interviewer.records.database import Database
from interviewer.records.invitations import InvitationStatus, invitation_status
from interviewer.records.tables import Invitation

__all__ = [
    "ACCOMMODATIONS", "LONGEST_DAYS", "USUAL_DAYS", "InvitationStatus", "Invites", "Wish", "bundle_of",
    "invitation_status", "invite", "invite_within", "link_of",
]  # fmt: skip

ACCOMMODATIONS: Mapping[float, str] = {
    1.0: "Standard time",
    1.25: "A quarter more time",
    1.5: "Half as much time again",
    2.0: "Twice the time",
}
"""The factors that recruiters choose from; limits and patience are multiplied by them."""
LONGEST_DAYS = 90
"""A link is good for at most this long."""
USUAL_DAYS = 7
_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,189}\.[^@\s.]{2,63}$")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of all that follows them on a page."""


class Invites(Protocol):
    """What making an invitation needs of the rooms; the command line has no more than this."""

    @property
    def database(self) -> Database: ...
    @property
    def library(self) -> Library: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. ``expires_at``: None for a week from now."""

    plan: str
    version: int | None = None
    candidate_name: str = ""
    candidate_email: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    accommodation: float = 1.0
    expires_at: datetime | None = None
    created_by: str | None = None
    livemode: bool = True


def link_of(rooms: Rooms, token: str) -> str:
    return f"{rooms.public_url.rstrip('/')}/i/{token}"


def bundle_of(rooms: Invites, plan: str, version: int | None) -> PlanBundle:
    """Raises ``plan-unknown`` (422)."""
    try:
        return rooms.library.get(plan, version)
    except UnknownPlan as error:
        raise _wrong("plan-unknown", "plan", str(error)) from None


async def invite(rooms: Invites, wish: Wish) -> tuple[Invitation, str]:
    """:func:`invite_within` a transaction of its own."""
    async with rooms.database.session() as session:
        return await invite_within(session, rooms, wish)


async def invite_within(session: AsyncSession, rooms: Invites, wish: Wish) -> tuple[Invitation, str]:
    """The stored invitation (with candidate and plan) and its link, which cannot be had a second time.

    Raises :class:`Problem` 422 with ``param`` and ``errors`` where a field will not do.
    """
    bundle = bundle_of(rooms, wish.plan, wish.version)
    name = " ".join(wish.candidate_name.split())
    if not 1 <= len(name) <= 200:
        raise _wrong("invalid", "candidate.name", "The candidate's name is needed, of at most 200 characters.")
    if _UNSEEN.search(name):
        raise _wrong("invalid", "candidate.name", "The candidate's name holds a character that cannot be seen.")
    email = (wish.candidate_email or "").strip() or None
    if email is not None and not _EMAIL.match(email):
        raise _wrong("invalid", "candidate.email", "This is not an e-mail address.")
    if wish.accommodation not in ACCOMMODATIONS:
        known = ", ".join(str(a) for a in ACCOMMODATIONS)
        raise _wrong("invalid", "accommodation", f"The accommodation factor is one of {known}.")
    now = rooms.clock()
    expires_at = wish.expires_at or now + timedelta(days=USUAL_DAYS)
    if not now < expires_at <= now + timedelta(days=LONGEST_DAYS):
        raise _wrong("invalid", "expires_at", f"The link must expire within the next {LONGEST_DAYS} days.")
    try:
        variables = check_variables(bundle.plan, wish.variables)
    except VariableError as error:
        raise _variables_wrong(error) from None
    plan = await plan_versions.store_plan(
        session,
        name=bundle.plan.plan,
        version=bundle.plan.version,
        hash=bundle.hash,
        title=bundle.plan.title,
        body=bundle.to_dict(),
    )
    return await invitations.create_invitation(
        session,
        plan_id=plan.id,
        candidate_name=name,
        candidate_email=email,
        variables=variables,
        accommodation=wish.accommodation,
        expires_at=expires_at,
        created_by=wish.created_by,
        livemode=wish.livemode,
    )


def _wrong(code: str, param: str, reason: str) -> Problem:
    errors = [{"param": param, "reason": reason}]
    return Problem(422, code, "The invitation was not made", reason, param=param, errors=errors)


def _variables_wrong(error: VariableError) -> Problem:
    errors = [{"param": f"variables.{p.variable}", "reason": f"{p.reason}. {p.mend}"} for p in error.problems]
    return Problem(
        422,
        "variables-invalid",
        "The invitation was not made",
        "; ".join(str(p) for p in error.problems),
        param=errors[0]["param"],
        errors=errors,
    )
