"""A finished recording as FLAC: one side, or both mixed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.media.recording import RATE, length, read_span

__all__ = ["CANDIDATE", "MELVIN", "MIX", "encode_flac"]

CANDIDATE, MELVIN, MIX = "candidate", "melvin", "mix"
BLOCK = 10 * RATE


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
