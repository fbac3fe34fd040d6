"""Objects of an interview that others took the place of: removed once its rows say so, and never during a backup.

    parts of the recording      their row names none: the finished recording holds them
    recordings, segments        no row names them: they were made again
    chunks of the camera        all of their stretch is in its segment

A removal that was cut off is taken up by the next one; what has to wait is a job of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.jobs.browser_fill import fingerprint
from interviewer.jobs.defer import CLEAR_CAMERA, Clearing, JobQueue
from interviewer.jobs.work import Work
from interviewer.records.browser import chunk_key, stretches_of
from interviewer.records.camera import segments_of
from interviewer.records.recording_parts import part_key, parts_of
from interviewer.records.recordings import recordings_of, take_turn
from interviewer.records.removals import may_remove

__all__ = ["LATER_S", "clear"]

LATER_S = 60.0


async def clear(work: Work, interview_id: str, what: Clearing) -> None:
    """After what was stored last is in its rows. Idempotent. Puts itself off while a backup is made."""
    async with work.database.session() as session:
        if await may_remove(session):
            await take_turn(session, interview_id)
            used_up = await (_of_camera if what == CLEAR_CAMERA else _of_recording)(session, interview_id)
            for key in await work.objects.keys_under(f"recordings/{interview_id}"):
                if used_up(PurePosixPath(key)):
                    await work.objects.delete(key)
            return
    queue = JobQueue(work.database.url)
    await queue.open()
    try:
        await queue.defer_clearing(what, interview_id, in_s=LATER_S)
    finally:
        await queue.close()


async def _of_recording(session: AsyncSession, interview_id: str) -> Callable[[PurePosixPath], bool]:
    named = {r.object_key for r in await recordings_of(session, interview_id)}
    held = {
        part_key(interview_id, part.side, part.start, part.end, part.lease)
        for part in await parts_of(session, interview_id)
        if part.object_key is None
    }
    folder = PurePosixPath(f"recordings/{interview_id}")
    return lambda key: str(key) in held or (key.parent == folder and key.suffix == ".flac" and str(key) not in named)


async def _of_camera(session: AsyncSession, interview_id: str) -> Callable[[PurePosixPath], bool]:
    segments = {s.stretch: s for s in await segments_of(session, interview_id)}
    named = {s.object_key for s in segments.values()}
    held = {
        chunk_key(interview_id, stretch.stretch, number)
        for stretch in await stretches_of(session, interview_id, "camera")
        if stretch.complete
        and stretch.stretch in segments
        and segments[stretch.stretch].made_from == fingerprint([stretch])
        for number in range(len(stretch.hashes))
    }
    folder = PurePosixPath(f"recordings/{interview_id}/camera")
    return lambda key: str(key) in held or (key.parent == folder and str(key) not in named)
