"""How final the last words sound: the probability that a turn ends here, from what recognition has worked out anyway.

    sound       ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▁▁▁▁▁▁|
    encoder                   ├voice┤         the quarter second before the silence, as Whisper's encoder hears it
    decoder     the future of our nation ├mark┤     how likely ".", "?" or "!" follows the last word
    smart-turn  ├────────tune────────┤        the last 8 s, where its weights are installed
    finality    = a logistic function of all

The coefficients (finality.json) are fitted by ``python -m tests.benchmarks.turns.fit`` on ends of answers against
silences spliced in mid-clause; the file says on what. There are two sets of them, with smart-turn and without. Without
it, finality costs a dot product: no model runs for it alone.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ending", "Judge", "Judges", "shipped", "voice_of"]

FRAMES_PER_S = 50
"""The encoder's; log-mel frames come twice as fast."""
SILENCE_FRAMES = 10
"""The 0.2 s of silence that live sound ends with; what stands there says more of the room than of the voice."""
VOICE_FRAMES = 12
LEAST_MARK = 0.003
"""Below it, the recogniser says no more than "not here"."""

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ending:
    """``mark``: 0 to 1. ``voice``: the mean of the encoder's last frames of speech (512 of Whisper base). ``tune``:
    what smart-turn makes of the sound; None without it."""

    mark: float
    voice: Vector
    tune: Vector | None = None

    @property
    def features(self) -> npt.NDArray[np.float64]:
        heard = np.append(self.voice.astype(np.float64), np.log(max(self.mark, LEAST_MARK)))
        return heard if self.tune is None else np.concatenate([heard, self.tune.astype(np.float64)])


def voice_of(encoded: Vector, frames: int) -> Vector:
    """``encoded``: (frames, size). ``frames``: how many of them are sound, the last 0.2 s of it silence."""
    to = max(1, frames - SILENCE_FRAMES)
    return np.asarray(encoded[max(0, to - VOICE_FRAMES) : to].mean(axis=0), np.float32)


@dataclass(frozen=True, slots=True)
class Judge:
    """``weights`` of :attr:`Ending.features`."""

    weights: npt.NDArray[np.float64]
    bias: float

    def __call__(self, ending: Ending) -> float | None:
        """None for an encoder of another size than the one it was fitted to."""
        features = ending.features
        if len(features) != len(self.weights):
            return None
        return float(1.0 / (1.0 + np.exp(-(features @ self.weights + self.bias))))


@dataclass(frozen=True, slots=True)
class Judges:
    """One for each set of features."""

    by_set: tuple[Judge, ...]

    def __call__(self, ending: Ending) -> float | None:
        """By the judge that fits the ending; None where none does."""
        found = (judge(ending) for judge in self.by_set)
        return next((finality for finality in found if finality is not None), None)


@functools.cache
def shipped() -> Judges:
    raw = (importlib.resources.files("interviewer.speech") / "finality.json").read_text("utf-8")
    return Judges(
        tuple(
            Judge(np.array([*judge["voice"], judge["mark"], *judge["tune"]], np.float64), float(judge["bias"]))
            for judge in json.loads(raw)["judges"]
        )
    )
