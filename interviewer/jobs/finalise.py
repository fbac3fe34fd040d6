"""After an interview: its recording to the object store, and the record transcript."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from interviewer.conversation.events import Event, event_from_dict
from interviewer.conversation.history import HistoryTurn, replay
from interviewer.conversation.script import RATE, Script
from interviewer.jobs.assembly import RecordedSound, recorded_sound
from interviewer.jobs.defer import CLEAR_RECORDING, JobQueue
from interviewer.jobs.failures import SCORING, PlainError
from interviewer.jobs.late_words import carry_correction, count_recovered
from interviewer.jobs.recovered import with_recovered
from interviewer.jobs.transcribe import record_transcript
from interviewer.jobs.used_up import clear
from interviewer.jobs.whole_recording import WholeRecording, wait_for_browser_s, whole_recording
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import work_folder
from interviewer.media.recording import encode_flac, length
from interviewer.records.browser import stretches_of
from interviewer.records.events import read_events
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import update_interview
from interviewer.records.recording_parts import parts_removed
from interviewer.records.recordings import RecordedSide, put_recording, recording_key, recordings_of, take_turn
from interviewer.records.tables import Interview, Recording
from interviewer.records.webhooks import announce

__all__ = ["finalise"]

SIDES: tuple[RecordedSide, ...] = ("candidate", "melvin", "mix")
_LOG_WAIT_S = 10.0
"""The last events reach the database within a second of the end; where it was away, a later try has them."""

log = structlog.get_logger(__name__)


async def finalise(work: Work, interview_id: str) -> None:
    """Idempotent. Raises :class:`PlainError` while the event log is not complete. While sound is missing that the
    browser may have, it puts itself off."""
    interview = await _interview(work, interview_id)
    if interview is None:
        log.warning("finalise.unknown_interview", interview=interview_id)
        return
    await _camera(work, interview_id)
    script = Script.from_dict(interview.script)
    turns = await _turns(work, interview_id, script)
    ended = max((turn.end for turn in turns), default=0)
    async with recorded_sound(work, interview_id) as sound:
        folder = sound.folder
        wait_s = await wait_for_browser_s(work, interview, folder)
        if wait_s:
            await _later(work, interview_id, wait_s)
            return
        async with whole_recording(work, interview_id, folder) as whole:
            # What was recorded after the last turn changes nothing that is stored.
            newer = sound.newer_than_finished(ended)
            fingerprint = await _store_recording(work, interview_id, whole, sound, newer)
            made = with_recovered(turns, whole.filled)
            await record_transcript(work, interview, script, made, fingerprint, whole.folder)
    # Each of these may have been cut off after the transcript was stored, so none asks whether it is new.
    async with work.database.session() as session:
        await count_recovered(session, interview_id, made, whole.filled)
        await carry_correction(session, interview_id)
        now = await find_interview(session, interview_id)
    if now is not None and now.status in ("submitted", "scored"):
        await _rescored(work, interview_id)
    async with work.database.session() as session:
        await parts_removed(session, sound.parts)
    await clear(work, interview_id, CLEAR_RECORDING)
    async with work.database.session() as session:
        # That there is no score is not ours to clear.
        if now is not None and not (now.failure or "").startswith(SCORING):
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


async def _later(work: Work, interview_id: str, wait_s: float) -> None:
    async with work.database.session() as session:
        await update_interview(session, interview_id, progress={"stage": "receiving", "done": 0, "total": 0})
    async with _queue(work) as queue:
        await queue.defer_finalise(interview_id, in_s=wait_s)


async def _camera(work: Work, interview_id: str) -> None:
    """A job of its own, for which nothing here waits."""
    async with work.database.session() as session:
        if not await stretches_of(session, interview_id, "camera"):
            return
    async with _queue(work) as queue:
        await queue.defer_camera(interview_id)


async def _rescored(work: Work, interview_id: str) -> None:
    """What came late belongs to answers that were scored without it; no judge is asked where nothing did."""
    async with _queue(work) as queue:
        await queue.defer_score(interview_id)


@asynccontextmanager
async def _queue(work: Work) -> AsyncIterator[JobQueue]:
    queue = JobQueue(work.database.url)
    await queue.open()
    try:
        yield queue
    finally:
        await queue.close()


async def _store_recording(
    work: Work, interview_id: str, whole: WholeRecording, own: RecordedSound, newer: bool
) -> str | None:
    """The SHA-256 of the candidate's side; None where nothing was recorded (the interview was typed). Where there is
    sound of the browser's in it, what the service itself received (``own``) is kept beside it. ``newer``: there is
    sound that the stored recording cannot hold."""
    stored = own.stored
    known = all(side in stored for side in SIDES) and stored["candidate"].made_from == whole.made_from
    if known and not newer:
        return stored["candidate"].sha256
    folder = whole.folder
    if await work.thread.run(lambda: max(length(folder, "candidate"), length(folder, "melvin"))) == 0:
        return None
    with work_folder("flac") as temporary:
        if whole.made_from is not None and (newer or "received" not in stored):
            target = Path(temporary) / "received.flac"
            samples = await work.thread.run(lambda: encode_flac(own.folder, "candidate", target))
            await _store_side(work, interview_id, "received", target, samples, None, stored.get("received"))
        for side in SIDES:
            target = Path(temporary) / f"{side}.flac"
            samples = await work.thread.run(_encoding(folder, side, target))
            await _store_side(work, interview_id, side, target, samples, whole.made_from, stored.get(side))
    async with work.database.session() as session:
        return next(r.sha256 for r in await recordings_of(session, interview_id) if r.side == "candidate")


def _encoding(folder: Path, side: RecordedSide, target: Path) -> Callable[[], int]:
    return lambda: encode_flac(folder, side, target)


async def _store_side(
    work: Work,
    interview_id: str,
    side: RecordedSide,
    file: Path,
    samples: int,
    made_from: str | None,
    seen: Recording | None,
) -> None:
    """``seen``: what was stored when the parts were looked up. What another worker stored since then was made of more,
    and is not replaced: :class:`PlainError`."""
    key, sha256 = await work.objects.put_named(lambda digest: recording_key(interview_id, side, digest), file)
    async with work.database.session() as session:
        await take_turn(session, interview_id)
        now = next((r.sha256 for r in await recordings_of(session, interview_id) if r.side == side), None)
        if now not in (seen and seen.sha256, sha256) or not await work.objects.has(key):
            raise PlainError("another worker is at its recording")
        await put_recording(
            session, interview_id=interview_id, side=side, object_key=key, sha256=sha256, rate=RATE,
            samples=samples, media_type="audio/flac", made_from=made_from,
        )  # fmt: skip
    log.info("recording.stored", interview=interview_id, side=side, seconds=round(samples / RATE, 1))
