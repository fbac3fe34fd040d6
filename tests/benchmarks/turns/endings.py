"""Every pause of the pause set as the product hears it: its words so far, and how the voice ends before it.

Sound goes through live's Listening (``rehear``). What the recogniser makes of a segment is kept in a cache folder, by
the sound, the model and the code that calls it, so that a second run takes minutes instead of half an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import interviewer.speech.whisper
from interviewer.conversation.pauses import Pause
from interviewer.live.rehearing import rehear
from interviewer.speech.finality import Ending
from interviewer.speech.recognition import Recognition, RecognitionOptions, RecordRecogniser
from scoring.transcript import Word
from tests.benchmarks.turns.pause_set import Answer, answers_of, clips, cut_at, room_tone
from tests.clips import RATE, load

__all__ = ["HeardPause", "HeardPauses", "heard_pauses"]

Pcm = npt.NDArray[np.int16]

TAIL_S = 0.2
"""Of silence, at the end of the sound that listening has recognised."""
CACHE = Path(tempfile.gettempdir()) / "melvin-turns"
NEAR_S = 0.5
"""A pause that begins this near to a splice is that splice."""
GREW_S = 0.2
"""A splice that is longer than it was made lies in a pause of the candidate's own, and so is none in mid-clause."""


@dataclass(frozen=True, slots=True)
class HeardPause:
    """``length_s``: as spliced or as heard; None at the end of an answer. ``late_s``: how late voice activity heard
    the end. ``ending``: None where nothing was recognised."""

    answer: Answer
    pause: Pause
    kind: str
    length_s: float | None
    late_s: float
    ending: Ending | None
    at: int = 0
    """Where the silence begins, in samples of the answer."""


@dataclass(slots=True)
class _Recogniser:
    """Whisper behind the cache. Each recognition is numbered, and its ``finality`` is that number, so that the pause
    that rests on it finds its ending. ``last``: the sound of the newest."""

    whisper: Any
    folder: Path
    last: Pcm = field(default_factory=lambda: np.zeros(0, np.int16))
    endings: list[Ending | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def quick(self, pcm: Pcm) -> Recognition:
        file = self.folder / f"{_digest(pcm)}.json"
        if not file.exists():
            found: list[Ending] = []
            self.whisper.finality = found.append
            text = self.whisper.quick(pcm, language="en").text
            heard: dict[str, Any] = {"text": text}
            if text:
                heard |= {"mark": found[-1].mark, "voice": [round(float(v), 4) for v in found[-1].voice]}
            file.write_text(json.dumps(heard))
        self.last = pcm
        row = json.loads(file.read_text())
        ending = Ending(row["mark"], np.array(row["voice"], np.float32)) if "mark" in row else None
        self.endings.append(ending)
        return Recognition(row["text"], finality=float(len(self.endings) - 1))

    def words(self, pcm: Pcm) -> Sequence[Word]:
        file = self.folder / f"{_digest(pcm)}-words.json"
        if not file.exists():
            words = self.whisper.careful(pcm, language="en").words
            file.write_text(json.dumps([[w.text, w.start, w.end, w.confidence] for w in words]))
        return [Word(*row) for row in json.loads(file.read_text())]


@dataclass(frozen=True, slots=True)
class HeardPauses:
    model: str
    pauses: Sequence[HeardPause]
    treated: Sequence[tuple[Ending, str]]
    """Ends of answers, cut and filled as splices are, with their speakers."""


def heard_pauses(data: Path, *, quick: bool = False) -> HeardPauses:
    recogniser = RecordRecogniser(RecognitionOptions(CACHE, threads=1))
    whisper = recogniser.load()
    code = Path(interviewer.speech.whisper.__file__).read_bytes()
    cached = _Recogniser(whisper, CACHE / f"{recogniser.model}-{zlib.crc32(code):08x}")
    found: list[HeardPause] = []
    treated: list[tuple[Ending, str]] = []
    for clip in clips(data)[:: 6 if quick else 1]:
        for answer in answers_of(clip, cached.words):
            heard = list(_pauses(answer, cached))
            found += heard
            if not answer.spliced and clip.ends and heard:
                treated += _treated(answer, cached, heard[-1])
    return HeardPauses(recogniser.model, found, treated)


def _digest(pcm: Pcm) -> str:
    return hashlib.sha256(pcm.tobytes()).hexdigest()[:24]


def _pauses(answer: Answer, cached: _Recogniser) -> Iterator[HeardPause]:
    heard = asyncio.run(rehear(answer.pcm, cached.quick))
    for pause in heard.pauses():
        number = pause.turn.finality
        ending = None if number is None else cached.endings[round(number)]
        at = pause.at - heard.began
        if not pause.went_on:
            yield HeardPause(answer, pause, "end", None, (at - answer.end) / RATE, ending, at)
            continue
        near = [length / RATE for where, length in answer.spliced if abs(where - at) < NEAR_S * RATE]
        if near and pause.silence_s <= near[0] + GREW_S:
            yield HeardPause(answer, pause, "spliced", near[0], 0.0, ending, at)
        elif not near and not answer.spliced:  # in the spliced answers the same pauses come again
            yield HeardPause(answer, pause, "own", pause.silence_s, 0.0, ending, at)


def _treated(answer: Answer, cached: _Recogniser, last: HeardPause) -> Iterator[tuple[Ending, str]]:
    place = len(cached.last) - round((TAIL_S + last.late_s) * RATE)
    if last.kind != "end" or place <= 0:
        return
    tone = room_tone(load(answer.clip.path), answer.clip.name)
    heard = cached.quick(cut_at(cached.last, place, tone))
    ending = cached.endings[round(heard.finality or 0.0)]
    if ending is not None:
        yield ending, answer.clip.speaker
