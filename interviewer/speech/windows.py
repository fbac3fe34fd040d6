"""Cutting speech that is longer than a window, where the candidate drew breath."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["windows"]

RATE = 16_000
LONGEST_S = 12.0
EARLIEST_S = 5.0
STEP = 160  # 10 ms
QUIET = 25  # steps of 10 ms: a quarter second finds pauses between words, not the closure of a stop


def windows(pcm: npt.NDArray[np.int16], longest_s: float = LONGEST_S) -> Iterator[tuple[int, int]]:
    """Half-open spans that together cover ``pcm``; each at most ``longest_s``, cut at the quietest quarter second
    of its latter half."""
    start = 0
    longest = int(longest_s * RATE)
    while len(pcm) - start > longest:
        cut = start + _quietest(pcm[start : start + longest], int(min(EARLIEST_S, longest_s / 2) * RATE))
        yield start, cut
        start = cut
    if len(pcm) > start:
        yield start, len(pcm)


def _quietest(pcm: npt.NDArray[np.int16], earliest: int) -> int:
    steps = len(pcm) // STEP
    level = np.abs(pcm[: steps * STEP].astype(np.float32)).reshape(steps, STEP).mean(axis=1)
    smooth = np.convolve(level, np.ones(QUIET) / QUIET, mode="valid")
    first = max(0, earliest // STEP - QUIET // 2)
    return int((first + np.argmin(smooth[first:]) + QUIET // 2) * STEP)
