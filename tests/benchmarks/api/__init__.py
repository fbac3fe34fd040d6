"""How fast lists are with 100,000 interviews in a real PostgreSQL: every list of the API, and the recruiters' lists.

From the request's arrival at the site to the last byte of its reply, without a network between: HTTP is spoken in
process. Each list is asked for its first page, for pages deep in the list, for a page of 100, and with each filter, at
the start and deep in; the data is made up of numbers and of one real scorecard, and a few test objects lie among them.

Each list is asked all its kinds in turn, round after round, until REPEATS rounds are done or its time is up (LIST_S,
but never fewer than three rounds); a line is printed as each list is done. `--part` takes the lists whose path contains
those words. The processor time of a reply is the service's and PostgreSQL's together: on a busy machine it says more
than the time that passed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade
from tests.benchmarks.api.house import House, open_house
from tests.benchmarks.api.lists import Asked, page_variants, variants
from tests.benchmarks.api.rows import Rows, fill
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["run"]

INTERVIEWS, QUICK_INTERVIEWS = 100_000, 10_000
REPEATS, QUICK_REPEATS = 20, 5
LEAST_REPEATS = 3
LIST_S = 30.0
"""No more rounds are begun on a list after this long, so that the whole ends."""
TARGET_MS = 50.0


@dataclass(slots=True)
class Times:
    """``each``: milliseconds by what was asked. ``processor_ms``: of one reply, the service's and PostgreSQL's."""

    each: dict[str, list[float]] = field(default_factory=dict)
    processor_ms: float = 0.0

    @property
    def all(self) -> list[float]:
        return [t for times in self.each.values() for t in times]


def run(options: Options) -> Report:
    with tempfile.TemporaryDirectory(prefix="melvin-api-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL runs as another user where we are root
        return asyncio.run(_run(options, folder))


async def _run(options: Options, folder: Path) -> Report:
    count = QUICK_INTERVIEWS if options.quick else INTERVIEWS
    repeats = QUICK_REPEATS if options.quick else REPEATS
    server = EmbeddedPostgres(folder, shared_state=folder / "shared")
    url = await server.start()
    try:
        await asyncio.to_thread(upgrade, url)
        began = time.monotonic()
        rows = await fill(url, count)
        filled_s = time.monotonic() - began
        _say(f"{count:,} interviews are stored after {filled_s:.0f} s")
        database = Database(url)
        try:
            async with open_house(database, folder) as house:
                lists = _lists(house, rows, options.part)
                times = {
                    name: await _measure(name, asked, repeats, psutil.Process(server.pid))
                    for name, asked in lists.items()
                }
        finally:
            await database.close()
    finally:
        await server.stop()
    figures = [Figure(f"{name}, p95", _p95(asked.all), "ms", at_most=TARGET_MS) for name, asked in times.items()]
    worst = sorted((_p95(t), name) for asked in times.values() for name, t in asked.each.items())[-5:]
    costly = max(times.items(), key=lambda item: item[1].processor_ms)
    notes = [
        f"{count:,} interviews were stored in {filled_s:.0f} s; {sum(len(t.all) for t in times.values()):,} requests",
        f"most processor time for a reply, on average: {costly[0]} {costly[1].processor_ms:.1f} ms",
        *(f"slowest: {name} {p95:.1f} ms" for p95, name in reversed(worst)),
    ]
    return Report(figures, notes)


def _lists(house: House, rows: Rows, part: str | None) -> dict[str, list[tuple[httpx.AsyncClient, Asked]]]:
    found: dict[str, list[tuple[httpx.AsyncClient, Asked]]] = {}
    for client, asked in (
        *((house.api, a) for a in variants(house.document, rows)),
        *((house.recruiter, a) for a in page_variants(rows)),
    ):
        if part is None or part in asked.list:
            found.setdefault(asked.list, []).append((client, asked))
    if not found:
        raise DataMissing(f"no list's path contains “{part}”")
    return found


async def _measure(
    name: str, asked: Sequence[tuple[httpx.AsyncClient, Asked]], repeats: int, postgres: psutil.Process
) -> Times:
    for client, one in asked:  # plans are read, statements prepared
        await _ask(client, one)
    times = Times({one.name: [] for _, one in asked})
    began, used_s = time.monotonic(), _processor_s(postgres)
    for done in range(repeats):
        if done >= LEAST_REPEATS and time.monotonic() - began > LIST_S:
            break
        for client, one in asked:
            times.each[one.name].append(await _ask(client, one))
    times.processor_ms = 1000 * (_processor_s(postgres) - used_s) / len(times.all)
    _say(
        f"{name}: {len(asked)} kinds of request, {len(times.all):,} asked, p95 {_p95(times.all):.1f} ms, "
        f"processor {times.processor_ms:.1f} ms each"
    )
    return times


async def _ask(client: httpx.AsyncClient, asked: Asked) -> float:
    began = time.perf_counter()
    reply = await client.get(asked.path, params=asked.params)
    took = (time.perf_counter() - began) * 1000
    if reply.status_code != 200:
        raise AssertionError(f"{asked.name} answered {reply.status_code}: {reply.text[:300]}")
    return took


def _processor_s(postgres: psutil.Process) -> float:
    """Of this process and of all of PostgreSQL's."""
    times = [process.cpu_times() for process in (postgres, *postgres.children())]
    return time.process_time() + float(sum(t.user + t.system for t in times))


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def _say(line: str) -> None:
    print(line, flush=True)
