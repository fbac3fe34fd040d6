"""What the candidate's browser recorded itself, in numbered chunks, and its word on how many there are.

A chunk may come twice, late, and in any order; it is acknowledged (204) when it is on the disk. Refused for good are
chunks that are too large, that are not what their hash says, and those that no page of ours would send; 429 and 503
ask the page to wait. The camera's chunks come the same way, with limits of their own, so that none of the sound ever
waits for them; they are taken from those alone who agreed to it, and nothing of them is decoded here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.body import read_bytes, read_json
from interviewer.http.link import Visit, VisitHere
from interviewer.http.problems import Problem
from interviewer.http.rate_limits import RateLimits
from interviewer.http.store import store_reached
from interviewer.records import browser, consents
from interviewer.records.tables import Interview

__all__ = ["CHUNK_LIMIT", "router"]

router = APIRouter(prefix="/i/{token}/recording", include_in_schema=False)

CHUNK_LIMIT = 1_048_576
"""Bytes. Pages cut what is longer into several chunks: they are only ever played joined."""
MANIFEST_LIMIT = 131_072
MOST_BYTES = {"microphone": 128 * 2**20, "camera": 512 * 2**20}
"""Of one interview: nine hours of speech, and between three and four of the camera."""
MOST_STRETCHES = 1000
"""A page begins a new one every minute (every twenty of the camera), at a reload, and after a pause."""
MOST_CHUNKS = 1000
"""Of one stretch; a page makes twenty, of the camera four hundred."""
LONGEST_AT = 24 * 3600 * 16_000
TAKEN_FOR = timedelta(hours=24)
"""After the end of the interview. What comes later would be heard by nobody."""
AT_ONCE = 16
"""Chunks that this process takes in at the same time; they are held in memory meanwhile."""
SEATS = {"microphone": AT_ONCE, "camera": AT_ONCE // 2}
"""How many may be taken when another of that kind comes."""
LIMITS = {"microphone": "recording", "camera": "camera"}
"""The name of each kind's rate limit."""
MEDIA_TYPES = {
    "audio/webm": "microphone",
    "audio/ogg": "microphone",
    "audio/mp4": "microphone",
    "video/webm": "camera",
    "video/mp4": "camera",
}
BEGINS: dict[str, tuple[int, bytes]] = {"video/webm": (0, b"\x1a\x45\xdf\xa3"), "video/mp4": (4, b"ftyp")}
"""Where in its first chunk a recording of that type says what it is, and how (RFC 8794, ISO/IEC 14496-12)."""
STRETCH = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_DIGEST = re.compile(r"^sha-256=:([A-Za-z0-9+/]{43}=):$")

log = structlog.get_logger(__name__)


class Announced(BaseModel):
    """One stretch in a manifest. ``sha256``: hex, of its chunks' hashes in hex, joined by line feeds."""

    model_config = ConfigDict(extra="forbid")

    stretch: str = Field(pattern=STRETCH.pattern)
    media_type: str
    at: int = Field(ge=0, le=LONGEST_AT)
    chunks: int = Field(ge=0, le=MOST_CHUNKS)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stretches: list[Announced] = Field(max_length=MOST_STRETCHES)


def _taking(visit: Visit) -> Interview:
    """The interview that still takes chunks."""
    interview = visit.interview
    if interview is None:
        raise Problem(
            409, "consent-missing", "Please read and accept the notice first", "Nothing is recorded before that."
        )
    if interview.ended_at is not None and visit.rooms.clock() > interview.ended_at + TAKEN_FOR:
        raise Problem(410, "recording-closed", "This interview takes no more sound", "It ended more than a day ago.")
    return interview


def _kind(media_type: str) -> str:
    plain = media_type.partition(";")[0].strip().lower()
    kind = MEDIA_TYPES.get(plain)
    if kind is None:
        raise Problem(
            415, "media-type", "This address takes another kind of content",
            f"Content-Type must be one of {', '.join(MEDIA_TYPES)}.", expected=list(MEDIA_TYPES),
        )  # fmt: skip
    return kind


def _digest(header: str) -> str:
    """The SHA-256 in hex of a Content-Digest (RFC 9530)."""
    found = _DIGEST.match(header.strip())
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else ""
    except binascii.Error:
        return ""


@router.put("/{stretch}/{number}", status_code=204)
async def take_chunk(
    request: Request,
    visit: VisitHere,
    stretch: Annotated[str, Path(pattern=STRETCH.pattern)],
    number: Annotated[int, Path(ge=0, lt=MOST_CHUNKS)],
    stretch_at: Annotated[int, Header(ge=0, le=LONGEST_AT)],
    content_digest: Annotated[str, Header()] = "",
) -> None:
    interview = _taking(visit)
    kind = _kind(request.headers.get("content-type", ""))
    limits: RateLimits = request.app.state.rate_limits
    limits.use(LIMITS[kind], interview.id)
    media_type = request.headers["content-type"].partition(";")[0].strip().lower()
    if kind == "camera":
        await _agreed(visit)
    with _Seat(request.app.state, kind):
        body = await read_bytes(request, CHUNK_LIMIT)
        sha256 = hashlib.sha256(body).hexdigest()
        if not body or _digest(content_digest) != sha256:
            raise Problem(
                422, "wrong-hash", "The chunk is not what its hash says",
                "Content-Digest must be sha-256=:...: of the whole body (RFC 9530).", param="Content-Digest",
            )  # fmt: skip
        if number == 0:
            _begins(media_type, body)
        async with visit.rooms.database.session() as session:
            if await _known(session, interview.id, stretch, number, sha256):
                return
            await _room_for(session, interview.id, stretch, number, kind, len(body))
        key = browser.chunk_key(interview.id, stretch, number)
        with store_reached("The chunk cannot be kept just now", "Keep it, and send it again in a moment."):
            await visit.rooms.objects.put_bytes(key, body)
        try:
            async with visit.rooms.database.session() as session:
                await browser.add_stretch(
                    session, interview.id, stretch, kind=kind, media_type=media_type, at=stretch_at
                )
                await browser.add_chunk(session, interview.id, stretch, number, sha256=sha256, size=len(body))
        except IntegrityError:  # deleted between the two: nothing of it stays
            await visit.rooms.objects.delete(key)
            raise Problem(410, "deleted", "This interview was deleted", "Nothing of it is kept.") from None
    if interview.ended_at is not None:
        await _work_on(visit, interview, {kind})


