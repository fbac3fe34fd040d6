"""Files of sound from elsewhere: what kind they are by their first bytes, and their samples.

A file may be made to harm: it is read by a program of its own (``decoding``) with limits on time, memory and length,
and only ever as the one kind that its first bytes say, since some kinds (playlists) make a reader open other files.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

__all__ = ["HEAD", "KINDS", "LARGEST", "LONGEST_S", "SoundUnreadable", "decoded", "kind_of"]

HEAD: Final = 16
"""As many bytes from the start say what a file is."""
KINDS: Final = "WAV, MP3, WebM, Ogg, FLAC or MP4"
LARGEST: Final = 128_000_000
"""Bytes: an hour as 16 kHz WAV has 115 million."""
LONGEST_S: Final = 3600
DECODE_S: Final = 600.0
"""On the clock, beside live interviews; the reader limits its processor time to a fifth of that."""

_REASONS: Final = {
    "unreadable": "The file cannot be read as sound.",
    "damaged": "Too much of the file is damaged.",
    "no-sound": "The file has no sound in it.",
    "too-long": f"The sound is too long: at most {LONGEST_S // 60} minutes are taken.",
    "too-slow": "The file takes too long to read.",
}

log = structlog.get_logger(__name__)


class SoundUnreadable(Exception):
    """Its message is a plain sentence that says why; another try would end the same."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """The reader's: ``memory`` in bytes, ``cpu_s`` of processor time, ``longest_s`` of sound."""

    longest_s: int = LONGEST_S
    cpu_s: int = round(DECODE_S / 5)
    memory: int = 1 << 31


def kind_of(head: bytes) -> str | None:
    """The reader's name for what begins with these ``HEAD`` bytes; None for what is no sound that is taken."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:3] == b"ID3" or _is_mp3_frame(head):
        return "mp3"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"fLaC":
        return "flac"
    return "mp4" if head[4:8] == b"ftyp" else None


def _is_mp3_frame(head: bytes) -> bool:
    """A frame header of layer III (ISO 11172-3, 2.4.1.3): eleven bits set, and no forbidden version or rate."""
    return (
        len(head) >= 3
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] >> 3 & 3 != 1
        and head[1] >> 1 & 3 == 1
        and head[2] >> 4 not in (0, 15)
        and head[2] >> 2 & 3 != 3
    )


async def decoded(source: Path, target: Path, *, longest_s: int = LONGEST_S) -> int:
    """Writes 16 kHz mono 16-bit samples, little endian, to ``target`` and returns how many. Raises
    :class:`SoundUnreadable`."""
    with source.open("rb") as file:
        kind = kind_of(file.read(HEAD))
    if kind is None:
        raise SoundUnreadable(f"The file is not {KINDS}.")
    limits = _Limits(longest_s)
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interviewer.media.decoding", str(source), str(target), kind,
        str(limits.longest_s), str(limits.cpu_s), str(limits.memory),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(DECODE_S):
            said, _ = await reader.communicate()
    except TimeoutError:
        raise SoundUnreadable(_REASONS["too-slow"]) from None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    return _told(said, reader.returncode or 0)


def _told(said: bytes, code: int) -> int:
    if code != 0:  # it broke on the file, or used up what it may have
        log.warning("sound.reader_died", code=code)
        raise SoundUnreadable(_REASONS["unreadable"])
    told = json.loads(said)
    if "reason" in told:
        raise SoundUnreadable(_REASONS[told["reason"]])
    return int(told["samples"])
