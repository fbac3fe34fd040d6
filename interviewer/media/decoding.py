"""The program that reads one file of sound: SOURCE TARGET KIND LONGEST_S CPU_S MEMORY.

It says one line of JSON, {"samples": n} or {"reason": "..."}, and may break or be ended on a file that is made for
that: nobody else is harmed.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import BinaryIO

RATE = 16_000
MOST_DAMAGED = 0.02
"""Of all packets. MP3 files often begin or end with one that cannot be read."""
FEW = 2


class _Unreadable(Exception):
    """Its one argument is the reason's name."""


def read(source: Path, target: BinaryIO, kind: str, longest_s: int) -> int:
    import av

    written = damaged = packets = 0
    try:
        # The format is given and not guessed, and nothing but this file is opened.
        with av.open(
            str(source), format=kind, options={"protocol_whitelist": "file"}, metadata_errors="ignore"
        ) as file:
            if not file.streams.audio:
                raise _Unreadable("no-sound")
            stream = file.streams.audio[0]
            stream.codec_context.thread_count = 1
            shape: tuple[object, ...] = ()
            resampler = av.AudioResampler("s16", "mono", RATE)
            for packet in file.demux(stream):
                packets += 1
                try:
                    frames = packet.decode()
                except av.InvalidDataError:
                    damaged += 1
                    continue
                for frame in frames:
                    if not isinstance(frame, av.AudioFrame):
                        continue
                    now = (frame.format.name, frame.layout.name, frame.sample_rate)
                    if shape not in ((), now):  # a resampler takes one shape only
                        written += _write(target, resampler.resample(None))
                        resampler = av.AudioResampler("s16", "mono", RATE)
                    shape = now
                    frame.pts = None
                    written += _write(target, resampler.resample(frame))
                    if written > longest_s * RATE:
                        raise _Unreadable("too-long")
            if shape:
                written += _write(target, resampler.resample(None))
    except (av.FFmpegError, ValueError):
        raise _Unreadable("unreadable") from None
    if not written:
        raise _Unreadable("no-sound" if not damaged else "unreadable")
    if damaged > FEW + MOST_DAMAGED * packets:
        raise _Unreadable("damaged")
    return written


def _write(target: BinaryIO, frames: list[object]) -> int:
    import av

    written = 0
    for frame in frames:
        assert isinstance(frame, av.AudioFrame)  # noqa: S101 - what a resampler gives
        target.write(bytes(frame.planes[0])[: frame.samples * 2])
        written += frame.samples
    return written


def main() -> None:
    source, target, kind, longest_s, cpu_s, memory = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with Path(target).open("wb") as file:
            said: dict[str, object] = {"samples": read(Path(source), file, kind, int(longest_s))}
    except _Unreadable as error:
        said = {"reason": str(error)}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
