"""smart-turn for the benchmark: what it makes of each sound is kept in the cache folder.

Its model is looked for as the product does: in ``MELVIN_SMART_TURN``, else where pipecat-ai is installed.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.smart_turn import SECONDS, SHA256, SmartTurn, smart_turn_file
from tests.clips import RATE

__all__ = ["Tunes"]

ENV = "MELVIN_SMART_TURN"


@dataclass(slots=True)
class Tunes:
    file: Path
    folder: Path
    _model: SmartTurn | None = field(default=None, init=False)

    @classmethod
    def found(cls, cache: Path) -> Tunes | None:
        """None where the model is not on this machine."""
        named = os.environ.get(ENV)
        file = smart_turn_file(Path(named) if named else None)
        if file is None:
            return None
        folder = cache / f"smart-turn-{SHA256[:8]}"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(file, folder)

    def __call__(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """As :class:`SmartTurn`: ``pcm`` is everything since the turn began, up to 0.2 s into the silence."""
        kept = self.folder / f"{hashlib.sha256(pcm[-SECONDS * RATE :].tobytes()).hexdigest()[:24]}.npy"
        if not kept.exists():
            self._model = self._model or SmartTurn(self.file)
            np.save(kept, self._model(pcm))
        return np.asarray(np.load(kept), np.float32)

    def probability(self, pcm: npt.NDArray[np.int16]) -> float:
        return float(1.0 / (1.0 + np.exp(-self(pcm)[0])))
