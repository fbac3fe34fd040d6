"""A candidate's link: who it belongs to, and where on the way from notice to receipt they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.requests import HTTPConnection

from interviewer.http.problems import Problem
from interviewer.http.rooms import Rooms, rooms_of
from interviewer.plans.library import PlanBundle
from interviewer.records import interviews, invitations
from interviewer.records.tables import Interview, Invitation

__all__ = ["Running", "Step", "Talk", "Visit", "VisitHere", "open_link"]

TOKEN_MAX = 64
"""Longer than any token ever made; what is longer is not worth a query."""


class Step(StrEnum):
    """Where the candidate is. The value is the last part of that page's address."""

    NOTICE = ""
    INTERVIEW = "interview"
    CHECK = "check"
    RECEIPT = "receipt"


_STEPS = {
    "created": Step.INTERVIEW,
    "live": Step.INTERVIEW,
    "paused": Step.INTERVIEW,
    "checking": Step.CHECK,
    "submitted": Step.RECEIPT,
    "scored": Step.RECEIPT,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by a link that is good. ``interview`` is None until the candidate has agreed to the notice."""

    token: str
    invitation: Invitation
    interview: Interview | None
    rooms: Rooms

    @property
    def step(self) -> Step:
        return Step.NOTICE if self.interview is None else _STEPS[self.interview.status]

    @property
    def base(self) -> str:
        return f"/i/{quote(self.token, safe='')}"

    def address(self, step: Step) -> str:
        return f"{self.base}/{step.value}" if step.value else self.base

    @property
    def bundle(self) -> PlanBundle:
        """The plan as it was when this candidate was invited."""
        return PlanBundle.from_dict(self.invitation.plan.body)


async def open_link(connection: HTTPConnection, token: str) -> Visit:
    """Raises :class:`Problem` 404 ``link-unknown``, 410 ``link-revoked`` or ``link-expired``.

    A link that expires in the middle of an interview stays good until that interview is over, and its receipt can be
    read afterwards. A revoked one shows nothing more.
    """
    rooms = rooms_of(connection)
    found: Invitation | None = None
    interview: Interview | None = None
    if len(token) <= TOKEN_MAX:
        async with rooms.database.session() as session:
            found = await invitations.invitation_by_token(session, token)
            if found is not None:
                interview = await interviews.interview_for_invitation(session, found.id)
    if found is None:
        raise Problem(
            404,
            "link-unknown",
            "This link does not lead to an interview",
            "It may have been cut off when it was copied.",
            todo=(
                "Open the invitation again and click the link itself, or copy all of it.",
                "If that does not help, ask the person who invited you for a new link.",
            ),
        )
    if found.revoked_at is not None:
        raise Problem(
            410,
            "link-revoked",
            "This invitation was withdrawn",
            "The person who invited you has closed this link.",
            todo=("Ask the person who invited you whether you should get a new one.",),
        )
    begun = interview is not None and interview.status != "created"
    if found.expires_at <= rooms.clock() and not begun:
        raise Problem(
            410,
            "link-expired",
            "This link has expired",
            "Links to an interview are good for a limited time, and this one was not used in it.",
            todo=("Ask the person who invited you for a new link. It takes them a minute.",),
        )
    return Visit(token, found, interview, rooms)


async def _visit(connection: HTTPConnection, token: str) -> Visit:
    return await open_link(connection, token)


VisitHere = Annotated[Visit, Depends(_visit)]


@dataclass(frozen=True, slots=True)
class Talk:
    """An interview that can still be talked in."""

    visit: Visit
    interview_id: str


async def _talk(visit: VisitHere) -> Talk:
    """Raises :class:`Problem` 409 with ``next``, where the candidate's page should go instead."""
    if visit.interview is None:
        raise Problem(
            409,
            "consent-missing",
            "Please read and accept the notice first",
            "The interview begins after that.",
            next=visit.address(Step.NOTICE),
        )
    if visit.step is not Step.INTERVIEW:
        raise Problem(
            409,
            "interview-over",
            "This interview is over",
            "Its questions are closed.",
            next=visit.address(visit.step),
        )
    return Talk(visit, visit.interview.id)


Running = Annotated[Talk, Depends(_talk)]
