"""The recording of one side of an interview, on disk as it happens.

Two files a side. ``candidate.pcm`` holds 16 kHz mono samples, little endian, each at twice its position on the
interview's clock; where nothing came it is a hole, which reads as silence and takes no room. ``candidate.spans`` tells
which stretches were received, so that silence and a gap are not the same: pairs of 64-bit positions, half open.

Samples go to the operating system at once, so a killed process loses nothing; a thread has them on the disk within a
second, so a machine that loses power loses no more than that.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import structlog

__all__ = [
    "CANDIDATE", "LONGEST_S", "MELVIN", "MIX", "Recorder", "RecordingError", "encode_flac", "length", "read_span",
    "received",
]  # fmt: skip

RATE: Final = 16_000
LONGEST_S = 24 * 3600
SYNC_EVERY_S = 1.0
CANDIDATE, MELVIN, MIX = "candidate", "melvin", "mix"
BLOCK = 10 * RATE
_SPAN = struct.Struct("<qq")

log = structlog.get_logger(__name__)


class RecordingError(RuntimeError):
    """The sound cannot be kept: no room, no rights, or a position that no interview has."""


class Recorder:
    """Appends to what is there already, so a resumed interview goes on in the same files. One writer per side."""

    def __init__(self, folder: Path, side: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._sound = os.open(_sound(folder, side), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._spans = os.open(_spans(folder, side), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A record cut short by a crash is written over.
        self._count = os.fstat(self._spans).st_size // _SPAN.size
        self._span: tuple[int, int] | None = None
        self._dirty = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sync, name=f"sync {side}", daemon=True)
        self._thread.start()
        self.error: OSError | None = None

    def write(self, start: int, samples: npt.NDArray[np.int16]) -> None:
        """``samples`` (16 kHz mono) belong at ``start`` on the interview's clock. What was there is written over.
        Raises :class:`RecordingError`."""
        end = start + len(samples)
        if start < 0 or end > LONGEST_S * RATE:
            raise RecordingError(f"no interview has a position of {start / RATE:.0f} s")
        if self._stopped.is_set():
            raise RecordingError("the recorder is closed")
        if not len(samples):
            return
        try:
            _write_all(self._sound, np.ascontiguousarray(samples, "<i2").tobytes(), start * 2)
            self._note(start, end)
        except OSError as error:
            self.error = error
            raise RecordingError(f"sound could not be written: {error}") from error
        self._dirty.set()

    def close(self) -> None:
        """Everything is on the disk when it returns. Calling it twice does no harm."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._dirty.set()
        self._thread.join()
        os.close(self._sound)
        os.close(self._spans)

    def _note(self, start: int, end: int) -> None:
        """The sound is written before its span, so a span never promises what is not there."""
        if self._span is not None and self._span[1] == start:
            self._span = (self._span[0], end)
        else:
            self._span = (start, end)
            self._count += 1
        _write_all(self._spans, _SPAN.pack(*self._span), (self._count - 1) * _SPAN.size)

    def _sync(self) -> None:
        while not self._stopped.is_set():
            self._dirty.wait()
            self._dirty.clear()
            try:
                os.fdatasync(self._sound)
                os.fdatasync(self._spans)
            except OSError as error:
                self.error = error
                log.error("recording could not be synced", error=str(error))
            self._stopped.wait(SYNC_EVERY_S)
        os.fdatasync(self._sound)
        os.fdatasync(self._spans)


def received(folder: Path, side: str) -> list[tuple[int, int]]:
    """Stretches that were received, half open, in order, joined where they touch. Empty without a recording."""
    try:
        raw = _spans(folder, side).read_bytes()
    except FileNotFoundError:
        return []
    return _joined(_SPAN.iter_unpack(raw[: len(raw) // _SPAN.size * _SPAN.size]))


def length(folder: Path, side: str) -> int:
    """Samples from the start of the interview to the last one received."""
    spans = received(folder, side)
    return spans[-1][1] if spans else 0


def read_span(folder: Path, side: str, start: int, end: int) -> npt.NDArray[np.int16]:
    """Exactly ``end - start`` samples; silence where nothing was received."""
    out = np.zeros(max(0, end - start), np.int16)
    try:
        with _sound(folder, side).open("rb") as file:
            file.seek(max(0, start) * 2)
            raw = file.read(max(0, end - max(0, start)) * 2)
    except FileNotFoundError:
        return out
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2")
    at = max(0, -start)
    out[at : at + len(samples)] = samples
    return out


def encode_flac(folder: Path, side: str, target: Path) -> int:
    """Write ``target`` (16 kHz mono, 16 bit) and return its samples. It starts at the start of the interview, and both
    sides and the mix are equally long, so a time means the same in all of them. ``target`` is there whole or not at
    all. Blocks; give it a thread."""
    import av

    samples = max(length(folder, CANDIDATE), length(folder, MELVIN), length(folder, side) if side != MIX else 0)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with av.open(str(unfinished), "w", format="flac") as container:
            stream = container.add_stream("flac", rate=RATE, layout="mono")
            stream.codec_context.format = "s16"
            for start in range(0, samples, BLOCK):
                block = _block(folder, side, start, min(start + BLOCK, samples))
                frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="mono")
                frame.sample_rate, frame.pts = RATE, start
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode(None):
                container.mux(packet)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
    return samples


def _block(folder: Path, side: str, start: int, end: int) -> npt.NDArray[np.int16]:
    if side != MIX:
        return read_span(folder, side, start, end)
    both = read_span(folder, CANDIDATE, start, end).astype(np.int32) + read_span(folder, MELVIN, start, end)
    mixed: npt.NDArray[np.int16] = np.clip(both, -32768, 32767).astype(np.int16)
    return mixed


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start >= 0:
            joined.append((start, end))
    return joined


def _write_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def _sound(folder: Path, side: str) -> Path:
    return folder / f"{side}.pcm"


def _spans(folder: Path, side: str) -> Path:
    return folder / f"{side}.spans"
