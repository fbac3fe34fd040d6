"""Recognition of speech: Whisper in a process of its own for live interviews, or in the caller's thread for jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.models import Progress, whisper_folder
from interviewer.speech.process import ModelProcess, Program
from interviewer.speech.smart_turn import smart_turn_file
from interviewer.speech.whisper import RATE, Recognition, Whisper
from interviewer.speech.windows import windows
from scoring.transcript import Word

__all__ = ["Purpose", "Recogniser", "Recognition", "RecognitionOptions", "RecordRecogniser", "joined"]

NO_SOUND: npt.NDArray[np.int16] = np.zeros(0, np.int16)
_HOTWORD_CHARACTERS = 400
"""About a hundred tokens. Longer prompts make the base model recite them over silence."""


RECORD_WINDOW_S = 28.0
"""A recording goes to the process in pieces of at most one of Whisper's own windows, so that whoever waits for the end
of a turn waits for one of them at most."""


class Purpose(IntEnum):
    """What the words are for. The number is the place in the queue: one process serves all interviews of a machine."""

    LIVE = 0
    """The last words before a silence, which may be the end of the turn: quick, without word times."""
    AHEAD = 1
    """A window of an answer that goes on: needed with the last words, and not before."""
    CAPTION = 2
    """Words for the eye while they are spoken; the first thing to give up under load."""
    RECORD = 3
    """The record transcript: careful, with word times and confidences."""


@dataclass(frozen=True, slots=True)
class RecognitionOptions:
    """``model`` as in :func:`interviewer.speech.models.whisper_folder`. ``cache`` keeps assembled or fetched models.
    ``smart_turn`` as in :func:`interviewer.speech.smart_turn.smart_turn_file`."""

    cache: Path
    model: str | None = None
    compute_type: str = "int8"
    threads: int = 2
    nice: int = 0
    smart_turn: Path | None = None


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
            "smart_turn": str(self.options.smart_turn) if self.options.smart_turn else None,
        }
        self._process = ModelProcess(
            Program("interviewer.speech.whisper_process", settings, self.options.threads, self.options.nice),
            polite_from=Purpose.CAPTION,
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def model(self) -> str:
        """What the loaded model is called; empty before :meth:`start`."""
        return str(self._process.info.get("model", ""))

    @property
    def hears_tune(self) -> bool:
        """Whether smart-turn's weights were found, and finality rests on them too."""
        return bool(self._process.info.get("smart_turn", False))

    @property
    def busy(self) -> bool:
        """Somebody's last words before a silence are being recognised, or wait for it."""
        return self._process.count(Purpose.LIVE) > 0

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
        wanted: Callable[[], bool] = lambda: True,
        before: npt.NDArray[np.int16] = NO_SOUND,
    ) -> Recognition:
        """``pcm`` is 16 kHz mono. Silence and noise give empty text. ``before``: sound that led up to it, for how final
        it ends; no words are wanted of that. Raises ``ModelGone`` or ``ModelError``, and ``Unwanted`` where ``wanted``
        said no when its turn came."""
        if purpose is not Purpose.RECORD:
            return await self._recognise(pcm, language, hotwords, purpose, wanted, before)
        spans = list(windows(pcm, RECORD_WINDOW_S)) or [(0, 0)]
        return joined(
            [
                (start, await self._recognise(pcm[start:end], language, hotwords, purpose, wanted))
                for start, end in spans
            ]
        )

    async def _recognise(
        self,
        pcm: npt.NDArray[np.int16],
        language: str,
        hotwords: Iterable[str],
        purpose: Purpose,
        wanted: Callable[[], bool],
        before: npt.NDArray[np.int16] = NO_SOUND,
    ) -> Recognition:
        seconds = len(pcm) / RATE
        reply = await self._process.call(
            {
                "careful": purpose is Purpose.RECORD,
                "judged": purpose is Purpose.LIVE,
                "before": len(before),
                "language": language,
                "hotwords": _prompt(hotwords),
            },
            np.concatenate([before, pcm]).astype(np.int16, copy=False).tobytes(),
            priority=purpose.value,
            timeout_s=30.0 + 5.0 * seconds,
            wanted=wanted,
        )
        header = reply.header
        return Recognition(
            text=str(header["text"]),
            words=tuple(Word(text, start, end, confidence) for text, start, end, confidence in header["words"]),
            confidence=float(header["confidence"]),
            audio_s=seconds,
            took_s=float(header["took_s"]),
            finality=header["finality"],
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
            smart_turn = smart_turn_file(self._options.smart_turn)
            self._whisper = Whisper(folder, self._options.compute_type, self._options.threads, smart_turn)
            self.model = folder.name
        return self._whisper

    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition:
        """The careful way, with word times in seconds from the first sample of ``pcm`` (16 kHz mono)."""
        return self.load().careful(pcm, language=language, hotwords=_prompt(hotwords))


def joined(pieces: Sequence[tuple[int, Recognition]]) -> Recognition:
    """Pieces of one recording, each with its first sample, as one."""
    words = tuple(
        Word(w.text, round(w.start + start / RATE, 3), round(w.end + start / RATE, 3), w.confidence)
        for start, piece in pieces
        for w in piece.words
    )
    confidences = [w.confidence for w in words if w.confidence is not None]
    return Recognition(
        " ".join(piece.text for _, piece in pieces if piece.text),
        words,
        float(np.mean(confidences)) if confidences else 0.0,
        sum(piece.audio_s for _, piece in pieces),
        sum(piece.took_s for _, piece in pieces),
    )


def _prompt(hotwords: Iterable[str]) -> str | None:
    """As many words as fit, joined as a list; None without any."""
    joined = ""
    for word in dict.fromkeys(w.strip() for w in hotwords):
        longer = f"{joined}, {word}" if joined else word
        if len(longer) > _HOTWORD_CHARACTERS:
            break
        joined = longer
    return joined or None
