"""What fine-tuning the encoder is told, and what it reads. Free of torch, so that nothing loads it in passing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LEAST", "FinetuneOptions", "Pair"]

LEAST = 200  # rated answers; below that the ridge and the kernels of pooled.py are better and a hundred times quicker


@dataclass(frozen=True, slots=True)
class FinetuneOptions:
    """``frozen_layers`` of 6 stay as shipped. Lengths in word pieces; what is longer is cut."""

    frozen_layers: int = 4
    epochs: int = 3
    rate: float = 1e-4
    head_rate: float = 1e-3
    batch: int = 16
    reference_pieces: int = 96
    answer_pieces: int = 160
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """``reference``: a model answer; where there is none, the question."""

    reference: str
    answer: str
