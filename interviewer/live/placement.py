"""Where a page's sound lies on the interview's clock.

Within a stream, packets' own times count: a late packet is late, not later. But a browser's stream stands still while
its microphone does (another one is chosen, it is unplugged), and goes on where it stopped, as if no time had passed:

    clock    0    1    2    3    4    5    6
    stream   ▆▆▆▆▆▆▆▆▆▆▆▆▆           ▆▆▆▆▆▆▆▆▆
    placed                           moved up by how far it fell behind

So after a pause in its coming, sound is watched, and held for half a second, or for up to two while it catches up.
Sound that comes faster than real time was under way and keeps its place; sound that comes at real time and lies behind
the clock was made now, and is moved up.

That may be wrong: on a machine so busy that it hardly catches up, late sound looks like new sound. But then it runs
ahead of the clock when the machine is free again, and no sound comes before it is made. By so much it is moved back, in
the next pause of speech, which is that much shorter:

    clock    0    1    2    3    4    5    6
    made     ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▁▁▁▁▁▁▆▆▆▆▆
    placed   ▆▆▆▆     ▆▆▆▆▆▆▆▆▆▆▆▆▁▁▆▆▆▆▆
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interviewer.conversation.script import RATE

__all__ = ["Placement"]

Samples = NDArray[np.int16]

PAUSE = round(0.2 * RATE)
"""Without sound for this long, the stream may have stood still."""
WATCH = round(0.5 * RATE)
MOST_HELD = round(2.0 * RATE)
CATCHES_UP = round(0.05 * RATE)
"""By so much in the time of one watch, and another follows: it is not told yet where the sound belongs."""
BEHIND = round(0.25 * RATE)
"""Less than this is jitter and the buffers on the way."""
AHEAD = round(0.1 * RATE)
"""Less than this is jitter too: that of the first packet."""
QUIET = 0.1
"""Of the loudest there was: 20 dB below it."""
FADES = 0.9995
"""What was loud is forgotten by this with every block: half of it in half a minute."""
STILL = round(0.3 * RATE)
"""Quiet for this long is a pause, and not the inside of a word."""


@dataclass(slots=True)
class _Watch:
    """``began`` the first, ``since`` this one, with ``lag`` at its beginning."""

    began: int
    since: int
    lag: int
    least_lag: int

    def over(self, now: int, lag: int) -> bool:
        """Whether it is told where the sound belongs: it has caught up, or does not any more."""
        self.least_lag = min(self.least_lag, lag)
        if self.least_lag <= BEHIND:
            return True
        if now - self.since < WATCH:
            return False
        if self.lag - self.least_lag < CATCHES_UP:
            return True
        self.since, self.lag = now, self.least_lag
        return False


class Placement:
    """All numbers are samples at 16 kHz; ``now`` is the interview's clock."""

    def __init__(self) -> None:
        self._zero = 0
        self._last_now: int | None = None
        self._watch: _Watch | None = None
        self._held: list[tuple[int, Samples]] = []
        self._ahead = 0
        """By how much it is placed too late, as far as is known."""
        self._loud = 0.0
        self._quiet_for = 0

    def place(self, now: int, start: int, samples: Samples) -> list[tuple[int, Samples]]:
        """``start`` counts from the stream's first packet. The blocks that can now be placed, in order."""
        if self._last_now is None:
            self._zero = now - len(samples) - start
            self._last_now = now
        lag = now - len(samples) - start - self._zero
        if self._watch is None and now - self._last_now > PAUSE and lag > BEHIND:
            self._watch = _Watch(now, now, lag, lag)
        self._last_now = now
        if self._watch is None:
            return self._moved_back(lag, start, samples)
        self._held.append((start, samples))
        if not self._watch.over(now, lag):
            return self._let_go() if now - self._watch.began >= MOST_HELD else []
        if self._watch.least_lag > BEHIND:
            self._zero += self._watch.least_lag
        self._watch = None
        self._ahead = 0
        return self._let_go()

    def _let_go(self) -> list[tuple[int, Samples]]:
        placed = [(self._zero + at, block) for at, block in self._held]
        self._held = []
        return placed

    def _moved_back(self, lag: int, start: int, samples: Samples) -> list[tuple[int, Samples]]:
        """The block in its place; nothing where it is part of a pause that is longer than it was."""
        level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
        self._loud = max(self._loud * FADES, level)
        self._quiet_for = self._quiet_for + len(samples) if level <= QUIET * self._loud else 0
        if -lag > AHEAD:
            self._ahead = max(self._ahead, -lag)
        if self._quiet_for > STILL and self._ahead >= len(samples):
            self._zero -= len(samples)
            self._ahead -= len(samples)
            return []
        return [(self._zero + start, samples)]
