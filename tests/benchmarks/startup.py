"""How soon the command line and the service are there, and how much memory the whole service takes.

``interviewer --help``: from starting the process to its end, the median of five (three with ``--quick``), after one
that warms the disk cache. Starts: from starting ``interviewer serve`` to the first good /readyz and the printed
address; the first on an empty data folder, the second on what the first left. Memory: the sum over the service and all
its child processes (database, models, worker) of each one's share; idle 15 s after the second start, then the largest
during one interview of 90 s (30 s with ``--quick``) over WebRTC, in which a candidate answers every question as soon as
it is asked, and in the minute after its end, when the worker makes the record transcript. The candidate is a program of
its own and not counted. Speech from tests/data/audio.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.memory import Watch, family_mb
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.talker import Talker
from tests.clips import FOLDER, load
from tests.end_to_end.service import RunningService

__all__ = ["run"]

SPEECH = ("nasa_spacewalk.flac", "jfk.flac", "libri_2412-153948-0000.flac", "LJ001-0001.flac", "LJ001-0005.flac")
SETTLE_S = 15.0
AFTERWARDS_S = 60.0


def run(options: Options) -> Report:
    folder = Path(tempfile.mkdtemp(prefix="melvin-startup-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    service = RunningService(folder)
    try:
        help_s = _help(3 if options.quick else 5)
        first_s = _started(service)
        service.stop()
        second_s = _started(service)
        figures, notes = _memory(service, 30.0 if options.quick else 90.0)
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return Report(
        [
            Figure("interviewer --help", help_s, "s", at_most=1.0),
            Figure("first start to /readyz", first_s, "s"),
            Figure("second start to /readyz", second_s, "s", at_most=5.0),
            *figures,
        ],
        notes,
    )


def _help(times: int) -> float:
    took = []
    for _ in range(times + 1):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "interviewer", "--help"], check=True, capture_output=True)
        took.append(time.monotonic() - began)
    return median(took[1:])


def _started(service: RunningService) -> float:
    began = time.monotonic()
    service.start()
    return time.monotonic() - began


def _memory(service: RunningService, talking_s: float) -> tuple[list[Figure], list[str]]:
    assert service.process is not None
    pid = service.process.pid
    time.sleep(SETTLE_S)
    idle = family_mb(pid)
    with Watch(pid) as talking:
        asyncio.run(_interview(service.sample_link(), talking_s))
    with Watch(pid) as afterwards:
        time.sleep(AFTERWARDS_S)
    figures = [
        Figure("memory, idle", sum(idle.values()), "MB"),
        Figure("memory, during one interview", talking.peak_mb, "MB", at_most=2500),
        Figure("memory, in the minute after it", afterwards.peak_mb, "MB", at_most=2500),
    ]
    return figures, [f"{when}: {_largest(of)}" for when, of in (("idle", idle), ("interview", talking.peak))]


def _largest(family: dict[str, float]) -> str:
    by_size = sorted(family.items(), key=lambda item: -item[1])
    return ", ".join(f"{name.rpartition(':')[0]} {mb:.0f} MB" for name, mb in by_size[:6])


async def _interview(link: str, talking_s: float) -> None:
    """Answer Melvin's questions with recorded speech, and end."""
    sounds = itertools.cycle([load(FOLDER / name, 48_000) for name in SPEECH])
    finish = time.monotonic() + talking_s
    async with Talker(link) as talker:
        asked: str | None = ""
        while asked is not None and time.monotonic() < finish:
            asked = await talker.prompt(asked)
            await talker.answer(next(sounds))
        await talker.end()
        assert talker.captions, "Melvin understood no word: this was no interview"
