"""When the candidate speaks: the acoustic start and end of each stretch of speech, from Silero.

    probability  ..▂▅▇▇▇▇▇▆▂....▅▇▇▂.......
                   ├128┤                      told after 128 ms of speech, at = first chunk of it
                           ├─200─┤            told after 200 ms of silence, at = first chunk of it
    stretches      ████████    (a click is shorter than 128 ms and is not told)

Positions are samples at 16 kHz. Gaps in the sound, which lost packets leave, count as silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from interviewer.speech.silero import CHUNK, Silero

__all__ = ["Activity", "VoiceActivity"]

RATE = 16_000
SPEECH = 0.5
"""Speech begins at this probability ..."""
SILENCE = 0.35
"""... and goes on down to this one, so that a weak syllable does not end it."""
START_CHUNKS = 4
"""128 ms: longer than a click or a key, shorter than "yes"."""
END_CHUNKS = 7
"""224 ms: the first whole number of chunks over 0.2 s, which is longer than the closure of any stop consonant."""
FALTERING_CHUNKS = 2
BRIDGED_CHUNKS = 2
"""Silence inside the first 128 ms that does not start the count again."""
RESET_CHUNKS = 5 * RATE // CHUNK
"""After 5 s of silence the model's memory is cleared, so that hours of noise cannot wear it in."""
_ZEROS = (END_CHUNKS + 1) * CHUNK


@dataclass(frozen=True, slots=True)
class Activity:
    """``at`` is where speech started or ended, a little before it can be told."""

    kind: Literal["started", "ended"]
    at: int


class VoiceActivity:
    """One candidate's stream. Not shared between threads."""

    def __init__(self) -> None:
        self._model = Silero()
        self.reset()

    @property
    def speaking(self) -> bool:
        return self._speaking

    @property
    def faltering(self) -> bool:
        """Speech whose last 64 ms or more were silent: it may have ended, and it is too early to tell."""
        return self._speaking and self._silent >= FALTERING_CHUNKS

    def reset(self) -> None:
        """Forget everything; a stretch that is under way is not told to have ended."""
        self._model.reset()
        self._rest: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._position: int | None = None
        self._quiet_since_start()

    def _quiet_since_start(self) -> None:
        self._speaking = False
        self._onset = 0
        self._loud = 0
        self._silent = 0
        self._silent_from = 0

    def feed(self, start: int, samples: npt.NDArray[np.int16]) -> list[Activity]:
        """Any number of samples, beginning at ``start``. Sound that was given before is passed over."""
        changes: list[Activity] = []
        if self._position is None:
            self._position = start
        expected = self._position + len(self._rest)
        if start < expected:
            samples = samples[expected - start :]
        elif start > expected:
            gap = start - expected
            self._position = self._take(self._position, np.zeros(min(gap, _ZEROS), np.int16), changes)
            if gap > _ZEROS:  # whatever was said has ended by now
                self._model.reset()
                self._rest = np.zeros(0, np.int16)
                self._position = start
                self._quiet_since_start()
        self._position = self._take(self._position, samples, changes)
        return changes

    def _take(self, position: int, samples: npt.NDArray[np.int16], changes: list[Activity]) -> int:
        """Judge every whole chunk from ``position`` on; returns where the rest begins."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // CHUNK * CHUNK
        for chunk in sound[:whole].reshape(-1, CHUNK):
            change = self._judge(position, self._model(chunk))
            position += CHUNK
            if change is not None:
                changes.append(change)
        self._rest = sound[whole:]
        return position

    def _judge(self, at: int, probability: float) -> Activity | None:
        if probability >= (SILENCE if self._speaking or self._loud else SPEECH):
            if not self._speaking and not self._loud:
                self._onset = at
            self._loud += 1
            self._silent = 0
            if not self._speaking and self._loud >= START_CHUNKS:
                self._speaking = True
                return Activity("started", self._onset)
            return None
        if not self._silent:
            self._silent_from = at
        self._silent += 1
        if self._speaking and self._silent >= END_CHUNKS:
            self._speaking = False
            self._loud = 0
            return Activity("ended", self._silent_from)
        if not self._speaking and self._silent > BRIDGED_CHUNKS:
            self._loud = 0
        if not self._speaking and self._silent % RESET_CHUNKS == 0:
            self._model.reset()
        return None
