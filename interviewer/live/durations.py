"""How long interviews of a plan took on this machine, and so how long those that run will still take."""

from __future__ import annotations

from collections import deque
from statistics import median

__all__ = ["Durations"]

LEAST = 3
"""Finished interviews of a plan before anything is said about the next one."""
KEPT = 20
MOST_PLANS = 100


class Durations:
    """Seconds in which a candidate was there and the interview went on; pauses and absences are not in them."""

    def __init__(self) -> None:
        self._took: dict[str, deque[float]] = {}

    def finished(self, plan: str, took_s: float) -> None:
        """``plan``: the hash of its version."""
        if plan not in self._took and len(self._took) >= MOST_PLANS:
            del self._took[next(iter(self._took))]
        self._took.setdefault(plan, deque(maxlen=KEPT)).append(took_s)

    def left(self, plan: str, question: int, questions: int) -> float | None:
        """Seconds still to go, in the middle of question ``question`` (from 1) of ``questions``; None where too few
        have finished here to tell."""
        took = self._took.get(plan, ())
        if len(took) < LEAST or questions == 0:
            return None
        return median(took) * max(0.0, questions - question + 0.5) / questions
