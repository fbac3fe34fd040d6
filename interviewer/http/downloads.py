"""Files of one interview: transcript as JSON and WebVTT, sound as FLAC, the camera's segments as they were recorded,
everything as one JSON document."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse, Response, StreamingResponse

from interviewer.http.documents import (
    answers_csv,
    interview_document,
    shown_version,
    transcript_document,
    webvtt_document,
)
from interviewer.http.problems import Problem
from interviewer.http.review import Review, gather
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account
from interviewer.http.store import store_reached
from interviewer.records import camera, recordings, scorecards
from interviewer.records.objects import ObjectStore
from interviewer.records.recordings import RecordedSide
from interviewer.records.tables import CameraSegment, Recording

__all__ = ["ByteRange", "router", "wanted_range"]

router = APIRouter(include_in_schema=False)

CHUNK = 256 * 1024
"""Bytes read from the object store at a time."""
_RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")

ByteRange = tuple[int, int]
"""[first, past the last) byte."""


def wanted_range(header: str, size: int) -> ByteRange | None:
    """The one range that is asked for, cut to ``size``; None where the whole file is the right answer: no header, an
    unknown unit, or several ranges (RFC 9110 section 14.2 lets a server ignore those). Raises ``range`` (416)."""
    found = _RANGE.match(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        first = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < first:
            return None
    else:
        first, end = max(0, size - int(found[2])), size
    if first >= size or first >= end:
        raise Problem(
            416, "range", "The range lies outside the file", f"The file has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    return first, end


async def _bytes(objects: ObjectStore, key: str, first: int, end: int) -> AsyncIterator[bytes]:
    for at in range(first, end, CHUNK):
        yield await objects.get_range(key, at, min(at + CHUNK, end))


@router.api_route("/interviews/{interview_id}/audio/{side}.flac", methods=["GET", "HEAD"])
async def audio(
    request: Request,
    who: Account,
    interview_id: str,
    side: RecordedSide,
    download: Annotated[bool, Query()] = False,
) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found = [r for r in await recordings.recordings_of(session, interview_id) if r.side == side]
    if not found:
        raise Problem(404, "not-found", "There is no such recording", "This interview has no recording of that side.")
    name = f"{interview_id}-{side}.flac" if download else ""
    return await _served(request, rooms.objects, found[0], name)


@router.api_route("/interviews/{interview_id}/camera/{segment_id}", methods=["GET", "HEAD"])
async def camera_segment(
    request: Request,
    who: Account,
    interview_id: str,
    segment_id: str,
    download: Annotated[bool, Query()] = False,
) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        found = await camera.segment(session, interview_id, segment_id)
    if found is None:
        raise Problem(404, "not-found", "There is no such recording", "This interview has no such camera recording.")
    name = f"{interview_id}-camera-{segment_id}{Path(found.object_key).suffix}" if download else ""
    return await _served(request, rooms.objects, found, name)


async def _served(request: Request, objects: ObjectStore, kept: Recording | CameraSegment, name: str) -> Response:
    """All of it, or the range that is asked for; to be stored under ``name``, played where that is ''."""
    try:
        with store_reached("The recording cannot be reached just now", "It is not lost. Please try again in a minute."):
            size = await objects.size(kept.object_key)
    except FileNotFoundError:
        detail = "The database knows this recording, but the object store does not hold it."
        raise Problem(404, "recording-missing", "The recording is missing", detail) from None
    tag = f'"{kept.sha256}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": "private, no-cache"}
    if name:
        headers["Content-Disposition"] = _attachment(name)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range", "")
    if request.headers.get("if-range", tag) != tag:
        asked = ""
    part = wanted_range(asked, size)
    first, end = part or (0, size)
    headers["Content-Length"] = str(end - first)
    if part is not None:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=kept.media_type)
    body = _bytes(objects, kept.object_key, first, end)
    return StreamingResponse(body, status_code=status, headers=headers, media_type=kept.media_type)


@router.get("/interviews/{interview_id}/transcript.json")
async def transcript_json(
    request: Request, who: Account, interview_id: str, version: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    review = await _review(request, interview_id, version)
    name = f"{interview_id}-transcript-{shown_version(review).version}.json"
    return JSONResponse(transcript_document(review), headers={"Content-Disposition": _attachment(name)})


@router.get("/interviews/{interview_id}/transcript.vtt")
async def transcript_vtt(
    request: Request, who: Account, interview_id: str, version: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    review = await _review(request, interview_id, version)
    name = f"{interview_id}-transcript-{shown_version(review).version}.vtt"
    headers = {"Content-Disposition": _attachment(name)}
    return Response(webvtt_document(review), media_type="text/vtt; charset=utf-8", headers=headers)


@router.get("/interviews/{interview_id}/answers.csv")
async def table(request: Request, who: Account, interview_id: str) -> Response:
    review = await _review(request, interview_id, None)
    headers = {"Content-Disposition": _attachment(f"{interview_id}-answers.csv")}
    return Response(answers_csv(review), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/interviews/{interview_id}/interview.json")
async def everything(request: Request, who: Account, interview_id: str) -> Response:
    rooms = rooms_of(request)
    async with rooms.database.session() as session:
        review = await gather(session, interview_id)
        cards = await scorecards.all_scorecards_of(session, interview_id)
    document = interview_document(review, cards)
    headers = {"Content-Disposition": _attachment(f"{interview_id}.json")}
    return JSONResponse(jsonable_encoder(document), headers=headers)


def _attachment(name: str) -> str:
    """Names are made of our own ids: nothing a person wrote gets into a header or a file name."""
    return f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "", name)}"'


async def _review(request: Request, interview_id: str, version: int | None) -> Review:
    async with rooms_of(request).database.session() as session:
        return await gather(session, interview_id, version)
