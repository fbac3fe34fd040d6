"""The MiniLM encoder fine-tuned to score an answer read with its reference: [CLS] reference [SEP] answer [SEP].

    word pieces -> lower layers, as shipped, computed once -> upper layers, trained -> means u (reference), v (answer)
                                                        -> linear(u, v, |u - v|, u * v) -> score from 0 to 1

An option where a question, or several that are fitted together, has LEAST ratings or more. Loss: cross-entropy with
the score as a soft label.
The same pairs, scores, options and number of torch threads give the same weights.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from scoring.calibration.encoder import load_encoder
from scoring.calibration.refusal import ModelRefused
from scoring.calibration.tuning import LEAST, FinetuneOptions, Pair
from scoring.embeddings import DIMENSIONS, Embedder

__all__ = [
    "LEAST", "Encoded", "FinetuneOptions", "Finetuned", "Pair", "encoded_pairs", "finetune", "load_finetuned",
    "trained",
]  # fmt: skip

FORMAT = 1
DOCUMENT, WEIGHTS = "finetuned.json", "weights.safetensors"
WARM_UP = 0.1  # share of the steps in which the learning rate rises
LENGTH = 6.0  # of the means: near what the head's learning rate suits

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """``states`` (pieces, 384) after the frozen layers; ``answer``: True where a piece belongs to the answer."""

    states: Tensor
    answer: Tensor


class _Upper(nn.Module):
    """The trained layers and the head."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers
        self.head = nn.Linear(4 * DIMENSIONS, 1)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, batch: Sequence[Encoded]) -> Tensor:
        states = nn.utils.rnn.pad_sequence([e.states.float() for e in batch], batch_first=True)
        answer = nn.utils.rnn.pad_sequence([e.answer for e in batch], batch_first=True)
        here = torch.arange(states.shape[1])[None] < torch.tensor([len(e.answer) for e in batch])[:, None]
        blocked = torch.zeros(here.shape).masked_fill(~here, torch.finfo(torch.float32).min)[:, None, None]
        for layer in self.layers:
            states = layer(states, blocked)
        u, v = _mean(states, here & ~answer), _mean(states, here & answer)
        together = torch.cat([u, v, (u - v).abs(), u * v], dim=1)
        logits: Tensor = self.head(nn.functional.dropout(together, 0.1, self.training))[:, 0]
        return logits


class Finetuned:
    """``fitted_on``: SHA-256 of the pairs and scores; ``losses``: mean of each epoch; ``hash`` once it is stored."""

    def __init__(
        self, upper: _Upper, options: FinetuneOptions, fitted_on: str, losses: tuple[float, ...], name: str = ""
    ) -> None:
        self._upper = upper.eval()
        self.options, self.fitted_on, self.losses, self.hash = options, fitted_on, losses, name

    def predict(self, pairs: Sequence[Pair]) -> Vector:
        """Scores from 0 to 1, in the order of ``pairs``."""
        return self.predict_encoded(encoded_pairs(pairs, self.options))

    def predict_encoded(self, encoded: Sequence[Encoded]) -> Vector:
        """The same of pairs that were encoded with these options."""
        scores = np.zeros(len(encoded))
        with torch.inference_mode():
            for rows in _batches(encoded, self.options.batch, None):
                scores[rows] = torch.sigmoid(self._upper([encoded[i] for i in rows])).numpy()
        return scores

    def save(self, folder: Path) -> Path:
        """Written to a folder of its own in ``folder``, named by the SHA-256 of its document; that folder's path."""
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as place:
            new = Path(place) / "new"
            new.mkdir()
            save_file(self._upper.state_dict(), new / WEIGHTS)
            document = json.dumps(
                {"format": FORMAT, "encoder": Embedder().version, "options": asdict(self.options),
                 "fitted_on": self.fitted_on, "losses": self.losses, "weights_sha256": _sha256(new / WEIGHTS)},
                sort_keys=True,
            ).encode()  # fmt: skip
            (new / DOCUMENT).write_bytes(document)
            self.hash = hashlib.sha256(document).hexdigest()
            kept = folder / self.hash
            if not kept.exists():
                new.rename(kept)
        return kept


def finetune(pairs: Sequence[Pair], scores: Sequence[float], options: FinetuneOptions | None = None) -> Finetuned:
    """``scores`` from 0 to 1. About 2,500 word pieces a second and epoch on two cores. Raises ValueError where the
    numbers of pairs and scores differ, there are none, or a score is outside."""
    chosen = options or FinetuneOptions()
    if len(pairs) != len(scores) or not pairs or not all(0 <= s <= 1 for s in scores):
        raise ValueError(f"{len(pairs)} pairs and {len(scores)} scores from 0 to 1 are not a training set")
    return trained(encoded_pairs(pairs, chosen), scores, chosen, _hash_of(pairs, scores))


