"""Synthesised sounds kept on disk as WAV files, and the latest in memory."""

from __future__ import annotations

import contextlib
import os
import tempfile
import wave
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.sound import SOUND_RATE

__all__ = ["Sound", "SoundCache", "as_wav"]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """``pcm`` is mono at 48 kHz and not to be written to."""

    pcm: npt.NDArray[np.int16]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SOUND_RATE


class SoundCache:
    """Keys are hexadecimal digests. Files are read and written by whichever thread calls; memory is one thread's."""

    def __init__(self, folder: Path, memory_bytes: int) -> None:
        self._folder = folder
        self._limit = memory_bytes
        self._held = 0
        self._memory: OrderedDict[str, Sound] = OrderedDict()

    def recall(self, key: str) -> Sound | None:
        """From memory alone."""
        sound = self._memory.get(key)
        if sound is not None:
            self._memory.move_to_end(key)
        return sound

    def remember(self, key: str, sound: Sound) -> None:
        """Keep in memory; what was used longest ago goes first."""
        if key in self._memory or sound.pcm.nbytes > self._limit:
            return
        self._memory[key] = sound
        self._held += sound.pcm.nbytes
        while self._held > self._limit:
            _, oldest = self._memory.popitem(last=False)
            self._held -= oldest.pcm.nbytes

    def on_disk(self, key: str) -> bool:
        return self._path(key).is_file()

    def read(self, key: str) -> Sound | None:
        """None where there is no such file, or one that is not whole."""
        try:
            with wave.open(str(self._path(key)), "rb") as file:
                if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SOUND_RATE, 1, 2):
                    return None
                frames = file.getnframes()
                pcm = np.frombuffer(file.readframes(frames), np.int16)
        except (FileNotFoundError, EOFError, wave.Error):
            return None
        return Sound(pcm) if len(pcm) == frames else None

    def write(self, key: str, sound: Sound) -> None:
        """The file is there whole or not at all, whoever else writes or dies meanwhile."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".wav")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(as_wav(sound))
            Path(name).replace(path)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.wav"


def as_wav(sound: Sound) -> bytes:
    """A whole WAV file, 48 kHz mono 16 bit."""
    import io

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(sound.pcm.tobytes())
    return buffer.getvalue()
