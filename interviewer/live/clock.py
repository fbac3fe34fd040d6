"""The interview's clock: samples at 16 kHz since the interview's first connection."""

from __future__ import annotations

import time
from collections.abc import Callable

from interviewer.conversation.script import RATE

__all__ = ["InterviewClock"]


class InterviewClock:
    """Runs from ``start_at``; after a restart it goes on where the event log ends, so it never runs backwards. Time in
    which nobody kept it (the next process was not there yet) is added by :meth:`advance_to`."""

    def __init__(self, start_at: int = 0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._start_at = start_at
        self._zero = monotonic()

    def now(self) -> int:
        return self._start_at + round((self._monotonic() - self._zero) * RATE)

    def advance_to(self, at: int) -> None:
        """Go on from there, where that is later than now."""
        self._start_at += max(0, at - self.now())

    def at(self, monotonic_s: float) -> int:
        """The clock's reading at a moment of ``time.monotonic``."""
        return self._start_at + round((monotonic_s - self._zero) * RATE)
