"""Embeddings that outlive the process: of each answer, those of its sentences, so that another rubric costs nothing.

    with embedder.of_answer(known, but=texts_of(rubric, question)) as remembered:
        card = score(...)                    what is in ``known`` is not encoded again
    remembered.texts, remembered.vectors     what the answer needed, to be kept for the next rubric

The vectors are kept as they were made, so a scorecard is the same with the memory and without it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.embeddings import DIMENSIONS, Embedder, EmbedderOptions, Vectors
from scoring.empty_talk import EMPTY_TALK
from scoring.rubric import Rubric

__all__ = ["HASH_BYTES", "Remembered", "RememberingEmbedder", "text_hash", "texts_of", "unpacked"]

HASH_BYTES = 16


def text_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:HASH_BYTES]


def unpacked(texts: bytes, vectors: bytes) -> dict[bytes, Vectors]:
    """Vectors by :func:`text_hash`, from what :class:`Remembered` packs. Empty where the two do not fit together."""
    count = len(texts) // HASH_BYTES
    if len(vectors) != count * DIMENSIONS * 4:
        return {}
    rows = np.frombuffer(vectors, dtype="<f4").reshape(count, DIMENSIONS)
    return {texts[i * HASH_BYTES : (i + 1) * HASH_BYTES]: rows[i] for i in range(count)}


@dataclass(slots=True)
class Remembered:
    """What one answer needed. ``fresh``: some of it was not known before."""

    known: Mapping[bytes, Vectors]
    but: Collection[str]
    needed: dict[bytes, Vectors] = field(default_factory=dict)
    fresh: bool = False

    @property
    def texts(self) -> bytes:
        return b"".join(self.needed)

    @property
    def vectors(self) -> bytes:
        return b"".join(row.astype("<f4").tobytes() for row in self.needed.values())


class RememberingEmbedder(Embedder):
    """An :class:`Embedder` that, within ``of_answer``, takes what is known and notes what is needed. Each thread has an
    answer of its own."""

    def __init__(self, options: EmbedderOptions | None = None) -> None:
        super().__init__(options)
        self._here = threading.local()

    @contextmanager
    def of_answer(self, known: Mapping[bytes, Vectors], but: Collection[str] = ()) -> Iterator[Remembered]:
        """``but``: texts that are not the answer's own, and are not to be kept with it."""
        self._here.answer = remembered = Remembered(known, but)
        try:
            yield remembered
        finally:
            self._here.answer = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        answer: Remembered | None = getattr(self._here, "answer", None)
        if answer is None:
            return super().encode(texts)
        rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        missing: list[int] = []
        hashes: list[bytes] = []
        for i, text in enumerate(texts):
            own = text_hash(text)
            hashes.append(own)
            vector = None if text in answer.but else answer.known.get(own)
            if vector is None:
                missing.append(i)
            else:
                rows[i] = answer.needed[own] = vector
        if missing:
            rows[missing] = super().encode([texts[i] for i in missing])
            for i in missing:
                if texts[i] not in answer.but:
                    answer.needed[hashes[i]] = rows[i]
                    answer.fresh = True
        return rows


def texts_of(rubric: Rubric, question_text: str) -> frozenset[str]:
    """Every text of the rubric and around it."""
    return frozenset((question_text, *EMPTY_TALK, *_strings(rubric.model_dump(mode="json"))))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)
