"""Applicant tracking systems as callers: who they are, and the invitations that they ask for.

Both send a key of ours as the user name of HTTP Basic authentication, with an empty password.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.inviting import Wish, invite_within
from interviewer.http.problems import Problem
from interviewer.http.rate_limits import RateLimits
from interviewer.http.rooms import Rooms, rooms_of
from interviewer.http.security import client_address
from interviewer.plans.schema import Plan
from interviewer.records import ats
from interviewer.records.ats import Kind
from interviewer.records.tables import AtsAssessment, AtsConnection
from interviewer.records.webhooks import announce_invitation

__all__ = ["Ashby", "Greenhouse", "asked_for", "offered"]

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="ats"'}


def _connected(kind: Kind) -> Callable[..., Awaitable[AtsConnection]]:
    """A dependency: the connection whose key was sent; else ``unauthenticated`` (401)."""

    async def check(request: Request) -> AtsConnection:
        limits: RateLimits = request.app.state.rate_limits
        address = client_address(request)
        limits.check("key", address)
        secret = _user(request.headers.get("authorization", ""))
        async with rooms_of(request).database.session() as session:
            found = await ats.connection_by_secret(session, kind, secret) if secret else None
        if found is None:
            limits.count("key", address)
            detail = "Send the key that `interviewer ats add` printed, as the user name of Basic authentication."
            raise Problem(401, "unauthenticated", "The key is not known", detail, headers=_CHALLENGE)
        return found

    return check


Greenhouse = Annotated[AtsConnection, Depends(_connected("greenhouse"))]
Ashby = Annotated[AtsConnection, Depends(_connected("ashby"))]


def _user(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except ValueError:  # not Base64, not UTF-8, or not even ASCII
        return ""


def offered(rooms: Rooms, connection: AtsConnection) -> list[Plan]:
    """The plans that may be sent: those that were chosen, and need no variable from whoever invites."""
    plans = [rooms.library.get(name).plan for name in rooms.library.names()]
    return [
        plan
        for plan in plans
        if (not connection.plans or plan.plan in connection.plans)
        and all(v.default is not None for v in plan.variables.values())
    ]


async def asked_for(
    session: AsyncSession,
    rooms: Rooms,
    connection: AtsConnection,
    *,
    plan: str,
    name: str,
    email: str,
    asked_with: str,
    callback_url: str | None,
    about: Mapping[str, Any],
) -> tuple[AtsAssessment, bool]:
    """The assessment, and whether it is new: the same request again gets the first one, while that can still be done or
    is done. Raises :class:`Problem`."""
    known = await ats.assessment_asked_with(session, connection.id, asked_with)
    if known is not None and not ats.is_spent(known, rooms.clock()):
        return known, False
    if known is not None:
        await ats.set_aside(session, known)
    if plan not in [p.plan for p in offered(rooms, connection)]:
        raise Problem(422, "plan-unknown", "There is no such test", f"{plan} is not offered.", param="plan")
    wish = Wish(
        plan=plan, candidate_name=name, candidate_email=email, created_by=connection.id, livemode=connection.livemode
    )
    invitation, _ = await invite_within(session, rooms, wish)
    made = await ats.add_assessment(
        session, connection, invitation, asked_with=asked_with, callback_url=callback_url, about=about
    )
    # Nobody has the link yet: whoever is told of the invitation asks for one, and sends it on.
    await announce_invitation(session, invitation)
    return made, True
