"""The recorded clips of tests/data/audio, and how words are compared."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import av
import jiwer
import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent / "data" / "audio"
RATE = 16_000
_FILLERS = frozenset({"uh", "um"})


@dataclass(frozen=True)
class Clip:
    """``words`` are (word, start, end) in seconds where someone aligned them."""

    name: str
    path: Path
    text: str
    words: tuple[tuple[str, float, float], ...]

    @property
    def pcm(self) -> npt.NDArray[np.int16]:
        return load(self.path)


@functools.cache
def clips() -> dict[str, Clip]:
    """By name, without the ending."""
    found = {}
    for line in (FOLDER / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        path = FOLDER / row["file"]
        words = tuple((str(w), float(start), float(end)) for w, start, end in row.get("words", ()))
        found[path.stem] = Clip(path.stem, path, row["text"], words)
    return found


def load(path: Path, rate: int = RATE) -> npt.NDArray[np.int16]:
    """Mono samples at ``rate``."""
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(str(path)) as container:
        frames = [g for f in container.decode(audio=0) for g in resampler.resample(f)]
    return np.concatenate([f.to_ndarray()[0] for f in [*frames, *resampler.resample(None)]])


def word_error_rate(reference: str, heard: str) -> float:
    """0 to 1 and beyond; case, punctuation and fillers do not count."""
    return float(jiwer.wer(plain(reference), plain(heard) or "-"))


def plain(text: str) -> str:
    """Lower case without punctuation and fillers, as word error rates compare it."""
    text = text.lower().replace("mr.", "mister").replace("--", " ").replace("-", " ")
    words = re.sub(r"[^a-z0-9' ]", " ", text).split()
    return " ".join(w for w in words if w not in _FILLERS)
