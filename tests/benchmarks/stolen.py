"""Processor time that the machine's host gave to others: a figure measured meanwhile says little of Melvin.

Linux tells it to virtual machines (``steal`` in /proc/stat); elsewhere it counts as none.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import pairwise

import psutil

__all__ = ["StolenTime"]

EACH_S = 5.0


@dataclass(slots=True)
class StolenTime:
    """``with StolenTime() as stolen``: the share of all processor time, 0 to 1, that was ``stolen.mean`` and, in the
    worst five seconds, ``stolen.most``."""

    mean: float = 0.0
    most: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def __enter__(self) -> StolenTime:
        self._watch = threading.Thread(target=self._look, name="stolen time", daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._watch is not None:
            self._watch.join()

    def take(self, shares: list[tuple[float, float]]) -> None:
        """Readings of (stolen, all) processor seconds, in their order."""
        parts = [(now[0] - then[0]) / (now[1] - then[1]) for then, now in pairwise(shares) if now[1] > then[1]]
        if parts:
            self.mean = (shares[-1][0] - shares[0][0]) / (shares[-1][1] - shares[0][1])
            self.most = max(parts)

    def _look(self) -> None:
        readings = [_now()]
        while not self._over.wait(EACH_S):
            readings.append(_now())
            self.take(readings)

    def __str__(self) -> str:
        return f"{self.mean:.1%}, most in 5 s {self.most:.0%}"


def _now() -> tuple[float, float]:
    times = psutil.cpu_times()
    return float(getattr(times, "steal", 0.0)), float(sum(times))
