"""Memory of a program with all its children."""

from __future__ import annotations

import contextlib
import threading

import psutil

__all__ = ["Watch", "family_mb"]

PERIOD_S = 0.5


def family_mb(pid: int) -> dict[str, float]:
    """Million bytes by process, ``name:pid``. On Linux proportional set size: shared pages are split among those who
    share them, so that the sum is what the machine spends; elsewhere what is each process's own."""
    found: dict[str, float] = {}
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            memory = process.memory_full_info()
            found[f"{_name(process)}:{process.pid}"] = getattr(memory, "pss", memory.uss) / 1e6
    return found


def _name(process: psutil.Process) -> str:
    line = process.cmdline()
    if "-m" in line:
        return " ".join(line[line.index("-m") + 1 :][:2]).removeprefix("interviewer.")
    return process.name()


class Watch:
    """``with Watch(pid) as watch``: the largest sum of the family while the block runs."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory watch")
        self.peak: dict[str, float] = {}

    @property
    def peak_mb(self) -> float:
        return sum(self.peak.values())

    def _look(self) -> None:
        while not self._stop.wait(PERIOD_S):
            now = family_mb(self._pid)
            if sum(now.values()) > self.peak_mb:
                self.peak = now

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
