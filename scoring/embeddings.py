"""Sentence embeddings with a memory: each text is encoded once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoring.minilm import DIMENSIONS, MiniLM, ModelMissing, Vectors, model_folder, model_version

__all__ = ["DIMENSIONS", "Embedder", "EmbedderOptions", "ModelMissing", "Vectors", "model_folder"]


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    threads: int = 1
    """Processor threads of the model."""
    cache: int = 8192
    """Texts whose vectors are kept, least recently used dropped first (1.5 KiB each)."""
    store: Path | None = None
    """A folder that keeps the converted weights (22 MB), so that the model loads in a fifth of a second next time."""


class Embedder:
    """Turns texts into unit vectors. The model loads at the first ``encode`` (0.2 to 2 s). Threads may share one."""

    def __init__(self, options: EmbedderOptions | None = None) -> None:
        self.options = options or EmbedderOptions()
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._model: MiniLM | None = None

    @property
    def version(self) -> str:
        """Name and version of the weights, for provenance."""
        return model_version()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (len(texts), 384), rows of length 1 in the order of ``texts``."""
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        with self._lock:
            new = [t for t in dict.fromkeys(texts) if t not in self._cache]
            if new:
                if self._model is None:
                    self._model = MiniLM(model_folder(), self.options.threads, self.options.store)
                self._cache.update(zip(new, self._model.forward(new), strict=True))
            for i, text in enumerate(texts):
                rows[i] = self._cache[text]
                self._cache.move_to_end(text)
            while len(self._cache) > self.options.cache:
                self._cache.popitem(last=False)
        return rows
