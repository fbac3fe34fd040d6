"""smart-turn v3.2 (pipecat-ai, BSD-2): what a turn sounds like where it may end, from its last 8 s of sound.

Its own answer, one probability, is taken together with the 384 numbers that it rests on: finality's coefficients make
more of them, for interviews, than the model's last layers do (``python -m tests.benchmarks turns`` prints both).

The weights are no part of Melvin. They lie in the wheel pipecat-ai, of which one file is read and nothing is imported,
or wherever ``MELVIN_SMART_TURN`` says. The pooled numbers are no output of the model as it is published: its graph is
given a second output by adding to its file, which Protocol Buffers define to merge (encoding, "last one wins").
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SECONDS", "SIZE", "SmartTurn", "smart_turn_file"]

RATE = 16_000
SECONDS = 8
"""What it looks at; silence stands before a turn that is shorter."""
SIZE = 385
"""Numbers that come of it: the logit of its probability, then the pooled state of its encoder."""
LEAST = 1e-4
"""Its probabilities come in steps, down to 0 and up to 1."""

PACKAGE = "pipecat"
INSIDE = "audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
SHA256 = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
POOLED = b"sum_1"
_GRAPH, _OUTPUT, _NAME = 7, 12, 1
"""Numbers of the fields in onnx.proto: ModelProto.graph, GraphProto.output, ValueInfoProto.name."""

Vector = npt.NDArray[np.float32]


def smart_turn_file(named: Path | None = None) -> Path | None:
    """``named``, else the one in the wheel pipecat-ai where that is installed; None where there is none, or another
    version, which nothing here was fitted to. Imports nothing of the wheel."""
    if named is None:
        found = importlib.util.find_spec(PACKAGE)
        places = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
        named = next((place / INSIDE for place in places if (place / INSIDE).is_file()), None)
    if named is None or not named.is_file():
        return None
    return named if hashlib.sha256(named.read_bytes()).hexdigest() == SHA256 else None


class SmartTurn:
    """The loaded model; one thread, for a second makes it no faster."""

    def __init__(self, file: Path) -> None:
        import onnxruntime
        from faster_whisper.feature_extractor import FeatureExtractor

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        output = _field(_GRAPH, _field(_OUTPUT, _field(_NAME, POOLED)))
        self._session: Any = onnxruntime.InferenceSession(
            file.read_bytes() + output, options, providers=["CPUExecutionProvider"]
        )
        self._features: Any = FeatureExtractor(feature_size=80, chunk_length=SECONDS)

    def probability(self, pcm: npt.NDArray[np.int16]) -> float:
        """That the turn is over, by the model alone. ``pcm`` as in :meth:`__call__`."""
        return self._run(pcm)[0]

    def __call__(self, pcm: npt.NDArray[np.int16]) -> Vector:
        """``pcm``: the turn's sound up to 0.2 s into the silence, 16 kHz mono; gives ``SIZE`` numbers."""
        over, pooled = self._run(pcm)
        over = min(max(over, LEAST), 1 - LEAST)
        return np.append(np.float32(np.log(over / (1 - over))), pooled).astype(np.float32)

    def _run(self, pcm: npt.NDArray[np.int16]) -> tuple[float, Vector]:
        sound = pcm[-SECONDS * RATE :].astype(np.float32) / 32768.0
        sound = np.pad(sound, (SECONDS * RATE - len(sound), 0))
        sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        mel = self._features(sound, padding=0)[:, : SECONDS * 100]
        mel = np.pad(mel, ((0, 0), (0, SECONDS * 100 - mel.shape[-1])), mode="edge")
        over, pooled = self._session.run(None, {"input_features": mel[np.newaxis].astype(np.float32)})
        return float(over[0].item()), np.asarray(pooled[0], np.float32).ravel()


def _field(number: int, content: bytes) -> bytes:
    """A field of Protocol Buffers that holds bytes, of fewer than 128."""
    return bytes([number << 3 | 2, len(content)]) + content
