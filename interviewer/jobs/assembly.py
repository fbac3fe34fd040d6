"""The service's own recording of an interview, put together wherever the job runs.

    parts     [== a, lease 1 ==][= a =]x          x[== b, lease 2 ==]      the object store; all workers reach it
    local     [== a ====================]x                                 this machine's disk, where it recorded
    whole     [=========================]          [================]

A machine that recorded all of it reads its own files as they are. Elsewhere the parts are laid over what there is, the
later lease's over the former's, each checked by its SHA-256. Once they are removed the finished recording stands for
them, and for those that are missing: which stretches of it were received is still known. Parts that come later are laid
over that in their turn.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.jobs.ahead import fetched_ahead
from interviewer.jobs.failures import PlainError
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import work_folder
from interviewer.media.recording import CANDIDATE, MELVIN, Recorder, read_span, received
from interviewer.records.recording_parts import parts_of
from interviewer.records.recordings import recordings_of
from interviewer.records.tables import Recording, RecordingPart

__all__ = ["RecordedSound", "recorded_sound"]

BLOCK = 10 * 16_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedSound:
    """``folder`` has both sides as ``media.recording`` reads them, put together of ``parts``. A part that comes while
    it is being read is none of these. ``stored``: the finished recordings, by side, when the parts were looked up."""

    folder: Path
    parts: Sequence[RecordingPart]
    stored: Mapping[str, Recording]

    def newer_than_finished(self, end: int) -> bool:
        """Whether a part that begins before sample ``end`` is in no finished recording yet."""
        return any(part.object_key is not None and part.start < end for part in self.parts)


@asynccontextmanager
async def recorded_sound(work: Work, interview_id: str) -> AsyncIterator[RecordedSound]:
    """Raises the object store's errors where parts cannot be read just now, and :class:`PlainError` where another
    worker removed them meanwhile; one that is damaged is left out and logged."""
    local = work.recordings / interview_id
    async with work.database.session() as session:
        # In this order: what is stored between the two is newer than the parts, and is not to be replaced by them.
        stored = {r.side: r for r in await recordings_of(session, interview_id)}
        parts = await parts_of(session, interview_id)
    if await work.thread.run(lambda: _has_all(local, parts)):
        yield RecordedSound(local, parts, stored)
        return
    there = set(await work.objects.keys_under(f"recordings/{interview_id}/parts"))
    finished = [p for p in parts if p.object_key is None or p.object_key not in there]
    with work_folder("sound") as temporary:
        folder = Path(temporary)
        await work.thread.run(lambda: _copy(local, folder))
        await _lay_finished(work, stored, finished, folder)
        gone = {part.id for part in finished}
        async with fetched_ahead((p for p in parts if p.id not in gone), lambda part: _fetched(work, part)) as fetched:
            async for part, data in fetched:
                if data is not None:
                    await work.thread.run(_laying(folder, part, np.frombuffer(data, "<i2")))
        log.info("recording assembled", interview=interview_id, parts=len(parts))
        yield RecordedSound(folder, parts, stored)


async def _lay_finished(
    work: Work, stored: Mapping[str, Recording], parts: Sequence[RecordingPart], folder: Path
) -> None:
    """``parts``: those that are not in the store any more. Where one is still said to be, it may be in the finished
    recording all the same: then there is sound in its place."""
    for side in (CANDIDATE, MELVIN):
        # Where the browser's sound fills gaps of the candidate's side, what the service heard stands beside it.
        finished = (stored.get("received") if side == CANDIDATE else None) or stored.get(side)
        own = [p for p in parts if p.side == side]
        if own and finished is not None:
            sound = await work.thread.run(_decoding(await _got(work, finished.object_key)))
        else:
            sound = np.zeros(0, np.int16)
        for part in own:
            samples = np.concatenate([sound[start:end] for start, end in part.spans])
            if part.object_key is not None and not samples.any():
                log.error("a part is missing", key=part.object_key)
            elif finished is not None:
                await work.thread.run(_laying(folder, part, samples))


async def _got(work: Work, key: str) -> bytes:
    try:
        return await work.objects.get(key)
    except FileNotFoundError:
        raise PlainError("another worker is at its recording") from None


async def _fetched(work: Work, part: RecordingPart) -> bytes | None:
    key = part.object_key or ""
    data = await _got(work, key)
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
