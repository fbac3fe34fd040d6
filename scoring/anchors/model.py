"""The three small regressions that read a stretch, and the numbers they were given.

    relevance     how likely the stretch is about a criterion at all                  6 numbers
    level         how likely low, medium or high, on what the anchors call so        20 numbers, 3 classes
    taking back   how likely a follow-up's answer limits what was said before         8 numbers

A short stretch says little of how someone speaks, so its rates are drawn towards the typical ones by SHRINK words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.anchors.manner import LEVEL_RATES, QUALIFYING_RATES, RELEVANCE_RATES, Counts, rates
from scoring.anchors.stretches import Stretch
from scoring.anchors.yardstick import Yardstick, level_features, nearness
from scoring.transcript import content_hash

__all__ = [
    "Model",
    "Shape",
    "level_numbers",
    "log_ratios",
    "relevance_numbers",
    "shipped",
    "taking_back_numbers",
]

SHRINK = 15.0  # words
FULL_LENGTH = 60.0  # words from which a stretch is as long as it can usefully be
LEAST = 0.01  # probability of a level that one stretch may leave

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """How belief is formed (scoring/anchors/belief.py)."""

    sharpness: float = 4.0
    strength: float = 2.0
    dominance: float = 2.0
    own_loss: float = 0.5
    doubt_from: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """Weights end with the bias. ``level`` has one row for each of low, medium and high.

    ``typical`` rates: of LEVEL_RATES, RELEVANCE_RATES and QUALIFYING_RATES in a row, from the training data.
    """

    relevance: tuple[float, ...]
    level: tuple[tuple[float, ...], ...]
    taking_back: tuple[float, ...]
    typical: tuple[float, ...]
    shape: Shape
    fitted_on: str
    data_hash: str

    @property
    def hash(self) -> str:
        return content_hash(self.to_dict())[:12]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Model:
        return cls(
            tuple(data["relevance"]),
            tuple(tuple(row) for row in data["level"]),
            tuple(data["taking_back"]),
            tuple(data["typical"]),
            Shape(**data["shape"]),
            str(data["fitted_on"]),
            str(data["data_hash"]),
        )

    def relevances(self, stretch: Stretch, scale: Yardstick) -> Numbers:
        """0 to 1 for each criterion."""
        return _logistic(_with_bias(relevance_numbers(stretch, scale, self.typical)) @ np.array(self.relevance))

    def level_log_ratios(self, stretch: Stretch, scale: Yardstick) -> Numbers:
        """Shape (criteria, 3): log of how much likelier low, medium and high became, against no idea."""
        return log_ratios(_with_bias(level_numbers(stretch, scale, self.typical)) @ np.array(self.level).T)

    def takes_back(self, stretch: Stretch, before: Sequence[Stretch]) -> float:
        """0 to 1. ``before``: the stretches of earlier turns."""
        numbers = taking_back_numbers(stretch, before, self.typical)
        return float(_logistic(np.append(numbers, 1.0) @ np.array(self.taking_back)))


def relevance_numbers(stretch: Stretch, scale: Yardstick, typical: Sequence[float]) -> Numbers:
    """Shape (criteria, 6): nearness, length, and how much it sums up or tells of a process."""
    manner = _drawn(stretch, RELEVANCE_RATES, typical, len(LEVEL_RATES))
    length = np.log(min(max(stretch.words, 4.0), FULL_LENGTH) / FULL_LENGTH)
    near = nearness(stretch, scale)
    return np.hstack([near, np.tile(np.append(length, 10 * manner), (len(near), 1))])


def level_numbers(stretch: Stretch, scale: Yardstick, typical: Sequence[float]) -> Numbers:
    """Shape (criteria, 20)."""
    return level_features(stretch, scale, _drawn(stretch, LEVEL_RATES, typical, 0))


def taking_back_numbers(stretch: Stretch, before: Sequence[Stretch], typical: Sequence[float]) -> Numbers:
    """Shape (8,): rates, cosine with the nearest of all earlier stretches and of the last turn's, first words."""
    manner = _drawn(stretch, QUALIFYING_RATES, typical, len(LEVEL_RATES) + len(RELEVANCE_RATES))
    cosines = [float(s.vector @ stretch.vector) for s in before] or [0.0]
    last = [c for c, s in zip(cosines, before, strict=False) if s.turn == before[-1].turn] or [0.0]
    return np.array([*manner, max(cosines), max(last), float(stretch.refers_back)])


def log_ratios(scores: Numbers) -> Numbers:
    """Softmax over the three levels, as the log of what each has over a third."""
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    result: Numbers = np.log(np.maximum(p, LEAST) * p.shape[-1])
    return result


@cache
def shipped() -> Model:
    """The model that comes with this package."""
    text = resources.files("scoring.anchors").joinpath("coefficients.json").read_text("utf-8")
    return Model.from_dict(json.loads(text))


def _drawn(stretch: Stretch, names: tuple[str, ...], typical: Sequence[float], start: int) -> Counts:
    usual = np.array(typical[start : start + len(names)])
    drawn: Counts = usual + (rates(stretch.counts, names) - usual) * (stretch.words / (stretch.words + SHRINK))
    return drawn


def _with_bias(numbers: Numbers) -> Numbers:
    return np.hstack([numbers, np.ones((len(numbers), 1))])


def _logistic(scores: Numbers) -> Numbers:
    result: Numbers = 1 / (1 + np.exp(-scores))
    return result
