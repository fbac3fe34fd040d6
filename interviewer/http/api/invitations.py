"""/api/v1/invitations"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import Invitation, InvitationIn, ListOf
from interviewer.http.api.once import OnceRoute, Transaction
from interviewer.http.inviting import InvitationStatus, Wish, invitation_status, invite_within, link_of
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.records import invitations
from interviewer.records.pages import UnknownCursor
from interviewer.records.tables import Invitation as InvitationRow

router = APIRouter(prefix="/invitations", tags=["Invitations"], route_class=OnceRoute)

Writer = Annotated[Caller, Depends(scoped(Scope.INVITATIONS_WRITE))]
Reader = Annotated[Caller, Depends(scoped(Scope.INVITATIONS_READ))]


@router.post("", status_code=201, operation_id="create_invitation", summary="Invite a candidate")
async def create(
    request: Request, response: Response, caller: Writer, session: Transaction, wanted: InvitationIn
) -> Invitation:
    """Makes a link for one candidate to one version of a plan. `link` is in this reply alone: it is stored hashed."""
    rooms = rooms_of(request)
    made, token = await invite_within(
        session,
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
            livemode=caller.livemode,
        ),
    )
    response.headers["Location"] = f"/api/v1/invitations/{made.id}"
    return Invitation.of(made, rooms.clock(), link_of(rooms, token))


@router.get("", operation_id="list_invitations", summary="List invitations, newest first")
async def listed(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[InvitationStatus | None, Query()] = None,
    plan: Annotated[str | None, Query(max_length=64, description="a plan's name")] = None,
) -> ListOf[Invitation]:
    rooms = rooms_of(request)
    now = rooms.clock()
    async with rooms.database.session() as session:
        try:
            rows, more = await invitations.list_invitations(
                session, limit=limit, starting_after=starting_after, status=status, plan=plan, now=now,
                livemode=caller.livemode,
            )  # fmt: skip
        except UnknownCursor as error:
            raise Problem(
                422, "cursor-unknown", "The page does not exist", str(error), param="starting_after"
            ) from None
    return ListOf[Invitation](data=[Invitation.of(row, now) for row in rows], has_more=more)


@router.get("/{invitation_id}", operation_id="get_invitation", summary="Read an invitation")
async def read(request: Request, caller: Reader, invitation_id: str) -> Invitation:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found = await invitations.invitation(session, invitation_id)
    return Invitation.of(_there(found, invitation_id, caller), rooms.clock())


@router.post("/{invitation_id}/link", operation_id="renew_invitation_link", summary="Make a new link for an invitation")
async def renew(request: Request, caller: Writer, session: Transaction, invitation_id: str) -> Invitation:
    """For a link that was lost, or that an applicant tracking system asked for (`invitation.requested`): `link` is in
    this reply alone, and the link before it leads nowhere from now on. `invitation-not-open` (409) for one that is
    revoked or has expired."""
    rooms = rooms_of(request)
    found = _there(await invitations.invitation(session, invitation_id, lock=True), invitation_id, caller)
    status = invitation_status(found, rooms.clock())
    if status not in ("open", "used"):
        raise Problem(409, "invitation-not-open", "This invitation is not open", f"It is {status}.")
    token = await invitations.new_link(session, found)
    return Invitation.of(found, rooms.clock(), link_of(rooms, token))


@router.post("/{invitation_id}/revoke", operation_id="revoke_invitation", summary="Withdraw an invitation")
async def revoke(request: Request, caller: Writer, session: Transaction, invitation_id: str) -> Invitation:
    """Its link shows nothing more from now on. Withdrawing it again changes nothing."""
    found = _there(await invitations.invitation(session, invitation_id), invitation_id, caller)
    if await invitations.revoke_invitation(session, invitation_id):
        await session.refresh(found, ["revoked_at"])
    return Invitation.of(found, rooms_of(request).clock())


def _there(found: InvitationRow | None, invitation_id: str, caller: Caller) -> InvitationRow:
    if found is None or found.livemode is not caller.livemode:
        detail = f"No invitation has the id {invitation_id}."
        raise Problem(404, "not-found", "There is no such invitation", detail, param="invitation_id")
    return found
