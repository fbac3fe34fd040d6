"""A live interview and a recruiter at their pages, first alone on the machine and then beside a scoring run.

The candidate (tests/benchmarks/talker.py) holds interviews of the shipped plan over WebRTC and answers with clips of
tests/data/audio, played on this same machine. Response gap: from the last sample of speech sent to the first sound of
Melvin that arrives; answers that Melvin spoke into have none. Page times: a recruiter's lists, an interview and the run
itself, asked over HTTP a second apart, from the request to the last byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from interviewer.records.database import libpq_url
from interviewer.records.embedded import running_url
from tests.benchmarks.report import Figure, Options
from tests.benchmarks.rescoring.stored import PLAN, Seeded, rubric_version, seed
from tests.benchmarks.rescoring.workers import ask
from tests.benchmarks.talker import Talker
from tests.clips import FOLDER, load
from tests.end_to_end.service import RunningService

__all__ = ["beside"]

ANSWERS, QUICK_ANSWERS = 20, 3
STORED, QUICK_STORED = 60_000, 5_000
"""More than are scored meanwhile."""
CLIPS = ("jfk.flac", "LJ001-0005.flac", "libri_2412-153948-0000.flac")
THINKS_S = 1.0
NO_REPLY_S = 30.0
EVERY_S = 1.0
MOST_LONGER = 1.2
MOST_LOST = 3
"""Interviews whose connection went, before this measures nothing any more."""
EMAIL, PASSWORD = "recruiter@localhost", "a long and quiet sentence 7"


@dataclass(slots=True)
class Seen:
    """Seconds, and milliseconds."""

    gaps: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    lost: int = 0


def beside(options: Options) -> list[Figure]:
    wanted = QUICK_ANSWERS if options.quick else ANSWERS
    with _service() as service, _recruiter(service) as recruiter:
        url = running_url(service.folder / "data")
        assert url is not None
        stored = seed(url, options.data, QUICK_STORED if options.quick else STORED)
        lists = ["/", "/invitations", "/scoring-runs"]
        _look(service, recruiter, lists, 1)  # sentences are spoken for the first time, templates are read
        held = re.search(r"/interviews/int_[0-9a-z]{26}", recruiter.get("/").text)  # not one of those put there
        assert held, "the list does not begin with the interview that was just held"
        pages = [*lists, held[0]]
        quiet = _look(service, recruiter, pages, wanted)
        run_id = ask(url, rubric_version(options.data, 40), questions=stored.questions)
        _begun(url, run_id)
        before = _done(url, run_id)
        began = time.monotonic()
        busy = _look(service, recruiter, pages, wanted)
        took_s = time.monotonic() - began
        scored = _done(url, run_id) - before
    return [*_figures(quiet, busy), *_run_figures(stored, scored, before, took_s)]


def _figures(quiet: Seen, busy: Seen) -> Iterator[Figure]:
    for name, unit, alone, with_run in (
        ("response gap", "s", quiet.gaps, busy.gaps), ("page", "ms", quiet.pages, busy.pages),
    ):  # fmt: skip
        for how, of in (("median", statistics.median), ("95th percentile", _p95)):
            first, then = (of(found) if found else float("inf") for found in (alone, with_run))
            target = MOST_LONGER if how == "median" else None
            yield Figure(f"{name} alone, {how}", first, unit)
            yield Figure(f"{name} beside a run, {how}", then, unit)
            yield Figure(f"{name}, {how}: beside over alone", then / first, "times", at_most=target)
    yield Figure("interviews whose connection went, alone", quiet.lost, "")
    yield Figure("interviews whose connection went, beside a run", busy.lost, "", at_most=0)


def _run_figures(stored: Seeded, scored: int, before: int, took_s: float) -> Iterator[Figure]:
    yield Figure("answers scored meanwhile, a second", scored / took_s, "/s")
    yield Figure("answers scored meanwhile", scored, "", at_least=1)
    yield Figure("answers of the run left at the end", stored.answers - before - scored, "", at_least=1)


def _look(service: RunningService, recruiter: httpx.Client, pages: list[str], answers: int) -> Seen:
    seen = Seen()
    over = threading.Event()

    def read() -> None:
        for page in itertools.cycle(pages):
            if over.wait(EVERY_S):
                return
            began = time.perf_counter()
            recruiter.get(page).raise_for_status()
            seen.pages.append((time.perf_counter() - began) * 1000)

    with ThreadPoolExecutor(1, "recruiter") as threads:
        reading = threads.submit(read)
        try:
            while len(seen.gaps) < answers:
                try:
                    asyncio.run(_interview(service.command("invite", PLAN), seen, answers))
                except (ConnectionError, TimeoutError):
                    seen.lost += 1
                    if seen.lost > MOST_LOST:
                        raise
        finally:
            over.set()
        reading.result()
    return seen


async def _interview(link: str, seen: Seen, answers: int) -> None:
    sounds = itertools.cycle([load(FOLDER / name, 48_000) for name in CLIPS])
    async with Talker(link) as talker:
        asked: str | None = ""
        while len(seen.gaps) < answers and (asked := await talker.prompt(asked or "")) is not None:
            if talker.state["phase"] == "writing":
                await talker.type("I would check the figures against two sources before I signed it.")
                continue
            await asyncio.sleep(THINKS_S)
            try:
                gap = await talker.answer(next(sounds))
            except TimeoutError:
                gap = NO_REPLY_S
            if not talker.cut_in:
                seen.gaps.append(gap)
        with contextlib.suppress(ConnectionError, TimeoutError):
            if not talker.over:
                await talker.end()


def _begun(url: str, run_id: str) -> None:
    """The worker's models are loaded and the run is well under way."""
    deadline = time.monotonic() + 300
    while _done(url, run_id) < 200:
        if time.monotonic() > deadline:
            raise AssertionError("the run did not begin")
        time.sleep(0.5)


def _done(url: str, run_id: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM scoring_run_items WHERE run_id = %s AND status = 'done'", (run_id,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


@contextmanager
def _service() -> Iterator[RunningService]:
    """With its own worker, as it is by default."""
    with tempfile.TemporaryDirectory(prefix="melvin-beside-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
        # A busy machine lets nobody in by default; here it is to be seen what becomes of one who is inside.
        service = RunningService(folder, extra={"MELVIN_ADMISSION": "fixed", "MELVIN_MOST_INTERVIEWS": "4"})
        service.start()
        try:
            yield service
        finally:
            service.stop()


@contextmanager
def _recruiter(service: RunningService) -> Iterator[httpx.Client]:
    headers = {"Accept": "text/html", "Origin": service.address}
    with httpx.Client(base_url=service.address, headers=headers, trust_env=False, timeout=30) as client:
        _send(client, "/login", email=EMAIL, password=service.first_password(), next="/")
        _send(client, "/password", current=service.first_password(), new=PASSWORD, again=PASSWORD)
        yield client


def _send(client: httpx.Client, page: str, **form: str) -> None:
    token = re.search(r'name="csrf_token" value="([^"]*)"', client.get(page).text)
    assert token, f"{page} has no form"
    reply = client.post(page, data={"csrf_token": token[1], **form})
    if reply.status_code != 303:
        raise AssertionError(f"{page} answered {reply.status_code}")
