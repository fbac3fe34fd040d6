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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import interviewer.speech.whisper
from interviewer.conversation.pauses import Pause
from interviewer.live.rehearing import rehear
from interviewer.speech.finality import Ending
from interviewer.speech.models import whisper_folder
from interviewer.speech.recognition import Recognition
from interviewer.speech.smart_turn import SECONDS
from interviewer.speech.whisper import Whisper
from scoring.transcript import Word
from tests.benchmarks.turns.pause_set import Answer, answers_of, clips, cut_at, gated_at, other_clips, room_tone
from tests.benchmarks.turns.smart_turn import Tunes
from tests.clips import RATE, load

__all__ = ["CACHE", "CachedRecogniser", "HeardPause", "HeardPauses", "Treated", "heard_pauses", "recogniser"]

Pcm = npt.NDArray[np.int16]

TAIL_S = 0.2
"""Of silence, at the end of the sound that listening has recognised."""
CACHE = Path(tempfile.gettempdir()) / "melvin-turns"
NEAR_S = 0.5
"""A pause that begins this near to a splice is that splice."""
GREW_S = 0.2
"""A splice that is longer than it was made lies in a pause of the candidate's own, and so is none in mid-clause."""
GATED_EVERY = 3
"""So many pauses of the set are heard once more behind a noise gate."""


@dataclass(frozen=True, slots=True)
class HeardPause:
    """``length_s``: as spliced or as heard; None at the end of an answer. ``late_s``: how late voice activity heard
    that the speech ended. ``ending``: None where nothing was recognised."""

    answer: Answer
    pause: Pause
    kind: str
    length_s: float | None
    late_s: float
    ending: Ending | None
    at: int = 0
    """Where the silence begins, in samples of the answer."""
    ends_sentence: bool | None = None
    """By the reference, there; None where that does not say."""


