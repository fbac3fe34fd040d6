"""A causal language model on this machine, asked for one thing: how probable each of five digits is as the next token.

Weights are a folder in transformers' form, or a GGUF file in a folder (which needs the packages gguf and accelerate:
``pip install 'melvin-interviewer[local]'``). Nothing is fetched: what is not on the disk is an error.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from jinja2 import TemplateError

from scoring.embeddings import ModelMissing

__all__ = ["CausalModel", "LocalModelMissing", "LocalOptions", "TooLong"]

LEVELS = ("1", "2", "3", "4", "5")
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_SAMPLE = 1 << 20  # bytes at each end of a weights file that go into the fingerprint

Ids = list[int]


class LocalModelMissing(ModelMissing):
    """The model's files, or a package that reads them, are not there, or the model cannot be used as a judge."""


class TooLong(Exception):
    """``tokens`` are more than the model may be given."""

    def __init__(self, tokens: int, most: int) -> None:
        super().__init__(f"{tokens} tokens where {most} are allowed")
        self.tokens = tokens
        self.most = most


@dataclass(frozen=True, slots=True)
class LocalOptions:
    folder: Path
    gguf_file: str | None = None
    """The file's name within the folder."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """"auto": float32 on a CPU, bfloat16 on a GPU."""
    threads: int = 1
    """Torch threads. They are set for the whole process, when the model loads."""
    most_tokens: int = 6000
    """In one prompt: rubric, question and answer. The model's own limit counts too. Nothing is ever cut."""
    calibrate: bool = False
    """Take out what the model says of an answer that says nothing (contextual calibration, Zhao et al. 2021). Off,
    because a model that judges well rightly gives such an answer level 1, and because it did not help the one that was
    measured (see scoring/judges/local.py)."""
    prompt: Path | None = None
    """A prompt file of one's own."""


