"""The service's own recording of an interview, put together wherever the job runs.

    parts     [== a, lease 1 ==][= a =]x          x[== b, lease 2 ==]      the object store; all workers reach it
    local     [== a ====================]x                                 this machine's disk, where it recorded
    whole     [=========================]          [================]

A machine that recorded all of it reads its own files as they are. Elsewhere the parts are laid over what there is, the
later lease's over the former's, each checked by its SHA-256. Once they are removed the finished recording stands for
them: which stretches of it were received is still known. Parts that come later are laid over that in their turn.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.jobs.work import Work
from interviewer.media.recording import CANDIDATE, MELVIN, Recorder, read_span, received
from interviewer.records.recording_parts import part_key, parts_of, parts_removed
from interviewer.records.recordings import recordings_of
from interviewer.records.tables import RecordingPart

__all__ = ["RecordedSound", "recorded_sound", "remove_parts"]

BLOCK = 10 * 16_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedSound:
    """``folder`` has both sides as ``media.recording`` reads them, put together of ``parts``. A part that comes while
    it is being read is none of these."""

    folder: Path
    parts: Sequence[RecordingPart]

    def newer_than_finished(self, end: int) -> bool:
        """Whether a part that begins before sample ``end`` is in no finished recording yet."""
        return any(part.object_key is not None and part.start < end for part in self.parts)


@asynccontextmanager
async def recorded_sound(work: Work, interview_id: str) -> AsyncIterator[RecordedSound]:
    """Raises the object store's errors where parts cannot be read just now; one that is damaged is left out and
    logged."""
    local = work.recordings / interview_id
    async with work.database.session() as session:
        parts = await parts_of(session, interview_id)
    if await work.thread.run(lambda: _has_all(local, parts)):
        yield RecordedSound(local, parts)
        return
    with tempfile.TemporaryDirectory(prefix="melvin-sound-") as temporary:
        folder = Path(temporary)
        await work.thread.run(lambda: _copy(local, folder))
        await _lay_finished(work, interview_id, [p for p in parts if p.object_key is None], folder)
        for part in parts:
            data = None if part.object_key is None else await _fetched(work, part)
            if data is not None:
                await work.thread.run(_laying(folder, part, np.frombuffer(data, "<i2")))
        log.info("recording assembled", interview=interview_id, parts=len(parts))
        yield RecordedSound(folder, parts)


async def remove_parts(work: Work, parts: Sequence[RecordingPart]) -> None:
    """Once the finished recording holds these. Idempotent: their rows say so first, and a try that was cut off after
    that is followed by one that removes what it left."""
    async with work.database.session() as session:
        await parts_removed(session, parts)
    for part in parts:
        await work.objects.delete(part_key(part.interview_id, part.side, part.start, part.end, part.lease))


async def _lay_finished(work: Work, interview_id: str, parts: Sequence[RecordingPart], folder: Path) -> None:
    """``parts``: those that the finished recording holds."""
    if not parts:
        return
    async with work.database.session() as session:
        finished = {r.side: r for r in await recordings_of(session, interview_id)}
    for side in (CANDIDATE, MELVIN):
        # Where the browser's sound fills gaps of the candidate's side, what the service heard stands beside it.
        stored = (finished.get("received") if side == CANDIDATE else None) or finished.get(side)
        if stored is None:
            continue
        sound = await work.thread.run(_decoding(await work.objects.get(stored.object_key)))
        for part in (p for p in parts if p.side == side):
            pieces = [sound[start:end] for start, end in part.spans]
            await work.thread.run(_laying(folder, part, np.concatenate(pieces)))


async def _fetched(work: Work, part: RecordingPart) -> bytes | None:
    key = part.object_key or ""
    try:
        data = await work.objects.get(key)
    except FileNotFoundError:
        log.error("a part is missing", key=key)
        return None
    if hashlib.sha256(data).hexdigest() != part.sha256:
        log.error("a part is damaged", key=key)
        return None
    return data


def _has_all(folder: Path, parts: Sequence[RecordingPart]) -> bool:
    known = {side: received(folder, side) for side in (CANDIDATE, MELVIN)}
    return all(
        any(a <= start and end <= b for a, b in known[part.side]) for part in parts for start, end in part.spans
    )  # fmt: skip


def _copy(source: Path, target: Path) -> None:
    for side in (CANDIDATE, MELVIN):
        recorder = Recorder(target, side)
        for start, end in received(source, side):
            for at in range(start, end, BLOCK):
                recorder.write(at, read_span(source, side, at, min(at + BLOCK, end)))
        recorder.close()


def _decoding(flac: bytes) -> Callable[[], npt.NDArray[np.int16]]:
    def decode() -> npt.NDArray[np.int16]:
        import av

        with av.open(io.BytesIO(flac)) as container:
            return np.concatenate([f.to_ndarray().reshape(-1).astype(np.int16) for f in container.decode(audio=0)])

    return decode


def _laying(folder: Path, part: RecordingPart, samples: npt.NDArray[np.int16]) -> Callable[[], None]:
    """``samples``: those of the part's spans, one after the other."""

    def lay() -> None:
        recorder = Recorder(folder, part.side)
        at = 0
        for start, end in part.spans:
            recorder.write(start, samples[at : at + end - start])
            at += end - start
        recorder.close()

    return lay
