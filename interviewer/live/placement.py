"""Where a page's sound lies on the interview's clock.

Within a stream, packets' own times count: a late packet is late, not later. But a browser's stream stands still while
its microphone does (another one is chosen, it is unplugged), and goes on where it stopped, as if no time had passed:

    clock    0    1    2    3    4    5    6
    stream   ▆▆▆▆▆▆▆▆▆▆▆▆▆           ▆▆▆▆▆▆▆▆▆
    placed                           moved up by how far it fell behind

So after a pause in its coming, sound is held for half a second. Sound that comes faster than real time was under way
and keeps its place; sound that comes at real time and lies behind the clock was made now, and is moved up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from interviewer.conversation.script import RATE

__all__ = ["Placement"]

Samples = NDArray[np.int16]

PAUSE = round(0.2 * RATE)
"""Without sound for this long, the stream may have stood still."""
WATCH = round(0.5 * RATE)
BEHIND = round(0.25 * RATE)
"""Less than this is jitter and the buffers on the way."""


class Placement:
    """All numbers are samples at 16 kHz; ``now`` is the interview's clock."""

    def __init__(self) -> None:
        self._zero: int | None = None
        self._last_now = 0
        self._held: list[tuple[int, Samples]] = []
        self._watch_from = 0
        self._least_lag = 0

    def place(self, now: int, start: int, samples: Samples) -> list[tuple[int, Samples]]:
        """``start`` counts from the stream's first packet. The blocks that can now be placed, in order."""
        if self._zero is None:
            self._zero = now - len(samples) - start
            self._last_now = now
        lag = now - len(samples) - start - self._zero
        if not self._held and now - self._last_now > PAUSE and lag > BEHIND:
            self._watch_from, self._least_lag = now, lag
        elif not self._held:
            self._last_now = now
            return [(self._zero + start, samples)]
        self._last_now = now
        self._held.append((start, samples))
        self._least_lag = min(self._least_lag, lag)
        if self._least_lag > BEHIND and now - self._watch_from < WATCH:
            return []
        if self._least_lag > BEHIND:
            self._zero += self._least_lag
        placed = [(self._zero + at, block) for at, block in self._held]
        self._held = []
        return placed