class CausalModel:
    """Loads at the first use. Threads may share one; they wait for each other."""

    def __init__(self, options: LocalOptions) -> None:
        self.options = options
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        return self.options.gguf_file or self.options.folder.resolve().name

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the names, sizes, beginnings and ends of the weights' files. Raises LocalModelMissing."""
        folder = self.options.folder
        if self.options.gguf_file:
            files = [folder / self.options.gguf_file]
        else:
            files = sorted(p for pattern in _WEIGHTS for p in folder.glob(pattern))
        if not files or not all(p.is_file() for p in files):
            raise LocalModelMissing(f"there is no language model at {folder / (self.options.gguf_file or '')}")
        total = hashlib.sha256()
        for path in files:
            size = path.stat().st_size
            total.update(f"{path.name} {size} ".encode())
            with path.open("rb") as file:
                total.update(file.read(_SAMPLE))
                file.seek(max(0, size - _SAMPLE))
                total.update(file.read(_SAMPLE))
        return total.hexdigest()

    def level_logprobs(self, prompts: Sequence[tuple[str, str, str]]) -> tuple[npt.NDArray[np.float64], int]:
        """For each (system, user, begun reply), the log probabilities of the five levels among themselves, shape
        (prompts, 5); and how many tokens were read. What the prompts begin with alike is computed once.

        Raises TooLong and LocalModelMissing.
        """
        import torch

        with self._lock:
            tokenizer, model = self.loaded()
            rows, digits = zip(*(self._tokens(tokenizer, *p) for p in prompts), strict=True)
            most = min(self.options.most_tokens, getattr(model.config, "max_position_embeddings", 1 << 30))
            longest = max(map(len, rows))
            if longest > most:
                raise TooLong(longest, most)
            shared = _alike(rows)
            with torch.inference_mode():
                logits = _last_logits(model, rows, min(shared, min(map(len, rows)) - 1))
                picked = torch.stack(
                    [row[torch.tensor(d)] for row, d in zip(logits.float().cpu(), digits, strict=True)]
                )
                result: npt.NDArray[np.float64] = torch.log_softmax(picked.double(), dim=1).numpy()
        return result, shared + sum(len(r) - shared for r in rows)

    def loaded(self) -> tuple[Any, Any]:
        """(tokenizer, model), loaded at the first call. Raises LocalModelMissing."""
        if self._loaded is not None:
            return self._loaded
        _ = self.fingerprint  # says plainly what is missing
        if self.options.gguf_file and not all(importlib.util.find_spec(p) for p in ("gguf", "accelerate")):
            raise LocalModelMissing("GGUF files need two more packages: pip install 'melvin-interviewer[local]'")
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        device = self.options.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = self.options.dtype
        if dtype == "auto":
            dtype = "bfloat16" if device == "cuda" else "float32"
        if device == "cpu":
            torch.set_num_threads(self.options.threads)
        logging.disable_progress_bar()
        more = {"gguf_file": self.options.gguf_file} if self.options.gguf_file else {}
        folder = self.options.folder
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **more)
            model = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=getattr(torch, dtype), **more
            )
        except (OSError, ValueError) as error:
            raise LocalModelMissing(f"the language model at {folder} cannot be read: {error}") from error
        self._loaded = (tokenizer, model.to(device).eval())
        return self._loaded

    def _tokens(self, tokenizer: Any, system: str, user: str, begun: str) -> tuple[Ids, Ids]:
        """The prompt's tokens up to where the level comes, and the token of each level there.

        Tokenizers differ in where the space before a digit goes, so that is read off: the five prompts that end in a
        level must be alike but for their last token.
        """
        text = _as_text(tokenizer, system, user) + begun
        head = len(text) - min(len(text), 200)
        ends = [tokenizer(f"{text[head:]} {n}", add_special_tokens=False)["input_ids"] for n in LEVELS]
        alike = _alike(ends)
        digits = [e[-1] for e in ends]
        if any(len(e) != alike + 1 for e in ends) or len(set(digits)) < len(LEVELS):
            raise LocalModelMissing(f"{self.name} does not write the digits 1 to 5 as one token each")
        # The template has written all special tokens already.
        whole: Ids = tokenizer(f"{text} 1", add_special_tokens=False)["input_ids"]
        return whole[:-1], digits


def _as_text(tokenizer: Any, system: str, user: str) -> str:
    if not getattr(tokenizer, "chat_template", None):
        return f"{tokenizer.bos_token or ''}{system}\n\n{user}\n\n"
    turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    try:
        text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    except TemplateError as error:  # some allow no system turn
        if "system" not in str(error).lower():
            raise LocalModelMissing(f"the model's chat template failed: {error}") from error
        turns = [{"role": "user", "content": f"{system}\n\n{user}"}]
        text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    return str(text)


def _alike(rows: Sequence[Ids]) -> int:
    """How many tokens all rows begin with alike."""
    count = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def _last_logits(model: Any, rows: Sequence[Ids], shared: int) -> Any:
    """Logits after each row's last token, shape (rows, vocabulary). The first ``shared`` tokens are read once."""
    import torch

    device = next(model.parameters()).device
    cache = None
    if shared:
        first = torch.tensor([rows[0][:shared]], device=device)
        cache = model(first, use_cache=True, logits_to_keep=1).past_key_values
        if len(rows) > 1:
            cache.batch_repeat_interleave(len(rows))
    rest = [row[shared:] for row in rows]
    width = max(map(len, rest))
    # Padding goes between what is shared and what is not, so that every row ends in the same column.
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rest], device=device)
    mask = torch.tensor([[1] * shared + [0] * (width - len(r)) + [1] * len(r) for r in rest], device=device)
    places = torch.tensor(
        [[0] * (width - len(r)) + list(range(shared, shared + len(r))) for r in rest], device=device
    )  # fmt: skip
    return model(
        ids, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=cache is not None,
        logits_to_keep=1,
    ).logits[:, -1]  # fmt: skip
