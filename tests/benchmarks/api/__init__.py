"""How fast lists are with 100,000 interviews in a real PostgreSQL: every list of the API, and the recruiters' lists.

From the request's arrival at the site to the last byte of its reply, without a network between: HTTP is spoken in
process. Each list is asked for its first page, for pages deep in the list, for a page of 100, and with each filter, at
the start and deep in; the data is made up of numbers and of one real scorecard, and a few test objects lie among them.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import httpx

from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade
from tests.benchmarks.api.house import House, open_house
from tests.benchmarks.api.lists import Asked, page_variants, variants
from tests.benchmarks.api.rows import Rows, fill
from tests.benchmarks.report import Figure, Options, Report

__all__ = ["run"]

INTERVIEWS, QUICK_INTERVIEWS = 100_000, 10_000
REPEATS, QUICK_REPEATS = 20, 5
TARGET_MS = 50.0


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
        database = Database(url)
        try:
            async with open_house(database, folder) as house:
                times = await _measure(house, rows, repeats)
        finally:
            await database.close()
    finally:
        await server.stop()
    figures = [_figure(name, asked) for name, asked in times.items()]
    worst = sorted((_p95(t), name) for asked in times.values() for name, t in asked.items())[-5:]
    notes = [
        f"{count:,} interviews were stored in {filled_s:.0f} s; {repeats} requests of each kind after 2 to warm up",
        *(f"slowest: {name} {p95:.1f} ms" for p95, name in reversed(worst)),
    ]
    return Report(figures, notes)


async def _measure(house: House, rows: Rows, repeats: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds by list, then by what was asked of it."""
    times: dict[str, dict[str, list[float]]] = {}
    for client, asked in (
        *((house.api, a) for a in variants(house.document, rows)),
        *((house.recruiter, a) for a in page_variants(rows)),
    ):
        times.setdefault(asked.list, {})[asked.name] = [await _ask(client, asked) for _ in range(repeats + 2)][2:]
    return times


async def _ask(client: httpx.AsyncClient, asked: Asked) -> float:
    began = time.perf_counter()
    reply = await client.get(asked.path, params=asked.params)
    took = (time.perf_counter() - began) * 1000
    if reply.status_code != 200:
        raise AssertionError(f"{asked.name} answered {reply.status_code}: {reply.text[:300]}")
    return took


def _figure(name: str, asked: dict[str, list[float]]) -> Figure:
    return Figure(f"{name}, p95", _p95([t for times in asked.values() for t in times]), "ms", at_most=TARGET_MS)


def _p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]
