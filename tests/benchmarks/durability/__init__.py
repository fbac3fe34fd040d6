"""A scoring run of 10,000 answers in which something is killed with -9, goes away for a minute, or has a full disk.

The real service (`interviewer serve` with its supervised worker) holds stored answers with their embeddings
(tests/benchmarks/rescoring/stored.py). Each strike hits a run of its own, under another version of the rubric, at a
random moment of its middle (seeded; twice for each kill). Nothing but what an outage ends by itself is done for it: a
service that was killed is started again, a disk is emptied, the rest comes back by itself.

Parts ``worker``, ``service`` and ``postgres`` kill that process. ``away``: a PostgreSQL beside the service is shut
down for 60 s; ``frozen``: all its processes are stopped for 60 s (SIGSTOP), so that connections hang; ``disk``: the
disk of the data folder, PostgreSQL's too, is full for 60 s (a small tmpfs, which takes root).

Lost: answers without a result. Twice: more than one scorecard of the run's rubric for one answer. Longer: the run's
time without the outage, less that of the undisturbed run before it. State: /readyz said 503 during the outage, and the
workers of ``away`` and ``frozen`` are the same processes after it. ``--quick``: 1,000 answers, one kill each, 15 s.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.durability.outages import Away, Frozen, FullDisk, Outage, small_disk
from tests.benchmarks.durability.strikes import KILLS, Strike, database_of, worker_of
from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.benchmarks.rescoring.stored import Seeded, rubric_version, seed
from tests.benchmarks.rescoring.workers import ask, counted, follow, postgres
from tests.end_to_end.service import RunningService

__all__ = ["run"]

ANSWERS, QUICK = 10_000, 1_000
OUTAGE_S, QUICK_OUTAGE_S = 60.0, 15.0
TIMES, QUICK_TIMES = 2, 1
LONGER_S = 60.0
MOST_S = 1800.0
"""A run that takes longer goes on no more."""
SEED = 7
PARTS = (*KILLS, "away", "frozen", "disk")


@dataclass(frozen=True, slots=True)
class Outcome:
    """``gone_s``: of ``wall_s``, how long what was struck was not there."""

    wall_s: float
    gone_s: float
    lost: int
    twice: int


@dataclass(slots=True)
class House:
    """A service with its answers, and what the runs on it came to."""

    service: RunningService
    url: str
    stored: Seeded
    options: Options
    chance: random.Random
    outcomes: list[Outcome] = field(default_factory=list)
    quiet: Outcome | None = None
    _runs: int = 100

    def undisturbed(self) -> Outcome:
        if self.quiet is None:
            self.run(None)  # models are loaded and plans read
            self.quiet = self.run(None)
        return self.quiet

    def run(self, strike: Strike | None) -> Outcome:
        """``strike`` is called at a random moment of the run's middle, and returns when what it struck is back."""
        self._runs += 1
        rubric = rubric_version(self.options.data, self._runs)
        after_s = 0.0 if self.quiet is None else self.quiet.wall_s * self.chance.uniform(0.2, 0.8)
        run_id = ask(self.url, rubric, questions=self.stored.questions)
        gone: list[float] = []

        def hit() -> None:
            time.sleep(after_s)
            if strike is not None:
                gone.append(strike(self.service))

        thread = threading.Thread(target=hit, name="strike")
        if strike is not None:
            thread.start()
        try:
            wall_s = follow(self.url, run_id, most_s=MOST_S).wall_s
        except AssertionError as stuck:
            raise AssertionError(f"{stuck}; the service said:\n{self.service.output[-3000:]}") from stuck
        if strike is not None:
            thread.join()
            if not gone:
                raise AssertionError("the strike itself failed; its error stands above")
        outcome = Outcome(wall_s, sum(gone), *counted(self.url, run_id, rubric, self.stored.answers))
        self.outcomes.append(outcome)
        return outcome

    def struck(self, name: str, strike: Strike, times: int) -> list[Figure]:
        quiet = self.undisturbed()
        longer = [o.wall_s - o.gone_s - quiet.wall_s for o in (self.run(strike) for _ in range(times))]
        return [
            Figure(f"{name}: the undisturbed run", quiet.wall_s, "s"),
            Figure(f"{name}: longer than that, most", max(longer), "s", at_most=LONGER_S),
        ]


def run(options: Options) -> Report:
    if options.part is not None and options.part not in PARTS:
        raise DataMissing(f"the parts are {', '.join(PARTS)}")
    wanted = (options.part,) if options.part else PARTS
    figures: list[Figure] = []
    outcomes: list[Outcome] = []
    kills = [part for part in wanted if part in KILLS]
    if kills:
        with _folder() as folder, _house(options, folder) as house:
            for part in kills:
                times = QUICK_TIMES if options.quick else TIMES
                figures += house.struck(f"{part} killed", KILLS[part], times)
            outcomes += house.outcomes
    outage_s = QUICK_OUTAGE_S if options.quick else OUTAGE_S
    if {"away", "frozen"} & set(wanted):
        with (
            _folder() as folder,
            postgres() as server,
            _house(options, folder, {"MELVIN_DATABASE_URL": server.url}) as house,
        ):
            for part, made in (("away", Away(server, outage_s)), ("frozen", Frozen(server, outage_s))):
                if part in wanted:
                    figures += _outage(house, f"database {part}", made, same_worker=True)
            outcomes += house.outcomes
    if "disk" in wanted:
        with small_disk() as folder, _house(options, folder) as house:
            figures += _outage(house, "disk full", FullDisk(folder, outage_s), same_worker=False)
            outcomes += house.outcomes
    figures += [
        Figure("answers without a result, in all runs", sum(o.lost for o in outcomes), "", at_most=0),
        Figure("answers stored twice, in all runs", sum(o.twice for o in outcomes), "", at_most=0),
    ]
    return Report(figures, [f"{len(outcomes)} runs; seed of the random moments: {SEED}"])


def _outage(house: House, name: str, outage: Outage, *, same_worker: bool) -> list[Figure]:
    house.undisturbed()
    before = worker_of(house.service).pid
    figures = house.struck(f"{name} for {outage.seconds:.0f} s", outage, 1)
    figures.append(Figure(f"{name}: /readyz told of it", outage.told, "", at_least=1))
    if same_worker:
        figures.append(Figure(f"{name}: workers ended", int(worker_of(house.service).pid != before), "", at_most=0))
    return figures


@contextmanager
def _house(options: Options, folder: Path, extra: Mapping[str, str] | None = None) -> Iterator[House]:
    service = RunningService(folder, extra={"OMP_NUM_THREADS": "1", **(extra or {})})
    service.start()
    try:
        url = (extra or {}).get("MELVIN_DATABASE_URL") or database_of(service)
        stored = seed(url, options.data, QUICK if options.quick else ANSWERS)
        yield House(service, url, stored, options, random.Random(SEED))
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="melvin-durability-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
        yield folder
