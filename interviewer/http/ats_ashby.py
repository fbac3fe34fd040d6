"""Ashby's assessment partner interface (developers.ashbyhq.com, "Creating an Assessments Integration"): three calls.

How the interview goes is told to assessment.update (interviewer.jobs.report).
"""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from interviewer.http.ats import Ashby, asked_for, offered
from interviewer.http.rooms import rooms_of
from interviewer.records import ats, invitations

router = APIRouter(prefix="/api/ats/ashby", include_in_schema=False)

log = structlog.get_logger(__name__)


class CandidateIn(BaseModel):
    """Other members are left alone: Ashby may add some at any time."""

    ashby_id: str = Field(max_length=100)
    first_name: str = Field(default="", max_length=100)
    last_name: str = Field(default="", max_length=100)
    email: str = Field(max_length=254)


class Named(BaseModel):
    ashby_id: str = Field(max_length=100)


class StartIn(BaseModel):
    assessment_type_id: str = Field(max_length=64)
    candidate: CandidateIn
    application: Named
    job: Named | None = None


class CancelIn(BaseModel):
    assessment_id: str = Field(max_length=64)


@router.post("/assessment.list")
async def list_assessments(request: Request, connection: Ashby) -> dict[str, Any]:
    results = [
        {"assessment_type_id": plan.plan, "name": plan.title, "description": plan.summary}
        for plan in offered(rooms_of(request), connection)
    ]
    return {"success": True, "results": results}


@router.post("/assessment.start")
async def start(request: Request, connection: Ashby, wanted: StartIn) -> dict[str, Any]:
    """One assessment for each application and plan: the same request again gets the first one's id."""
    rooms = rooms_of(request)
    name = f"{wanted.candidate.first_name} {wanted.candidate.last_name}".strip() or "Candidate"
    async with rooms.database.session() as session:
        found, made = await asked_for(
            session,
            rooms,
            connection,
            plan=wanted.assessment_type_id,
            name=name,
            email=wanted.candidate.email,
            asked_with=f"{wanted.application.ashby_id} {wanted.assessment_type_id}",
            callback_url=None,
            about={"application": wanted.application.ashby_id, "public_url": rooms.public_url},
        )
    log.info("ats.asked", kind="ashby", assessment=found.id, made=made)
    return {"success": True, "results": {"assessment_id": found.id}}


@router.post("/assessment.cancel")
async def cancel(request: Request, connection: Ashby, wanted: CancelIn) -> dict[str, Any]:
    """The link shows nothing more from now on. What is done stays done; cancelling again changes nothing."""
    async with rooms_of(request).database.session() as session:
        found = await ats.assessment(session, wanted.assessment_id)
        if found is None or found.connection_id != connection.id:
            return {"success": False, "errors": ["assessment_not_found"]}
        if found.stage not in ("completed", "cancelled"):
            await invitations.revoke_invitation(session, found.invitation_id)
            await ats.tell(session, found, "cancelled")
    return {"success": True, "results": {"assessment_id": wanted.assessment_id}}
