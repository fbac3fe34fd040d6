"""/api/v1/invitations"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import Invitation, InvitationIn
from interviewer.http.inviting import Wish, invite, link_of
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.records import invitations

router = APIRouter(prefix="/invitations", tags=["Invitations"])

Writer = Annotated[Caller, Depends(scoped(Scope.INVITATIONS_WRITE))]
Reader = Annotated[Caller, Depends(scoped(Scope.INVITATIONS_READ))]


@router.post("", status_code=201, operation_id="create_invitation", summary="Invite a candidate")
async def create(request: Request, response: Response, caller: Writer, wanted: InvitationIn) -> Invitation:
    """Makes a link for one candidate to one version of a plan. `link` is in this reply alone: it is stored hashed."""
    rooms = rooms_of(request)
    made, token = await invite(
        rooms,
        Wish(
            plan=wanted.plan.name,
            version=wanted.plan.version,
            candidate_name=wanted.candidate.name,
            candidate_email=wanted.candidate.email,
            variables=wanted.variables,
            accommodation=wanted.accommodation,
            expires_at=wanted.expires_at,
            created_by=caller.key_id,
        ),
    )
    response.headers["Location"] = f"/api/v1/invitations/{made.id}"
    return Invitation.of(made, rooms.clock(), link_of(rooms, token))


@router.get("/{invitation_id}", operation_id="get_invitation", summary="Read an invitation")
async def read(request: Request, caller: Reader, invitation_id: str) -> Invitation:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found = await invitations.invitation(session, invitation_id)
    if found is None:
        detail = f"No invitation has the id {invitation_id}."
        raise Problem(404, "not-found", "There is no such invitation", detail, param="invitation_id")
    return Invitation.of(found, rooms.clock())