def trained(
    encoded: Sequence[Encoded], scores: Sequence[float], chosen: FinetuneOptions, fitted_on: str = ""
) -> Finetuned:
    """As ``finetune``, of pairs that were encoded with the same options."""
    wanted = torch.tensor(scores, dtype=torch.float32)
    draw = np.random.default_rng(chosen.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(chosen.seed)
        upper = _new_upper(chosen)
        body, head = list(upper.layers.parameters()), list(upper.head.parameters())
        optimiser = torch.optim.AdamW(
            [{"params": body, "lr": chosen.rate}, {"params": head, "lr": chosen.head_rate}], weight_decay=0.01
        )
        steps = chosen.epochs * (len(encoded) // chosen.batch + 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _pace(step, steps))
        losses = []
        for _ in range(chosen.epochs):
            upper.train()
            total = 0.0
            for rows in _batches(encoded, chosen.batch, draw):
                logits = upper([encoded[i] for i in rows])
                loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted[rows])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                nn.utils.clip_grad_norm_([*body, *head], 1.0)
                optimiser.step()
                schedule.step()
                total += float(loss.detach()) * len(rows)
            losses.append(total / len(encoded))
    return Finetuned(upper, chosen, fitted_on, tuple(losses))


def load_finetuned(folder: Path) -> Finetuned:
    """Raises ModelRefused where the folder is not what its name says or was fitted on another encoder."""
    try:
        document = (folder / DOCUMENT).read_bytes()
        if hashlib.sha256(document).hexdigest() != folder.name:
            raise ModelRefused(f"{folder}: {DOCUMENT} is not what the folder's name says; it was changed or moved.")
        body: dict[str, Any] = json.loads(document)
        if body["format"] != FORMAT or body["encoder"] != Embedder().version:
            raise ModelRefused(f"{folder}: it was fitted on {body['encoder']}, format {body['format']}; fit it again.")
        if _sha256(folder / WEIGHTS) != body["weights_sha256"]:
            raise ModelRefused(f"{folder}: {WEIGHTS} is not the file that {DOCUMENT} was written with.")
        options = FinetuneOptions(**body["options"])
        upper = _new_upper(options)
        upper.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelRefused(f"{folder}: no fine-tuned scorer can be read there ({error}).") from error
    return Finetuned(upper, options, body["fitted_on"], tuple(body["losses"]), folder.name)


@lru_cache(maxsize=1)
def _shipped() -> tuple[Any, Any]:
    """Read once, and never changed: what is trained is a copy."""
    return load_encoder()


def _pace(step: int, steps: int) -> float:
    """Share of the learning rate: up, then down to near 0, both in a straight line."""
    return max(0.02, min((step + 1) / max(1.0, WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps)))


def _new_upper(options: FinetuneOptions) -> _Upper:
    _, model = _shipped()
    return _Upper(nn.ModuleList(copy.deepcopy(layer) for layer in model.encoder.layer[options.frozen_layers :]))


def encoded_pairs(pairs: Sequence[Pair], options: FinetuneOptions) -> list[Encoded]:
    """Through the frozen layers, one pair at a time: no padding, and equal texts give equal numbers in any company."""
    tokenizer, model = _shipped()
    lower = model.encoder.layer[: options.frozen_layers]
    found = []
    with torch.inference_mode():
        for pair in pairs:
            one, two = (
                tokenizer(text, add_special_tokens=False, truncation=True, max_length=most)["input_ids"]
                for text, most in ((pair.reference, options.reference_pieces), (pair.answer, options.answer_pieces))
            )
            ids = [tokenizer.cls_token_id, *one, tokenizer.sep_token_id, *two, tokenizer.sep_token_id]
            kinds = torch.tensor([[0] * (len(one) + 2) + [1] * (len(two) + 1)])
            states = model.embeddings(input_ids=torch.tensor([ids]), token_type_ids=kinds)
            for layer in lower:
                states = layer(states, None)
            found.append(Encoded(states[0].half(), kinds[0].bool()))
    # Tensors made in inference mode may not take part in training.
    return [Encoded(e.states.clone(), e.answer.clone()) for e in found]


def _batches(encoded: Sequence[Encoded], size: int, draw: np.random.Generator | None) -> Iterator[list[int]]:
    """Rows of about one length together; with ``draw``, roughly so, and in random order."""
    lengths = np.array([len(e.answer) for e in encoded], dtype=float)
    if draw is not None:
        lengths *= draw.uniform(0.8, 1.25, len(lengths))
    order = np.argsort(lengths, kind="stable")
    starts = np.arange(0, len(order), size)
    if draw is not None:
        draw.shuffle(starts)
    for start in starts:
        yield order[start : start + size].tolist()


def _mean(states: Tensor, which: Tensor) -> Tensor:
    summed = (states * which[..., None]).sum(dim=1)
    return LENGTH * nn.functional.normalize(summed, dim=1)


def _hash_of(pairs: Sequence[Pair], scores: Sequence[float]) -> str:
    rows = [[p.reference, p.answer, float(s)] for p, s in zip(pairs, scores, strict=True)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
