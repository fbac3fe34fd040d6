"""The candidate's side made whole: what the service received, and in its gaps what the browser recorded."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from interviewer.jobs.browser_fill import Fill, Heard, browser_fills
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import work_folder
from interviewer.media.browser_sound import gaps
from interviewer.media.recording import CANDIDATE, MELVIN, Recorder, length, read_span, received
from interviewer.records.browser import KnownStretch, has_manifest, stretches_of
from interviewer.records.recordings import recordings_of
from interviewer.records.tables import Interview

__all__ = ["WholeRecording", "wait_for_browser_s", "whole_recording"]

RATE = 16_000
BLOCK = 60 * RATE
LONGEST_WAIT = timedelta(minutes=30)
"""For the browser's manifest after the end; what comes later makes a new version of the transcript."""
LOOK_AGAIN_S = 5.0
WORTH_WAITING = round(0.2 * RATE)
"""A gap that may have taken a word."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WholeRecording:
    """``folder`` holds both sides. ``filled``: stretches of the candidate's side that are the browser's, half open, in
    samples and in order; ``made_from`` names their sound, None where there are none."""

    folder: Path
    filled: tuple[tuple[int, int], ...]
    made_from: str | None


async def wait_for_browser_s(work: Work, interview: Interview, folder: Path) -> float:
    """Seconds after which to look again, 0 where nothing is to be waited for: the service's own recording is whole, all
    of the browser's is there, it records nothing, or it had its time."""
    async with work.database.session() as session:
        stretches = await stretches_of(session, interview.id, "microphone")
        announced = await has_manifest(session, interview.id)
    if not stretches or (announced and all(s.complete for s in stretches)):
        return 0.0
    if interview.ended_at is None or datetime.now(UTC) > interview.ended_at + LONGEST_WAIT:
        return 0.0
    there = await work.thread.run(lambda: received(folder, CANDIDATE))
    first = there[0][0] if there else 0  # before it there was no connection yet
    inner = [(start, end) for start, end in gaps(there, there[-1][1]) if start > first] if there else []
    longest = max((end - start for start, end in inner), default=0)
    # Or the connection was lost at the end, and nothing came after it.
    ends = max(s.at + len(s.hashes) * RATE for s in stretches)
    unheard_end = ends - (there[-1][1] if there else 0)
    return LOOK_AGAIN_S if max(longest, unheard_end) >= WORTH_WAITING else 0.0


@asynccontextmanager
async def whole_recording(work: Work, interview_id: str, folder: Path) -> AsyncIterator[WholeRecording]:
    """``folder`` holds what the service recorded."""
    async with work.database.session() as session:
        stretches = await stretches_of(session, interview_id, "microphone")
        stored = {r.side: r for r in await recordings_of(session, interview_id)}
    if "candidate" in stored and not await work.thread.run(lambda: received(folder, CANDIDATE)):
        log.info("recording.not_here", interview=interview_id)  # finished elsewhere, and its parts were removed
        yield WholeRecording(folder, (), stored["candidate"].made_from)
        return
    pieces = await _fills(work, interview_id, folder, stretches)
    if not pieces:
        yield WholeRecording(folder, (), None)
        return
    with work_folder("whole") as temporary:
        whole = Path(temporary)
        await work.thread.run(lambda: _write(folder, whole, pieces))
        spans = _joined([(p.start, p.start + len(p.samples)) for p in pieces])
        log.info(
            "recording.filled", interview=interview_id, stretches=len(spans),
            seconds=round(sum(end - start for start, end in spans) / RATE, 1),
        )  # fmt: skip
        yield WholeRecording(whole, spans, _named(pieces))


async def _fills(work: Work, interview_id: str, folder: Path, stretches: Sequence[KnownStretch]) -> list[Fill]:
    if not stretches:
        return []
    there = await work.thread.run(lambda: received(folder, CANDIDATE))
    ends = await work.thread.run(lambda: max(length(folder, CANDIDATE), length(folder, MELVIN)))
    heard = Heard(there, lambda start, end: read_span(folder, CANDIDATE, start, end))
    # The browser may have recorded on when the service heard nothing more.
    missing = gaps(there, max(ends, *(s.at + 600 * RATE for s in stretches)))
    return await browser_fills(work.objects, work.thread.run, interview_id, stretches, heard, missing)


def _write(folder: Path, whole: Path, pieces: Sequence[Fill]) -> None:
    for side in (CANDIDATE, MELVIN):
        recorder = Recorder(whole, side)
        try:
            for start, end in received(folder, side):
                for at in range(start, end, BLOCK):
                    recorder.write(at, read_span(folder, side, at, min(at + BLOCK, end)))
            for piece in pieces if side == CANDIDATE else ():
                recorder.write(piece.start, piece.samples)
        finally:
            recorder.close()


def _named(pieces: Sequence[Fill]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(f"{piece.start} ".encode() + piece.samples.astype("<i2").tobytes())
    return digest.hexdigest()


def _joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
