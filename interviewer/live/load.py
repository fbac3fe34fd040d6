"""How well this machine keeps up with its interviews over the last minute, and what one more would do to them.

Words must be there when a candidate's silence has lasted; recognition begins at its first 0.2 s, so up to about
``LATE_S`` of it is heard by nobody. One process recognises for all interviews, one request after the other. With a
request taking s seconds and the process busy for a share p of the time, a request waits p s / 2 (1 - p) on average (a
queue of equal requests that arrive at random: Pollaczek and Khinchine), and each interview adds its part to p.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["CAPTIONS_SHED", "INTERVIEWS", "LOOP_LATE", "RECOGNITION", "Load"]

WINDOW_S = 60.0
LATE_S = 1.0
"""From the request to its words, on average; more of it adds to every pause before Melvin answers."""
LEAST = 4
"""Requests in the window below which it says nothing yet."""
LOOP_LATE_S = 0.1
"""The event loop that carries all sound comes this late: packets of 20 ms pile up."""

RECOGNITION = Histogram(
    "melvin_recognition_seconds",
    "Time from a stretch of speech to its words, waiting included.",
    ("purpose",),
    buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
)
CAPTIONS_SHED = Counter("melvin_captions_shed", "Captions given up because recognition was short.")
LOOP_LATE = Histogram(
    "melvin_event_loop_late_seconds",
    "How late the event loop comes to what is due.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)
INTERVIEWS = Gauge("melvin_interviews", "Interviews on this machine now.", ("state",))
"""``state``: speaking, typing (each with the seats kept for a lost page) or waiting."""


class Load:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._recognised: deque[tuple[float, float | None, float]] = deque()
        """(when, seconds from request to words where somebody waited for them, seconds of it at work)"""
        self._samples: deque[tuple[float, int, float]] = deque()
        """(when, interviews that speak, seconds that the event loop came late)"""

    def recognised(self, waited_s: float, worked_s: float, *, urgent: bool = True) -> None:
        """One request for an answer's words was served; ``urgent`` where a turn may have been over."""
        self._recognised.append((self._monotonic(), waited_s if urgent else None, worked_s))
        self._forget()

    def sampled(self, speaking: int, late_s: float) -> None:
        """Once a second."""
        LOOP_LATE.observe(late_s)
        self._samples.append((self._monotonic(), speaking, late_s))
        self._forget()

    @property
    def loop_is_late(self) -> bool:
        """One time in ten or more: nobody new is served well, speaking or typing."""
        late = sorted(late for _, _, late in self._samples)
        return len(late) >= LEAST and late[-1 - len(late) // 10] > LOOP_LATE_S

    def takes_another(self, speaking: int) -> bool:
        """Whether one more interview, beside this many that speak, would still have its words in time."""
        self._forget()
        if speaking == 0 or len(self._recognised) < LEAST:
            return True
        waited = [waited for _, waited, _ in self._recognised if waited is not None]
        if waited and median(waited) > LATE_S:
            return False
        worked = [worked for _, _, worked in self._recognised]
        spoke = sum(n for _, n, _ in self._samples)  # interviews times seconds
        if spoke == 0:
            return True
        busy = sum(worked) / spoke * (speaking + 1)
        each = sum(worked) / len(worked)
        return busy < 1.0 and each + busy * each / (2.0 * (1.0 - busy)) <= LATE_S

    def _forget(self) -> None:
        before = self._monotonic() - WINDOW_S
        while self._recognised and self._recognised[0][0] < before:
            self._recognised.popleft()
        while self._samples and self._samples[0][0] < before:
            self._samples.popleft()
