"""smart-turn v3.2 (pipecat-ai, BSD-2), for comparison: how likely it finds a turn to be over, from sound alone.

Its model is no part of the product. It is looked for in ``MELVIN_SMART_TURN`` (the path of smart-turn-v3.2-cpu.onnx);
``pip download --no-deps pipecat-ai==1.14.0`` brings a wheel with it, under pipecat/audio/turn/smart_turn/data.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SECONDS", "SmartTurn"]

RATE = 16_000
SECONDS = 8
"""What it looks at: the last 8 s, silence before it where there is less."""
ENV = "MELVIN_SMART_TURN"


class SmartTurn:
    def __init__(self, path: Path) -> None:
        import onnxruntime
        from faster_whisper.feature_extractor import FeatureExtractor

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._features: Any = FeatureExtractor(feature_size=80, chunk_length=SECONDS)

    @classmethod
    def found(cls) -> SmartTurn | None:
        """None where the model is not on this machine."""
        path = os.environ.get(ENV)
        return cls(Path(path)) if path and Path(path).is_file() else None

    def __call__(self, pcm: npt.NDArray[np.int16]) -> float:
        """``pcm``: everything since the turn began, up to 0.2 s into the silence; 16 kHz mono."""
        sound = pcm[-SECONDS * RATE :].astype(np.float32) / 32768.0
        sound = np.pad(sound, (SECONDS * RATE - len(sound), 0))
        sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        mel = self._features(sound, padding=0)[:, : SECONDS * 100]
        mel = np.pad(mel, ((0, 0), (0, SECONDS * 100 - mel.shape[-1])), mode="edge")
        return float(self._session.run(None, {"input_features": mel[np.newaxis].astype(np.float32)})[0][0].item())
