"""What many interviews, and a long one, leave behind in the service: memory, threads, tasks, sockets, files.

The service runs as a process of its own, the candidates (aiortc) speak to it from here. Part ``many``: 200 interviews
(join, answer one question in 10 s, end), four at once, with a Melvin who greets in few words. Part ``long``: one of 30
minutes, spoken all through.

Memory is what the processes of the live path have written and hold (the service, its recogniser, its voice; each 5 s;
not USS, in which 60 MB of a library come and go as other processes begin and cease to map it), as a straight line
fitted from when as many interviews are let go as come; what it was each few minutes is told beside it, and the line
through the least of each minute: what is held between two recognitions, without the work of the moment.
What is left over is counted in the service before and after, each time when all that was held has been let go (160 s
after the last interview): threads, sockets and open files as the system sees them (and of what kind the files are),
tasks of the event loop from /metrics. ``--quick``: 12 interviews and 3 minutes, too short for a line to mean much, so
no target stands beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import yaml

from tests.benchmarks.network.interview import invite, prompts_with
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.talker import Talker
from tests.clips import FOLDER, load
from tests.end_to_end.service import RunningService

__all__ = ["Memory", "run"]

AT_ONCE = 4
SHORT, SHORT_QUICK = 200, 12
LONG_S, LONG_QUICK_S = 1800.0, 180.0
SETTLE_S = 160.0
"""An interview leaves memory 150 s after its page has gone."""
FROM_S = 2 * SETTLE_S
"""From then on as many interviews are let go as come, and the collector has been through all of its generations."""
EACH_S = 5.0
QUESTIONS = 14
WARM = 4
MOST_MB = 1.0
"""Per ten minutes."""
PARTS = ("many", "long")
ANSWER = "librivox_0890"
LONG_ANSWERS = ("nasa_spacewalk", "LJ001-0001", "libri_2412-153948-0000")


@dataclass(frozen=True, slots=True)
class _Held:
    threads: int
    files: int
    sockets: int
    tasks: int
    kinds: Counter[str] = field(default_factory=Counter)
    """Of the open files, where the system tells."""


@dataclass(slots=True)
class Memory:
    """Samples of (seconds, MB) by process, while it runs."""

    service: psutil.Process
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self._stop.wait(EACH_S):
            for name, process in _live_path(self.service).items():
                with contextlib.suppress(psutil.NoSuchProcess):
                    held = _written_mb(process)
                    self.samples.setdefault(name, []).append((time.monotonic(), held))

    def stop(self) -> None:
        self._stop.set()

    def growth(self, after_s: float, each_s: float = 0.0) -> dict[str, float]:
        """MB per ten minutes by process, of the samples from ``after_s`` after the first; of the least of each stretch
        of ``each_s``, where that is given."""
        found = {}
        for name, samples in self.samples.items():
            times = np.array([at for at, _ in samples]) - samples[0][0]
            held = np.array([mb for _, mb in samples])
            kept = times >= min(after_s, times[-1] / 2)
            times, held = times[kept], held[kept]
            if each_s:
                stretch = times // each_s
                least = [np.flatnonzero(stretch == n)[held[stretch == n].argmin()] for n in np.unique(stretch)]
                times, held = times[least], held[least]
            if len(times) > 2:
                found[name] = float(np.polyfit(times, held, 1)[0]) * 600
        return found

    def course(self) -> Iterator[str]:
        """What each process held, at ten moments."""
        for name, samples in sorted(self.samples.items()):
            some = samples[:: max(1, len(samples) // 10)]
            yield f"{name}, MB by minute: " + ", ".join(f"{(t - samples[0][0]) / 60:.0f}: {mb:.1f}" for t, mb in some)


def run(options: Options) -> Report:
    parts = PARTS if options.part is None else (options.part,)
    if not set(parts) <= set(PARTS):
        raise SystemExit(f"--part is one of {', '.join(PARTS)}")
    folder = Path(tempfile.mkdtemp(prefix="melvin-soak-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    prompts = prompts_with(folder, QUESTIONS)
    _brief(prompts / "phrases" / "en.yaml")
    # Who is let in is not asked here: on a busy machine some of the four would wait in the lobby.
    service = RunningService(folder, extra={"MELVIN_PROMPTS_FOLDER": str(prompts), "MELVIN_ADMISSION": "fixed"})
    figures: list[Figure] = []
    notes: list[str] = []
    try:
        service.start()
        with service.api() as api:
            soak = _Soak(service, api, notes)
            asyncio.run(soak.many(WARM))
            soak.ask_at_once()
            before = soak.settled()
            if "many" in parts:
                count = SHORT_QUICK if options.quick else SHORT
                figures += soak.measured("many", soak.many(count), count, before, options.quick)
            if "long" in parts:
                seconds = LONG_QUICK_S if options.quick else LONG_S
                figures += soak.measured("long", soak.long(seconds), 1, before, options.quick)
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return Report(figures, notes)


def _brief(file: Path) -> None:
    """Melvin greets and takes his leave in a few words: most of so short an interview would be that."""
    phrases = yaml.safe_load(file.read_text("utf-8"))
    phrases["phrases"] |= {
        "greeting": ["Hello. I have {count} questions, for {minutes} minutes."],
        "closing": ["Thank you.", "That's all."],
        "ended-early": ["I'll stop here. Please ask {contact}.", "That's all. Please ask {contact}."],
    }
    file.write_text(yaml.safe_dump(phrases, allow_unicode=True), "utf-8")


class _Soak:
    def __init__(self, service: RunningService, api: httpx.Client, notes: list[str]) -> None:
        assert service.process is not None
        self._notes = notes
        self._service = service
        self._process = psutil.Process(service.process.pid)
        self._api = api

    def measured(
        self, name: str, work: Coroutine[Any, Any, int], count: int, before: _Held, quick: bool
    ) -> list[Figure]:
        memory = Memory(self._process)
        watching = threading.Thread(target=memory.look, name="memory watch")
        watching.start()
        try:
            done = asyncio.run(work)
        finally:
            memory.stop()
            watching.join()
        growth, least = memory.growth(FROM_S), memory.growth(FROM_S, 60.0)
        after = self.settled()
        most = None if quick else MOST_MB
        self._notes += [f"{name}: {line}" for line in memory.course()]
        if more := after.kinds - before.kinds:
            self._notes.append(f"{name}: files left over: " + ", ".join(f"{n} {kind}" for kind, n in more.items()))
        return [
            Figure(f"{name}: interviews ended", done, f"of {count}", at_least=count),
            Figure(f"{name}: memory growth, live path", sum(growth.values()), "MB per 10 min", at_most=most),
            *(Figure(f"{name}: memory growth, {one}", mb, "MB per 10 min") for one, mb in sorted(growth.items())),
            Figure(f"{name}: growth of the least held in each minute", sum(least.values()), "MB per 10 min"),
            *(Figure(f"{name}: the same, {one}", mb, "MB per 10 min") for one, mb in sorted(least.items())),
            Figure(f"{name}: threads left over", after.threads - before.threads, "", at_most=0),
            Figure(f"{name}: sockets left over", after.sockets - before.sockets, "", at_most=0),
            Figure(f"{name}: files left over", after.files - before.files, "", at_most=0),
            Figure(f"{name}: tasks left over", after.tasks - before.tasks, "", at_most=0),
        ]

    async def many(self, count: int) -> int:
        """So many short interviews, four at once; how many ended."""
        sound = load(FOLDER / f"{ANSWER}.flac", 48_000)
        left = list(range(count))
        ended = 0

        async def one_after_the_other() -> None:
            nonlocal ended
            while left:
                left.pop()
                link = (await asyncio.to_thread(invite, self._api))["link"]
                with contextlib.suppress(ConnectionError, TimeoutError):  # it is missing in the count
                    async with Talker(link) as talker:
                        await talker.prompt("")
                        await talker.answer(sound)
                        await talker.end()
                        ended += 1

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        return ended

    def ask_at_once(self) -> None:
        """So that the service has as many connections to its database as it keeps."""
        with ThreadPoolExecutor(AT_ONCE * 4) as threads:
            for reply in threads.map(lambda _: self._api.get("/interviews"), range(200)):
                reply.raise_for_status()

    async def long(self, seconds: float) -> int:
        """One interview, each answer of two and a half minutes, until so much time has passed: 1 where it lasted that
        long and then ended, 0 where it broke off or was over before."""
        sound = np.concatenate([load(FOLDER / f"{name}.flac", 48_000) for name in LONG_ANSWERS] * 3)
        until = time.monotonic() + seconds
        link = (await asyncio.to_thread(invite, self._api))["link"]
        over = False
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with Talker(link) as talker:
                asked: str | None = ""
                while time.monotonic() < until and (asked := await talker.prompt(asked or "")) is not None:
                    with contextlib.suppress(TimeoutError):
                        await talker.answer(sound)
                if not talker.over:
                    await talker.end()
                over = talker.over
        return int(over and time.monotonic() >= until)

    def settled(self) -> _Held:
        """What the service holds when it has let all go."""
        time.sleep(SETTLE_S)
        held = []
        for _ in range(5):  # what comes and goes by itself is not left over
            time.sleep(1)
            held.append(self._held())
        threads, files, sockets, tasks = (
            min(getattr(one, name) for one in held) for name in ("threads", "files", "sockets", "tasks")
        )
        return _Held(threads, files, sockets, tasks, min(held, key=lambda one: one.files).kinds)

    def _held(self) -> _Held:
        text = httpx.get(f"{self._service.address}/metrics", trust_env=False, timeout=30).text
        tasks = re.search(r"^melvin_tasks (\S+)$", text, re.MULTILINE)
        assert tasks, "the service does not count its tasks"
        process = self._process
        return _Held(
            process.num_threads(),
            process.num_fds(),
            len(process.net_connections("inet")),
            round(float(tasks[1])),
            _kinds(process.pid),
        )


def _written_mb(process: psutil.Process) -> float:
    """Private pages that differ from their file, or have none, and what of these is swapped out; elsewhere USS."""
    with contextlib.suppress(FileNotFoundError):
        rows = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
        kb = {name: int(rest.split()[0]) for name, _, rest in (row.partition(":") for row in rows)}
        return (kb["Private_Dirty"] + kb["Swap"]) * 1024 / 1e6
    return float(process.memory_full_info().uss) / 1e6


def _kinds(pid: int) -> Counter[str]:
    """Open files by what they are: a path, or socket, pipe, anon_inode; none where the system does not tell."""
    found: Counter[str] = Counter()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                found[os.readlink(entry).partition(":[")[0]] += 1
    return found


def _live_path(service: psutil.Process) -> dict[str, psutil.Process]:
    """The service, its recogniser and its voice: its children of the name ``..._process``."""
    found = {"service": service}
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in service.children():
            line = child.cmdline()
            module = line[line.index("-m") + 1] if "-m" in line[:-1] else ""
            if module.endswith("_process"):
                found[module.rpartition(".")[2].removesuffix("_process")] = child
    return found
