"""What a candidate's camera recorded, made playable: one segment of each stretch that the browser sent.

    stretch    |0|1|2| ... |399|     chunks, in the object store until the segment that is made of them is whole
    segment    |===============|     one file, with its SHA-256 and its place on the interview's clock

Nothing waits for it: sound, transcript and scores are made as if there were no camera, and none of them reads it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import IntegrityError

from interviewer.jobs.browser_fill import fingerprint
from interviewer.jobs.defer import CLEAR_CAMERA, JobQueue
from interviewer.jobs.used_up import clear
from interviewer.jobs.whole_chunks import whole_chunks
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import work_folder
from interviewer.media.video import NotVideo, playable
from interviewer.records.browser import KnownStretch, stretches_of
from interviewer.records.camera import put_segment, segments_of
from interviewer.records.interviews import interview as find_interview
from interviewer.records.objects import ObjectStore
from interviewer.records.recordings import take_turn
from interviewer.records.tables import CameraSegment

__all__ = ["camera"]

RATE = 16_000
LONGEST_WAIT = timedelta(minutes=30)
"""For what the browser has not sent yet; then a segment is made of what is there, and again when more comes."""
STILL_COMING = timedelta(minutes=1)
LOOK_AGAIN_S = 30.0
SUFFIXES = {"video/webm": "webm", "video/mp4": "mp4"}

log = structlog.get_logger(__name__)


async def camera(work: Work, interview_id: str) -> None:
    """Idempotent. Puts itself off while chunks are missing that may still come."""
    async with work.database.session() as session:
        interview = await find_interview(session, interview_id)
        stretches = await stretches_of(session, interview_id, "camera")
        made = {s.stretch: s for s in await segments_of(session, interview_id)}
    if interview is None or interview.ended_at is None:
        return
    now = datetime.now(UTC)
    waits = False
    for stretch in stretches:
        seen = made.get(stretch.stretch)
        if seen is not None and seen.made_from == fingerprint([stretch]):
            continue
        if not stretch.complete and _may_come(stretch, interview.ended_at, now):
            waits = True
        elif stretch.hashes:
            await _make(work, interview_id, stretch, seen)
    if stretches:
        await clear(work, interview_id, CLEAR_CAMERA)
    if waits:
        await _later(work, interview_id)


def _may_come(stretch: KnownStretch, ended_at: datetime, now: datetime) -> bool:
    last = stretch.last_received_at
    return now < ended_at + LONGEST_WAIT or (last is not None and now < last + STILL_COMING)


async def _make(work: Work, interview_id: str, stretch: KnownStretch, seen: CameraSegment | None) -> None:
    """``seen``: its segment when its chunks were looked up. What another worker made since then is of more, and is not
    replaced."""
    with work_folder("camera") as temporary:
        joined, target = Path(temporary) / "joined", Path(temporary) / "segment"
        if not await _join(work.objects, interview_id, stretch, joined):
            return
        try:
            seconds = await work.thread.run(lambda: playable(joined, target, stretch.media_type))
        except NotVideo as error:
            log.warning("camera.not_playable", interview=interview_id, stretch=stretch.stretch, reason=str(error))
            return
        begins = f"recordings/{interview_id}/camera/{stretch.stretch}"
        key, sha256 = await work.objects.put_named(
            lambda digest: f"{begins}-{digest[:16]}.{SUFFIXES[stretch.media_type]}", target
        )
        size = target.stat().st_size
    try:
        async with work.database.session() as session:
            await take_turn(session, interview_id)
            now = {s.stretch: s.made_from for s in await segments_of(session, interview_id)}.get(stretch.stretch)
            if now != (seen and seen.made_from) or not await work.objects.has(key):
                log.warning("camera.made_elsewhere", interview=interview_id, stretch=stretch.stretch)
                return  # what it stored is removed with whatever no segment names
            await put_segment(
                session, interview_id=interview_id, stretch=stretch.stretch, at=stretch.at,
                samples=round(seconds * RATE), object_key=key, sha256=sha256, size=size,
                media_type=stretch.media_type, made_from=fingerprint([stretch]),
            )  # fmt: skip
    except IntegrityError:  # the interview was deleted meanwhile: nothing of it stays
        await work.objects.delete(key)
        return
    log.info("camera.stored", interview=interview_id, stretch=stretch.stretch, seconds=round(seconds, 1), bytes=size)


async def _join(objects: ObjectStore, interview_id: str, stretch: KnownStretch, target: Path) -> bool:
    """False where not even the first chunk is whole."""
    with target.open("wb") as file:
        async for chunk in whole_chunks(objects, interview_id, stretch):
            file.write(chunk)
        return file.tell() > 0


async def _later(work: Work, interview_id: str) -> None:
    queue = JobQueue(work.database.url)
    await queue.open()
    try:
        await queue.defer_camera(interview_id, in_s=LOOK_AGAIN_S)
    finally:
        await queue.close()
