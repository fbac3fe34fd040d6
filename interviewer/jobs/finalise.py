"""After an interview: its recording to the object store, and the record transcript."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import structlog

from interviewer.conversation.events import Event, event_from_dict
from interviewer.conversation.history import HistoryTurn, replay
from interviewer.conversation.script import RATE, Script
from interviewer.jobs.assembly import recorded_sound, remove_parts
from interviewer.jobs.failures import PlainError
from interviewer.jobs.transcribe import record_transcript
from interviewer.jobs.work import Work
from interviewer.media.recording import encode_flac, length
from interviewer.records.events import read_events
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import update_interview
from interviewer.records.recordings import RecordedSide, put_recording, recordings_of
from interviewer.records.tables import Interview
from interviewer.records.webhooks import announce

__all__ = ["finalise"]

SIDES: tuple[RecordedSide, ...] = ("candidate", "melvin", "mix")
_LOG_WAIT_S = 10.0
"""The last events reach the database within a second of the end; where it was away, a later try has them."""

log = structlog.get_logger(__name__)


async def finalise(work: Work, interview_id: str) -> None:
    """Idempotent. Raises :class:`PlainError` while the event log is not complete."""
    interview = await _interview(work, interview_id)
    if interview is None:
        log.warning("finalise.unknown_interview", interview=interview_id)
        return
    script = Script.from_dict(interview.script)
    turns = await _turns(work, interview_id, script)
    async with recorded_sound(work, interview_id) as folder:
        fingerprint = await _store_recording(work, interview_id, folder)
        await record_transcript(work, interview, script, turns, fingerprint, folder)
    await remove_parts(work, interview_id)
    async with work.database.session() as session:
        await update_interview(session, interview_id, failure=None)
        await announce(session, "transcript.ready", interview_id, once=f"transcript.ready {interview_id}")


async def _interview(work: Work, interview_id: str) -> Interview | None:
    async with work.database.session() as session:
        return await find_interview(session, interview_id)


async def _turns(work: Work, interview_id: str, script: Script) -> tuple[HistoryTurn, ...]:
    """Read off the whole log: an interview whose last event is not there yet would lose its last words."""
    deadline = asyncio.get_running_loop().time() + _LOG_WAIT_S
    while True:
        async with work.database.session() as session:
            rows = await read_events(session, interview_id)
        events: list[Event] = [event_from_dict({**r.body, "kind": r.kind, "at": r.at}) for r in rows]
        conversation, history = replay(script, events)
        if conversation.finished:
            return history.turns()
        if asyncio.get_running_loop().time() > deadline:
            raise PlainError("the end of the event log has not reached the database")
        await asyncio.sleep(0.5)


async def _store_recording(work: Work, interview_id: str, folder: Path) -> str | None:
    """The SHA-256 of the candidate's side; None where nothing was recorded (the interview was typed)."""
    async with work.database.session() as session:
        stored = {r.side: r for r in await recordings_of(session, interview_id)}
    if all(side in stored for side in SIDES):
        return stored["candidate"].sha256
    if await work.thread.run(lambda: max(length(folder, "candidate"), length(folder, "melvin"))) == 0:
        return None
    with tempfile.TemporaryDirectory(prefix="melvin-flac-") as temporary:
        for side in SIDES:
            await _store_side(work, interview_id, folder, side, Path(temporary))
    async with work.database.session() as session:
        return next(r.sha256 for r in await recordings_of(session, interview_id) if r.side == "candidate")


async def _store_side(work: Work, interview_id: str, folder: Path, side: RecordedSide, temporary: Path) -> None:
    target = temporary / f"{side}.flac"
    samples = await work.thread.run(lambda: encode_flac(folder, side, target))
    key = f"recordings/{interview_id}/{side}.flac"
    sha256 = await work.objects.put_file(key, target)
    async with work.database.session() as session:
        await put_recording(
            session, interview_id=interview_id, side=side, object_key=key, sha256=sha256, rate=RATE, samples=samples,
            media_type="audio/flac",
        )  # fmt: skip
    log.info("recording.stored", interview=interview_id, side=side, seconds=round(samples / RATE, 1))