@dataclass(slots=True)
class CachedRecogniser:
    """Whisper and smart-turn behind the cache. Each recognition is numbered, and its ``finality`` is that number, so
    that the pause that rests on it finds its ending and its sound. Sounds are kept for one answer at a time."""

    model: str
    whisper: Any
    tunes: Tunes | None
    folder: Path
    endings: list[Ending | None] = field(default_factory=list)
    sounds: dict[int, tuple[Pcm, Pcm]] = field(default_factory=dict)
    tone: Callable[[int], Pcm] = field(default=lambda samples: np.zeros(samples, np.int16))
    """Of the room, which live the microphone hears before the answer begins."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def quick(self, pcm: Pcm, before: Pcm) -> Recognition:
        file = self.folder / f"{_digest(pcm)}.json"
        if not file.exists():
            found: list[Ending] = []
            self.whisper.finality = found.append
            text = self.whisper.quick(pcm, language="en").text
            heard: dict[str, Any] = {"text": text}
            if text:
                heard |= {"mark": found[-1].mark, "voice": [round(float(v), 4) for v in found[-1].voice]}
            file.write_text(json.dumps(heard))
        row = json.loads(file.read_text())
        ending = None
        if "mark" in row:
            tune = None if self.tunes is None else self.tunes(self._led_up(before, pcm))
            ending = Ending(row["mark"], np.array(row["voice"], np.float32), tune)
        self.sounds[len(self.endings)] = (pcm, before)
        self.endings.append(ending)
        return Recognition(row["text"], finality=float(len(self.endings) - 1))

    def _led_up(self, before: Pcm, pcm: Pcm) -> Pcm:
        return np.concatenate([self.tone(max(0, SECONDS * RATE - len(before) - len(pcm))), before, pcm])

    def words(self, pcm: Pcm) -> Sequence[Word]:
        file = self.folder / f"{_digest(pcm)}-words.json"
        if not file.exists():
            words = self.whisper.careful(pcm, language="en").words
            file.write_text(json.dumps([[w.text, w.start, w.end, w.confidence] for w in words]))
        return [Word(*row) for row in json.loads(file.read_text())]


@dataclass(frozen=True, slots=True)
class Treated:
    """A pause of the set whose sound was changed before it was heard again. ``ends``: it is the end of an answer.
    ``gated``: by a noise gate; else cut and filled as splices are."""

    ending: Ending
    ends: bool
    gated: bool
    speaker: str


@dataclass(frozen=True, slots=True)
class HeardPauses:
    """``others``: of clips that coefficients are fitted to and nothing is measured on."""

    model: str
    pauses: Sequence[HeardPause]
    treated: Sequence[Treated]
    others: Sequence[HeardPause]
    tunes: Tunes | None


def recogniser(tunes: Tunes | None = None) -> CachedRecogniser:
    folder = whisper_folder(None, CACHE)
    code = Path(interviewer.speech.whisper.__file__).read_bytes()
    kept = CACHE / f"{folder.name}-{zlib.crc32(code):08x}"
    return CachedRecogniser(folder.name, Whisper(folder, "int8", 1), tunes, kept)


def heard_pauses(data: Path, *, quick: bool = False) -> HeardPauses:
    tunes = Tunes.found(CACHE)
    cached = recogniser(tunes)
    found: list[HeardPause] = []
    others: list[HeardPause] = []
    treated: list[Treated] = []
    every = 6 if quick else 1
    for clip in [*clips(data)[::every], *other_clips(data)[::every]]:
        kept = others if clip.other else found
        cached.tone = room_tone(load(clip.path), clip.name)
        for answer in answers_of(clip, cached.words):
            for n, (pause, sound) in enumerate(_pauses(answer, cached)):
                kept.append(pause)
                treated += _treated(pause, sound, cached, gated=n % GATED_EVERY == 0)
            cached.sounds.clear()
    return HeardPauses(cached.model, found, treated, others, tunes)


def _pauses(answer: Answer, cached: CachedRecogniser) -> Iterator[tuple[HeardPause, tuple[Pcm, Pcm] | None]]:
    """With the sound that its ending was heard in, and what led up to that."""
    heard = asyncio.run(rehear(answer.pcm, cached.quick))
    for pause in heard.pauses():
        number = pause.turn.finality
        ending = None if number is None else cached.endings[round(number)]
        sound = None if number is None else cached.sounds[round(number)]
        at = pause.at - heard.began
        if not pause.went_on:
            yield HeardPause(answer, pause, "end", None, (at - answer.end) / RATE, ending, at), sound
            continue
        near = [(where, length / RATE) for where, length in answer.spliced if abs(where - at) < NEAR_S * RATE]
        if near and pause.silence_s <= near[0][1] + GREW_S:
            late_s = (at - near[0][0]) / RATE
            ends_sentence = answer.ends_sentence(near[0][0])
            yield HeardPause(answer, pause, "spliced", near[0][1], late_s, ending, at, ends_sentence), sound
        elif not near and not answer.spliced:  # in the spliced answers the same pauses come again
            ends_sentence = answer.ends_sentence(at + round(pause.silence_s / 2 * RATE))
            yield HeardPause(answer, pause, "own", pause.silence_s, 0.0, ending, at, ends_sentence), sound


def _treated(
    found: HeardPause, heard: tuple[Pcm, Pcm] | None, cached: CachedRecogniser, *, gated: bool
) -> Iterator[Treated]:
    clip = found.answer.clip
    ends = found.kind == "end"
    unworded = found.pause.turn.wordless_s > 0.0  # then the sound is that of an earlier silence
    if heard is None or unworded or found.kind == "own" or (ends and not clip.ends):
        return
    sound, before = heard
    place = len(sound) - round((TAIL_S + found.late_s) * RATE)
    if not 0 < place < len(sound):
        return
    ways = [gated_at(sound, place)] if gated else []
    if ends and not found.answer.spliced:
        ways.append(cut_at(sound, place, cached.tone))
    for n, changed in enumerate(ways):
        ending = cached.endings[round(cached.quick(changed, before).finality or 0.0)]
        if ending is not None:
            yield Treated(ending, ends, gated and n == 0, clip.speaker)


def _digest(pcm: Pcm) -> str:
    return hashlib.sha256(pcm.tobytes()).hexdigest()[:24]
