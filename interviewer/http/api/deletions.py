"""Deleting an interview for good, and the log of what was deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import ListOf
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.records import deletions, tables
from interviewer.records.pages import UnknownCursor

router = APIRouter(tags=["Deletions"])

Deleter = Annotated[Caller, Depends(scoped(Scope.INTERVIEWS_DELETE))]

log = structlog.get_logger(__name__)


class Deletion(BaseModel):
    """Nothing in it tells who the candidate was or what was said."""

    object: Literal["deletion"] = "deletion"
    id: str
    livemode: bool
    status: Literal["erasing", "erased"] = Field(description="`erased` when the files are gone as well as the rows")
    interview_id: str | None
    invitation_id: str
    requested_by: str = Field(description="a key's id, `command line` or `retention`")
    removed: dict[str, int] = Field(description="rows by table")
    created_at: datetime
    erased_at: datetime | None

    @classmethod
    def of(cls, row: tables.Deletion) -> Self:
        return cls(
            id=row.id,
            livemode=row.livemode,
            status="erasing" if row.erased_at is None else "erased",
            interview_id=row.interview_id,
            invitation_id=row.invitation_id,
            requested_by=row.requested_by,
            removed=row.removed,
            created_at=row.created_at,
            erased_at=row.erased_at,
        )


@router.delete(
    "/interviews/{interview_id}",
    status_code=202,
    operation_id="delete_interview",
    summary="Delete an interview for good",
)
async def delete(request: Request, caller: Deleter, interview_id: str) -> Deletion:
    """With its invitation, recording, transcripts, scorecards and consent, and with the candidate where this was the
    last invitation. Nothing of it can be read from now on; its files go within seconds (`status`). Deleting it again
    returns the first deletion. `interview-running` (409) while the candidate is in it."""
    made = None
    try:
        if interview_id.startswith("int_"):  # an invitation's id is no address of an interview
            async with rooms_of(request).database.session() as session:
                made = await deletions.forget(session, interview_id, caller.key_id, livemode=caller.livemode)
    except deletions.StillRunning:
        raise Problem(
            409,
            "interview-running",
            "The candidate is in the interview now",
            "It can be deleted when the candidate has left.",
            param="interview_id",
        ) from None
    if made is None:
        detail = f"No interview has the id {interview_id}."
        raise Problem(404, "not-found", "There is no such interview", detail, param="interview_id")
    log.info("deletion.made", deletion=made.id, interview=interview_id, by=caller.key_id)
    return Deletion.of(made)


@router.get("/deletions", operation_id="list_deletions", summary="List deletions, newest first")
async def listed(
    request: Request,
    caller: Deleter,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
) -> ListOf[Deletion]:
    async with rooms_of(request).database.session() as session:
        try:
            rows, more = await deletions.list_deletions(
                session, limit=limit, starting_after=starting_after, livemode=caller.livemode
            )
        except UnknownCursor as error:
            raise Problem(
                422, "cursor-unknown", "The page does not exist", str(error), param="starting_after"
            ) from None
    return ListOf[Deletion](data=[Deletion.of(row) for row in rows], has_more=more)


@router.get("/deletions/{deletion_id}", operation_id="get_deletion", summary="Read a deletion")
async def read(request: Request, caller: Deleter, deletion_id: str) -> Deletion:
    """By its own id, or by that of the interview that was deleted."""
    async with rooms_of(request).database.session() as session:
        found = await deletions.deletion(session, deletion_id, livemode=caller.livemode)
    if found is None:
        detail = f"No deletion has the id {deletion_id}."
        raise Problem(404, "not-found", "There is no such deletion", detail, param="deletion_id")
    return Deletion.of(found)
