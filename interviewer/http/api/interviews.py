"""/api/v1/interviews"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import (
    Interview,
    ListOf,
    ReviewDocument,
    Reviews,
    ScorecardDocument,
    Scorecards,
    TranscriptDocument,
)
from interviewer.http.documents import transcript_document, webvtt_document
from interviewer.http.problems import Problem
from interviewer.http.review import Review, found, gather
from interviewer.http.rooms import rooms_of
from interviewer.records import interviews, reviews
from interviewer.records.interviews import Source
from interviewer.records.pages import UnknownCursor

router = APIRouter(prefix="/interviews", tags=["Interviews"])

Reader = Annotated[Caller, Depends(scoped(Scope.INTERVIEWS_READ))]
Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="the one that is scored where none is given")]
Status = Literal["created", "live", "paused", "checking", "submitted", "scored"]


@router.get("", operation_id="list_interviews", summary="List interviews, newest first")
async def listed(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[Status | None, Query()] = None,
    plan: Annotated[str | None, Query(max_length=64, description="a plan's name")] = None,
    source: Annotated[Source, Query(description="`import`: answers that were given elsewhere")] = "interview",
) -> ListOf[Interview]:
    async with rooms_of(request).database.session() as session:
        try:
            rows, more = await interviews.list_interviews(
                session, limit=limit, starting_after=starting_after, status=status, plan=plan, source=source,
                livemode=caller.livemode,
            )  # fmt: skip
        except UnknownCursor as error:
            raise Problem(
                422, "cursor-unknown", "The page does not exist", str(error), param="starting_after"
            ) from None
    return ListOf[Interview](data=[Interview.of(row) for row in rows], has_more=more)


@router.get("/{interview_id}", operation_id="get_interview", summary="Read an interview")
async def read(request: Request, caller: Reader, interview_id: str) -> Interview:
    async with rooms_of(request).database.session() as session:
        return Interview.of(await found(session, interview_id, livemode=caller.livemode))


@router.get("/{interview_id}/transcript", operation_id="get_transcript", summary="Read the transcript")
async def transcript(
    request: Request, caller: Reader, interview_id: str, version: Version = None
) -> TranscriptDocument:
    """Turns with words, their times and confidences. `transcript-not-ready` (404) until the interview has ended."""
    return TranscriptDocument.model_validate(transcript_document(await _review(request, caller, interview_id, version)))


@router.get(
    "/{interview_id}/transcript.vtt",
    operation_id="get_transcript_webvtt",
    summary="Read the transcript as WebVTT",
    response_class=Response,
    responses={200: {"content": {"text/vtt": {"schema": {"type": "string"}}}}},
)
async def transcript_vtt(request: Request, caller: Reader, interview_id: str, version: Version = None) -> Response:
    text = webvtt_document(await _review(request, caller, interview_id, version))
    return Response(text, media_type="text/vtt; charset=utf-8")


@router.get("/{interview_id}/scorecards", operation_id="get_scorecards", summary="Read the latest scorecards")
async def read_scorecards(request: Request, caller: Reader, interview_id: str) -> Scorecards:
    """One for each scored answer, in the plan's order; empty until the interview is scored."""
    review = await _review(request, caller, interview_id)
    data = [
        ScorecardDocument.model_validate(
            {
                **scored.card.to_dict(),
                "id": scored.row.id,
                "answer_id": scored.row.answer_id,
                "transcript_version": scored.row.transcript_version,
                "total": scored.total,
            }
        )
        for scored in (section.scored for section in review.sections)
        if scored is not None
    ]
    return Scorecards(interview_id=interview_id, data=data)


@router.get(
    "/{interview_id}/reviews", operation_id="get_reviews", summary="Read what people gave beside the scorecards"
)
async def read_reviews(request: Request, caller: Reader, interview_id: str) -> Reviews:
    """The newest review of each person for each answer, in the plan's order. They are given on the interview's page."""
    async with rooms_of(request).database.session() as session:
        await found(session, interview_id, livemode=caller.livemode)
        given = await reviews.reviews_of(session, interview_id)
    return Reviews(interview_id=interview_id, data=[ReviewDocument.of(one) for one in given])


async def _review(request: Request, caller: Caller, interview_id: str, version: int | None = None) -> Review:
    async with rooms_of(request).database.session() as session:
        return await gather(session, interview_id, version, livemode=caller.livemode)
