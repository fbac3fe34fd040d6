"""What is killed in the middle of a run. Each strike returns how many seconds it was before what it killed was back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import psycopg

from interviewer.records.database import libpq_url
from interviewer.records.embedded import running_url
from tests.end_to_end.service import RunningService

__all__ = ["KILLS", "Strike", "answers", "database_of", "worker_of"]

Strike = Callable[[RunningService], float]
BACK_S = 120.0


def database_of(service: RunningService) -> str:
    """The address of the service's own PostgreSQL."""
    url = running_url(service.folder / "data")
    if url is None:
        raise AssertionError("the service has no PostgreSQL of its own running")
    return url


def worker_of(service: RunningService) -> psutil.Process:
    """The one it brings along."""
    if service.process is None:
        raise AssertionError("the service is not running")
    (worker,) = [p for p in psutil.Process(service.process.pid).children() if "worker" in p.cmdline()]
    return worker


def answers(url: str) -> bool:
    try:
        psycopg.connect(libpq_url(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _worker(service: RunningService) -> float:
    worker_of(service).kill()
    return 0.0  # its place is empty for as long as the service leaves it so: that is what is measured


def _service(service: RunningService) -> float:
    began = time.monotonic()
    service.kill()
    service.start()
    return time.monotonic() - began


def _postgres(service: RunningService) -> float:
    url = database_of(service)
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    first = int((Path(str(row[0])) / "postmaster.pid").read_text().splitlines()[0])
    began = time.monotonic()
    os.kill(first, signal.SIGKILL)
    while time.monotonic() < began + BACK_S:
        if not psutil.pid_exists(first) and answers(url):
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL was not back within {BACK_S:.0f} s")


KILLS: Mapping[str, Strike] = {"worker": _worker, "service": _service, "postgres": _postgres}
