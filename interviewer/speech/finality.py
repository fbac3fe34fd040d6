"""How final the last words sound: the probability that a turn ends here, from what recognition has worked out anyway.

    sound     ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▁▁▁▁▁▁|
    encoder                 ├voice┤         the quarter second before the silence, as Whisper's encoder hears it
    decoder   the future of our nation ├mark┤     how likely ".", "?" or "!" follows the last word
    finality  = a logistic function of both

The coefficients (finality.json) are fitted by ``python -m tests.benchmarks.turns.fit`` on ends of answers against
silences spliced in mid-clause; the file says on what. It costs a dot product: no model runs for it alone.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ending", "Judge", "shipped", "voice_of"]

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
    """``mark``: 0 to 1. ``voice``: the mean of the encoder's last frames of speech (512 of Whisper base)."""

    mark: float
    voice: Vector

    @property
    def features(self) -> npt.NDArray[np.float64]:
        return np.append(self.voice.astype(np.float64), np.log(max(self.mark, LEAST_MARK)))


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


@functools.cache
def shipped() -> Judge:
    raw = (importlib.resources.files("interviewer.speech") / "finality.json").read_text("utf-8")
    data = json.loads(raw)
    return Judge(np.array([*data["voice"], data["mark"]], np.float64), float(data["bias"]))
