"""How many interviews at once this machine serves well, and what breaks first when there are more.

1, 2, 4 and 8 candidates at once, each in a whole interview of the shipped plan generalist-ai-trainer over WebRTC, with
a service that is told to let eight in: two seconds apart they join, hear each question, wait a second, and answer with
two clips of tests/data/audio (some 20 s of speech). Measured while all of them are in, at least five answers each (ten
where there is one candidate), once the plan's sentences have been made for somebody before them:

- gap: from the last sample of speech sent (the last 10 ms frame within 20 dB of speech level) to the first sound of
  Melvin that arrives, both at the candidate's end, 30 s where none comes; an answer that Melvin spoke into has no gap
- captions shed: those given up, of all that the candidates' words would have had
- words late: recognitions at the end of a stretch of speech that took more than a second, waiting included
- event loop late: one second in so many in which what was due came more than 0.1 s late
- interviews lost: their connection went, or Melvin asked nothing more for 90 s
- processor time of the service with its children, and of the candidates, in cores. Candidates are played on the same
  machine and take their part of it, so the figures are worse than with real ones.

No worker runs: on a machine that always has somebody in an interview it does nothing. Then a service with its default
settings is filled, and one more candidate comes: its place in line, and how long after the end of another's interview
it enters. About 20 minutes; ``--quick`` takes 1 and 4 candidates with two answers each (5 minutes), ``--part levels``
and ``--part lobby`` the first and the second half alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interviewer.settings import Settings
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.talker import Talker
from tests.benchmarks.usage import usage
from tests.clips import FOLDER, load
from tests.end_to_end.service import RunningService

__all__ = ["run"]

SPEECH = ("jfk.flac", "LJ001-0001.flac", "nasa_spacewalk.flac", "LJ001-0005.flac", "libri_2412-153948-0000.flac")
ENDS = ("jfk.flac", "LJ001-0005.flac", "libri_2412-153948-0000.flac")
"""Those that end with a whole sentence; Melvin rightly waits for seconds where one is left open."""
PLAN = "generalist-ai-trainer"
LEVELS, QUICK_LEVELS = (1, 2, 4, 8), (1, 4)
ANSWERS, QUICK_ANSWERS, LEAST = 5, 2, 10
APART_S = 2.0
THINKS_S = 1.0
PAUSE_S = 0.4
NO_REPLY_S = 30.0
LOBBY_S = 300.0
WARM_S, IDLE_S, IDLE_CORES = 240.0, 3.0, 0.1
GAP_S = 2.0
WANTED = 4
SHARE = 0.1
"""One in ten captions, words or seconds that come late is where a thing counts as broken."""


@dataclass(slots=True)
class Level:
    candidates: int
    answers: int
    inside: int = 0
    over: bool = False
    gaps: list[float] = field(default_factory=list)
    cut_into: int = 0
    lost: int = 0
    counted: list[int] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Measured:
    candidates: int
    gaps: list[float]
    cut_into: int
    lost: int
    shed: float
    words_late: float
    loop_late: float
    service_cores: float
    own_cores: float

    @property
    def median(self) -> float:
        return float(np.median(self.gaps)) if self.gaps else float("nan")

    @property
    def p95(self) -> float:
        return float(np.percentile(self.gaps, 95)) if self.gaps else float("nan")

    def figures(self) -> Iterator[Figure]:
        at = f"{self.candidates} at once: "
        target = GAP_S if self.candidates == WANTED else None
        yield Figure(at + "answers", len(self.gaps) + self.cut_into, "")
        yield Figure(at + "gap, median", self.median, "s", at_most=target)
        yield Figure(at + "gap, 95th percentile", self.p95, "s")
        yield Figure(at + "answers cut into", self.cut_into, "")
        yield Figure(at + "interviews lost", self.lost, "")
        yield Figure(at + "captions shed", 100 * self.shed, "%")
        yield Figure(at + "words late", 100 * self.words_late, "%")
        yield Figure(at + "event loop late", 100 * self.loop_late, "%")
        yield Figure(at + "processor, service", self.service_cores, "cores")
        yield Figure(at + "processor, candidates", self.own_cores, "cores")

    def all_gaps(self) -> str:
        return f"gaps with {self.candidates} at once, s: " + " ".join(f"{g:.2f}" for g in self.gaps)

    def broken(self) -> list[str]:
        found = {
            "captions are shed": self.shed > SHARE,
            "words come late": self.words_late > SHARE,
            "the event loop is late": self.loop_late > SHARE,
            "the 95th percentile of the gap": not self.p95 <= GAP_S,
            "the median gap": not self.median <= GAP_S,
            "interviews are lost": self.lost > 0,
        }
        return [name for name, is_so in found.items() if is_so]


def run(options: Options) -> Report:
    if options.part not in (None, "levels", "lobby"):
        raise ValueError(f"--part is levels or lobby, not {options.part}")
    folder = Path(tempfile.mkdtemp(prefix="melvin-capacity-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    figures: list[Figure] = []
    notes: list[str] = []
    try:
        if options.part != "lobby":
            levels = QUICK_LEVELS if options.quick else LEVELS
            with _service(folder, MELVIN_MOST_INTERVIEWS=str(max(levels)), MELVIN_ADMISSION="fixed") as service:
                _warm(service)
                measured = [_level(service, n, QUICK_ANSWERS if options.quick else ANSWERS) for n in levels]
            well = max((m.candidates for m in measured if m.median < GAP_S), default=0)
            figures += [figure for m in measured for figure in m.figures()]
            figures.append(Figure(f"interviews at once with a median gap under {GAP_S:g} s", well, "", at_least=WANTED))
            notes += [_broken_first(measured), *(m.all_gaps() for m in measured)]
        if options.part != "levels":
            with _service(folder) as service:
                lobby = asyncio.run(_fill(service))
            figures += [
                Figure("let in at once by default", lobby.let_in, "", at_least=_by_default(), at_most=_by_default()),
                Figure("the next candidate's place in line", lobby.place, "", at_least=1, at_most=1),
                Figure("from another's end to that one's entrance", lobby.waited, "s", at_most=5.0),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Report(figures, notes)


def _broken_first(measured: list[Measured]) -> str:
    for m in measured:
        if m.broken():
            return f"what breaks first, with {m.candidates} at once: {', '.join(m.broken())}"
    return f"nothing breaks with {measured[-1].candidates} at once"


@contextmanager
def _service(folder: Path, **settings: str) -> Iterator[RunningService]:
    service = RunningService(folder, extra={"MELVIN_WORKER": "false", **settings})
    try:
        service.start()
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()


def _warm(service: RunningService) -> None:
    """Somebody has begun this plan before, so that its sentences have been made."""

    async def look_in(link: str) -> None:
        async with Talker(link) as talker:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await talker.prompt("")
                await talker.end()

    asyncio.run(look_in(service.command("invite", PLAN)))
    before, deadline = usage(service), time.monotonic() + WARM_S
    while time.monotonic() < deadline:
        time.sleep(IDLE_S)
        now = usage(service)
        if now.service_s - before.service_s < IDLE_CORES * IDLE_S:
            return
        before = now


def _level(service: RunningService, candidates: int, answers: int) -> Measured:
    links = [service.command("invite", PLAN) for _ in range(candidates)]
    return asyncio.run(_measure(service, links, answers if candidates > 1 else min(LEAST, 2 * answers)))


async def _measure(service: RunningService, links: list[str], answers: int) -> Measured:
    level = Level(len(links), answers, counted=[0] * len(links))
    talking = asyncio.gather(*(_interview(level, link, i) for i, link in enumerate(links)))
    await _until(level.full, talking)
    before = await asyncio.to_thread(usage, service)
    await _until(level.ended, talking)
    after = await asyncio.to_thread(usage, service)
    await talking
    shed, shown = (
        after.grown(before, *name)
        for name in (("melvin_captions_shed_total",), ("melvin_recognition_seconds_count", "caption"))
    )
    words = after.grown(before, "melvin_recognition_seconds_count", "live")
    in_time = after.grown(before, "melvin_recognition_seconds_bucket", "live 1.0")
    seconds = after.grown(before, "melvin_event_loop_late_seconds_count")
    punctual = after.grown(before, "melvin_event_loop_late_seconds_bucket", "0.1")
    return Measured(
        candidates=len(links),
        gaps=level.gaps,
        cut_into=level.cut_into,
        lost=level.lost,
        shed=shed / max(1.0, shed + shown),
        words_late=(words - in_time) / max(1.0, words),
        loop_late=(seconds - punctual) / max(1.0, seconds),
        service_cores=(after.service_s - before.service_s) / (after.at - before.at),
        own_cores=(after.own_s - before.own_s) / (after.at - before.at),
    )


async def _until(event: asyncio.Event, talking: asyncio.Future[list[None]]) -> None:
    """Or until all have talked, or one of them failed."""
    waiting = asyncio.create_task(event.wait())
    both: set[asyncio.Future[Any]] = {talking, waiting}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _interview(level: Level, link: str, number: int) -> None:
    await asyncio.sleep(number * APART_S)
    sounds = _answers(number)
    async with Talker(link) as talker:
        level.inside += 1
        if level.inside == level.candidates:
            level.full.set()
        asked = ""
        while not level.over:
            try:
                prompt = await talker.prompt(asked)
            except (ConnectionError, TimeoutError):
                level.lost += 1
                break
            if prompt is None:
                break
            asked = prompt
            if talker.state["phase"] == "writing":
                await talker.type("I would check the figures against two sources before I signed it.")
                continue
            await asyncio.sleep(THINKS_S)
            was_full = level.full.is_set()
            try:
                gap = await talker.answer(next(sounds))
            except TimeoutError:
                gap = NO_REPLY_S
            except ConnectionError:
                level.lost += 1
                break
            if was_full and not level.over:
                level.counted[number] += 1
                if talker.cut_in:
                    level.cut_into += 1
                else:
                    level.gaps.append(gap)
                level.over = min(level.counted) >= level.answers
        level.over = True
        level.ended.set()
        with contextlib.suppress(ConnectionError, TimeoutError):
            if not talker.over:
                await talker.end()


def _answers(number: int) -> Iterator[npt.NDArray[np.int16]]:
    """Each candidate begins with another clip; 48 kHz."""
    clips, ends = ([load(FOLDER / name, 48_000) for name in names] for names in (SPEECH, ENDS))
    pause = np.zeros(round(PAUSE_S * 48_000), np.int16)
    for i in itertools.count(number):
        yield np.concatenate([clips[i % len(clips)], pause, ends[(i + 1) % len(ends)]])


@dataclass(frozen=True, slots=True)
class _Lobby:
    """How many were let in before one had to wait, the place in line of that one, and the seconds from another's end
    to its entrance."""

    let_in: int
    place: int
    waited: float


async def _fill(service: RunningService) -> _Lobby:
    links = [await asyncio.to_thread(service.command, "invite", PLAN) for _ in range(_by_default() + 1)]
    inside: list[Talker] = []
    async with AsyncExitStack() as stack:
        for link in links:
            talker = Talker(link)
            entering = asyncio.create_task(stack.enter_async_context(talker))
            while not talker.places and not entering.done():  # noqa: ASYNC110 - it is told by the service
                await asyncio.sleep(0.1)
            if talker.places:
                break
            await entering
            await talker.prompt("")
            inside.append(talker)
        if not talker.places:
            return _Lobby(len(inside), 0, 0.0)
        await inside[0].end()
        ended = time.monotonic()
        async with asyncio.timeout(LOBBY_S):
            await entering
        waited = time.monotonic() - ended
        for one in (*inside[1:], talker):
            await one.end()
    return _Lobby(len(inside), talker.places[0], waited)


def _by_default() -> int:
    return Settings(most_interviews=None).interviews_at_once
