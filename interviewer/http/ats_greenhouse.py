"""Greenhouse's assessment partner interface (developers.greenhouse.io/assessment.html): the four calls that it makes.

When the interview is scored, Greenhouse is told with a PATCH (interviewer.jobs.report) and asks ``test_status``.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from interviewer.http.ats import Greenhouse, asked_for, offered
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.jobs.report import host_allowed, review_address
from interviewer.records import ats

router = APIRouter(prefix="/api/ats/greenhouse", include_in_schema=False)

log = structlog.get_logger(__name__)


class CandidateIn(BaseModel):
    """Other members are left alone: Greenhouse may add some at any time."""

    first_name: str = Field(max_length=100)
    last_name: str = Field(max_length=100)
    email: str = Field(max_length=254)


class SendTestIn(BaseModel):
    partner_test_id: str = Field(max_length=64)
    candidate: CandidateIn
    url: str = Field(max_length=2048)


@router.get("/list_tests")
async def list_tests(request: Request, connection: Greenhouse) -> list[dict[str, str]]:
    plans = offered(rooms_of(request), connection)
    return [{"partner_test_id": plan.plan, "partner_test_name": plan.title} for plan in plans]


@router.post("/send_test")
async def send_test(request: Request, connection: Greenhouse, wanted: SendTestIn) -> dict[str, str]:
    """The same request again gets the first one's id. ``url`` is where completion is told."""
    if not host_allowed(wanted.url, connection):
        reason = f"The address must be one of https://{connection.callback_host}."
        raise Problem(422, "target-refused", "Nothing can be told there", reason, param="url")
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found, made = await asked_for(
            session,
            rooms,
            connection,
            plan=wanted.partner_test_id,
            name=f"{wanted.candidate.first_name} {wanted.candidate.last_name}",
            email=wanted.candidate.email,
            asked_with=hashlib.sha256(f"{wanted.partner_test_id}\n{wanted.url}".encode()).hexdigest(),
            callback_url=wanted.url,
            about={},
        )
    log.info("ats.asked", kind="greenhouse", assessment=found.id, made=made)
    return {"partner_interview_id": found.id}


@router.get("/test_status")
async def test_status(
    request: Request, connection: Greenhouse, partner_interview_id: Annotated[str, Query(max_length=64)]
) -> dict[str, Any]:
    """No number is given for a score: a hint's levels are not one, and people decide."""
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found = await ats.assessment(session, partner_interview_id)
    if found is None or found.connection_id != connection.id:
        raise Problem(404, "not-found", "There is no such test", param="partner_interview_id")
    interview = found.invitation.interview
    if interview is None or interview.status == "created":
        return {"partner_status": "sent"}
    if interview.status != "scored":
        return {"partner_status": "in progress" if interview.ended_at is None else "being scored"}
    return {
        "partner_status": "complete",
        "partner_profile_url": review_address(rooms.public_url, interview.id),
        "metadata": {
            "Plan": found.invitation.plan.title,
            "Started at": interview.started_at.isoformat() if interview.started_at else None,
            "Completed at": interview.submitted_at.isoformat() if interview.submitted_at else None,
        },
    }


@router.post("/response_error")
async def response_error(request: Request, connection: Greenhouse) -> dict[str, bool]:
    """Greenhouse could not use a reply of ours. Its words may name a candidate, so they are not logged."""
    log.warning("ats.reply_refused", kind="greenhouse", connection=connection.id)
    return {"received": True}
