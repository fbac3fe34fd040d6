"""Recognition of speech: Whisper in a process of its own for live interviews, or in the caller's thread for jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.models import Progress, whisper_folder
from interviewer.speech.process import ModelProcess, Program
from interviewer.speech.whisper import RATE, Recognition, Whisper
from scoring.transcript import Word

__all__ = ["Purpose", "Recogniser", "Recognition", "RecognitionOptions", "RecordRecogniser"]

_HOTWORD_CHARACTERS = 400
"""About a hundred tokens. Longer prompts make the base model recite them over silence."""


class Purpose(IntEnum):
    """What the words are for. The number is the place in the queue."""

    LIVE = 0
    """An answer's words while the candidate waits: quick, without word times."""
    CAPTION = 1
    RECORD = 3
    """The record transcript: careful, with word times and confidences."""


@dataclass(frozen=True, slots=True)
class RecognitionOptions:
    """``model`` as in :func:`interviewer.speech.models.whisper_folder`. ``cache`` keeps assembled or fetched models."""

    cache: Path
    model: str | None = None
    compute_type: str = "int8"
    threads: int = 2
    nice: int = 0


@dataclass(slots=True)
class Recogniser:
    """Whisper behind a queue by purpose. One process serves all interviews of this machine: on a processor without a
    GPU, batching gains nothing, and a queue decides better what comes first than the operating system does."""

    options: RecognitionOptions
    _process: ModelProcess = field(init=False)

    def __post_init__(self) -> None:
        settings = {
            "model": self.options.model,
            "cache": str(self.options.cache),
            "compute_type": self.options.compute_type,
            "threads": self.options.threads,
        }
        self._process = ModelProcess(
            Program("interviewer.speech.whisper_process", settings, self.options.threads, self.options.nice)
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def model(self) -> str:
        """What the loaded model is called; empty before :meth:`start`."""
        return str(self._process.info.get("model", ""))

    @property
    def waiting(self) -> int:
        return self._process.waiting

    async def start(self, progress: Progress | None = None) -> None:
        """Return when the model is loaded and warm. Raises ``ModelGone`` with the reason."""
        await self._process.start(progress)

    async def recognise(
        self,
        pcm: npt.NDArray[np.int16],
        *,
        language: str = "en",
        hotwords: Iterable[str] = (),
        purpose: Purpose = Purpose.LIVE,
    ) -> Recognition:
        """``pcm`` is 16 kHz mono. Silence and noise give empty text. Raises ``ModelGone`` or ``ModelError``."""
        seconds = len(pcm) / RATE
        reply = await self._process.call(
            {"careful": purpose is Purpose.RECORD, "language": language, "hotwords": _prompt(hotwords)},
            np.ascontiguousarray(pcm, np.int16).tobytes(),
            priority=purpose.value,
            timeout_s=30.0 + 5.0 * seconds,
        )
        header = reply.header
        return Recognition(
            text=str(header["text"]),
            words=tuple(Word(text, start, end, confidence) for text, start, end, confidence in header["words"]),
            confidence=float(header["confidence"]),
            audio_s=seconds,
            took_s=float(header["took_s"]),
        )

    async def close(self) -> None:
        await self._process.close()


class RecordRecogniser:
    """Whisper in this process, for the worker; it blocks its thread. The model is loaded at the first call."""

    def __init__(self, options: RecognitionOptions) -> None:
        self._options = options
        self._whisper: Whisper | None = None
        self.model = ""

    def load(self, progress: Progress | None = None) -> Whisper:
        """Raises ``ModelUnavailable``."""
        if self._whisper is None:
            folder = whisper_folder(self._options.model, self._options.cache, progress)
            self._whisper = Whisper(folder, self._options.compute_type, self._options.threads)
            self.model = folder.name
        return self._whisper

    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition:
        """The careful way, with word times in seconds from the first sample of ``pcm`` (16 kHz mono)."""
        return self.load().careful(pcm, language=language, hotwords=_prompt(hotwords))


def _prompt(hotwords: Iterable[str]) -> str | None:
    """As many words as fit, joined as a list; None without any."""
    joined = ""
    for word in dict.fromkeys(w.strip() for w in hotwords):
        longer = f"{joined}, {word}" if joined else word
        if len(longer) > _HOTWORD_CHARACTERS:
            break
        joined = longer
    return joined or None
