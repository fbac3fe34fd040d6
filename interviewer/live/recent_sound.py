"""The last stretch of a candidate's sound, kept in memory by position."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["RecentSound"]

Samples = NDArray[np.int16]


class RecentSound:
    """Positions are samples on the interview's clock. Gaps read as zeros. Bounded to ``keep`` samples."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._blocks: deque[tuple[int, Samples]] = deque()

    def add(self, start: int, samples: Samples) -> None:
        self._blocks.append((start, samples))
        self.forget_before(start + len(samples) - self._keep)

    def forget_before(self, position: int) -> None:
        while self._blocks and self._blocks[0][0] + len(self._blocks[0][1]) <= position:
            self._blocks.popleft()

    def span(self, start: int, end: int) -> Samples:
        """A copy of [start, end); begins later where the sound does."""
        start = max(start, self._blocks[0][0] if self._blocks else end)
        out = np.zeros(max(0, end - start), np.int16)
        for at, samples in self._blocks:
            a, b = max(start, at), min(end, at + len(samples))
            if a < b:
                out[a - start : b - start] = samples[a - at : b - at]
        return out
