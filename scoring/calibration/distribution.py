"""From a predicted place on the scale to a probability for each of the five levels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["NARROWEST", "expected_calibration_error", "level_probabilities", "level_shares", "log_loss"]

NARROWEST = 0.35
"""Least standard deviation, in levels: two people who judge alike still differ on where one level ends."""

NEAR = 0.7
NARROWER = 0.75

EDGES = np.array([1.5, 2.5, 3.5, 4.5])

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def level_probabilities(places: Vector, spread: float, shares: Vector) -> Matrix:
    """(answers, 5). ``shares`` are the frequencies of the levels among the rated answers, ``spread`` the root mean
    square of what held-out predictions missed by.

        p = NEAR * (normal about the place, of deviation NARROWER * spread, cut half way between levels)
            + (1 - NEAR) * shares

    What lies beyond 1 and 5 counts to them. A few misses are wide and make up much of the spread: most people's levels
    lie nearer, and the rest could be any. Held out on STITA and half of SAF, log loss is 0.95 and 0.86 nats, against
    1.01 and 1.01 with the one normal and 1.12 and 0.91 with the shares alone; the likeliest levels agree with people's
    as well (QWK 0.64 and 0.44, with the normal 0.62 and 0.46).
    """
    deviation = max(NARROWER * spread, NARROWEST)
    beyond = np.vectorize(math.erf)((EDGES[None, :] - places[:, None]) / (math.sqrt(2) * deviation))
    ends = np.ones((len(places), 1))
    near = np.diff(np.concatenate([-ends, beyond, ends], axis=1), axis=1) / 2
    probabilities: Matrix = NEAR * near + (1 - NEAR) * shares
    return probabilities


def level_shares(levels: Vector) -> Vector:
    """How often each level was given, means of raters rounded; a level never given counts as half an answer."""
    counts = np.bincount(np.rint(levels).astype(np.intp), minlength=6)[1:] + 0.5
    shares: Vector = counts / counts.sum()
    return shares


def log_loss(probabilities: Matrix, levels: npt.NDArray[np.intp]) -> float:
    """Mean of -log p(the level that people gave), in nats; 1.609 where every level is given a fifth."""
    own = probabilities[np.arange(len(levels)), levels - 1]
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def expected_calibration_error(probabilities: Matrix, levels: npt.NDArray[np.intp], bins: int = 5) -> float:
    """Mean distance of stated confidence and share of right levels, over ``bins`` groups of equal size by confidence
    (Naeini et al. 2015, with equal counts)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) + 1 == levels
    groups = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(levels)))
    return float(sum(len(g) * abs(confidence[g].mean() - right[g].mean()) for g in groups) / len(levels))
