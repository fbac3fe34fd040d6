"""What goes away for a while in the middle of a run: the database, or the room on its disk."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from tests.benchmarks.report import DataMissing
from tests.benchmarks.rescoring.workers import Postgres
from tests.end_to_end.service import RunningService

__all__ = ["Away", "Frozen", "FullDisk", "Outage", "small_disk"]

DISK_MB = 4000
LOOK_S = 0.5


class Outage(ABC):
    """``told``: 1 where /readyz said 503 while it lasted."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.told = 0

    def __call__(self, service: RunningService) -> float:
        began = time.monotonic()
        self.begin()
        while time.monotonic() < began + self.seconds:
            with suppress(httpx.TransportError):
                status = httpx.get(f"{service.address}/readyz", trust_env=False, timeout=10).status_code
                self.told = self.told or int(status == 503)
            self.keep()
        self.end()
        return time.monotonic() - began

    @abstractmethod
    def begin(self) -> None: ...

    def keep(self) -> None:
        """Again and again while it lasts."""
        time.sleep(LOOK_S)

    @abstractmethod
    def end(self) -> None: ...


class Away(Outage):
    """Shut down: connections break, and new ones are refused."""

    def __init__(self, server: Postgres, seconds: float) -> None:
        super().__init__(seconds)
        self._server = server

    def begin(self) -> None:
        self._server.stop()

    def end(self) -> None:
        self._server.start()


class Frozen(Outage):
    """Stopped where it stands: connections stay, and nothing answers on them."""

    def __init__(self, server: Postgres, seconds: float) -> None:
        super().__init__(seconds)
        self._server = server
        self._stopped: list[psutil.Process] = []

    def begin(self) -> None:
        first = psutil.Process(self._server.server.pid)
        first.send_signal(signal.SIGSTOP)  # it makes no new ones from here
        self._stopped = [first, *first.children()]
        for process in self._stopped[1:]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        for process in reversed(self._stopped):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


class FullDisk(Outage):
    """Something else has taken all the room, and gives it back."""

    def __init__(self, disk: Path, seconds: float) -> None:
        super().__init__(seconds)
        self._ballast = disk / "ballast"

    def begin(self) -> None:
        self._fill()

    def end(self) -> None:
        self._ballast.unlink()

    def keep(self) -> None:
        super().keep()
        self._fill()

    def _fill(self) -> None:
        """To the last page; what was freed meanwhile is taken too."""
        with self._ballast.open("ab") as file:
            step = 64 << 20
            size = file.seek(0, os.SEEK_END)
            while step >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), size, step)
                    size += step
                except OSError:
                    step //= 2


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of its own. Raises :class:`DataMissing` where this process may not mount one."""
    with tempfile.TemporaryDirectory(prefix="melvin-disk-") as made:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=711", "tmpfs", made]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DataMissing(f"the part “disk” mounts a small disk, which takes root: {done.stderr.strip()}")
        try:
            yield Path(made)
        finally:
            subprocess.run(["umount", made], check=True)