async def _work_on(visit: Visit, interview: Interview, kinds: set[str]) -> None:
    """What came after the end of the interview is for jobs to take in."""
    if "microphone" in kinds:
        await visit.rooms.jobs.defer_finalise(interview.id)
    if "camera" in kinds:
        await visit.rooms.jobs.defer_camera(interview.id)


async def _agreed(visit: Visit) -> None:
    """What was recorded before the candidate turned the camera off may come after that."""
    async with visit.rooms.database.session() as session:
        consent = await consents.consent_for(session, visit.invitation.id)
    if consent is None or consent.camera is not True:
        raise Problem(403, "camera-declined", "The camera is not recorded here", "The candidate has not agreed to it.")


def _begins(media_type: str, body: bytes) -> None:
    at, mark = BEGINS.get(media_type, (0, b""))
    if body[at : at + len(mark)] != mark:
        raise Problem(
            422, "not-a-recording", "The chunk is not the beginning of a recording",
            f"It does not begin as {media_type} does.",
        )  # fmt: skip


class _Seat:
    """One of the few that are taken in at the same time. Raises ``busy`` (503) where none is left for that kind."""

    def __init__(self, state: object, kind: browser.Kind) -> None:
        self._state = state
        self._kind = kind

    def __enter__(self) -> None:
        taken = getattr(self._state, "chunks_at_once", 0)
        if taken >= SEATS[self._kind]:
            raise Problem(
                503, "busy", "Too much comes at once", "Please send it again in a moment.", headers={"Retry-After": "2"}
            )
        self._state.chunks_at_once = taken + 1  # type: ignore[attr-defined] # Starlette's State takes any name

    def __exit__(self, *_: object) -> None:
        self._state.chunks_at_once -= 1  # type: ignore[attr-defined]


async def _known(session: AsyncSession, interview_id: str, stretch: str, number: int, sha256: str) -> bool:
    there = await browser.chunk_hash(session, interview_id, stretch, number)
    if there is not None and there != sha256:
        raise Problem(409, "chunk-differs", "Another chunk came under this number", "A chunk is never changed.")
    return there is not None


async def _room_for(session: AsyncSession, interview_id: str, stretch: str, number: int, kind: str, size: int) -> None:
    """Raises where the interview has had its share, or where the stretch does not fit what was said of it."""
    known = await browser.stretch_of(session, interview_id, stretch)
    if known is None and await browser.count_stretches(session, interview_id) >= MOST_STRETCHES:
        raise Problem(413, "too-many-stretches", "That is too much", f"At most {MOST_STRETCHES} stretches are taken.")
    if known is not None and known.kind != kind:
        raise Problem(409, "chunk-differs", "This stretch is of another kind", "A stretch has one Content-Type.")
    if known is not None and known.chunks is not None and number >= known.chunks:
        raise Problem(
            422, "out-of-range", "This stretch has no such chunk", f"Its manifest says {known.chunks} chunks.",
            param="number",
        )  # fmt: skip
    if await browser.bytes_of(session, interview_id, kind) + size > MOST_BYTES[kind]:
        raise Problem(
            413, "too-large", "That is too much", f"At most {MOST_BYTES[kind]:,} bytes are taken of one interview.",
            limit=MOST_BYTES[kind],
        )  # fmt: skip


@router.post("", status_code=204)
async def take_manifest(request: Request, visit: VisitHere) -> None:
    """The browser records no more: these are its stretches."""
    interview = _taking(visit)
    limits: RateLimits = request.app.state.rate_limits
    limits.use("recording", interview.id)
    manifest = await read_json(request, Manifest, MANIFEST_LIMIT)
    stretches = [
        (s.stretch, _kind(s.media_type), s.media_type.partition(";")[0].strip().lower(), s.at, s.chunks, s.sha256)
        for s in manifest.stretches
    ]
    if any(kind == "camera" for _, kind, *_ in stretches):
        await _agreed(visit)
    async with visit.rooms.database.session() as session:
        known = await browser.count_stretches(session, interview.id)
        if known + len(stretches) > 2 * MOST_STRETCHES:
            raise Problem(413, "too-many-stretches", "That is too much", f"At most {MOST_STRETCHES} are taken.")
        await browser.put_manifest(session, interview.id, stretches)
    if interview.ended_at is not None:
        await _work_on(visit, interview, {"microphone", *(kind for _, kind, *_ in stretches)})
