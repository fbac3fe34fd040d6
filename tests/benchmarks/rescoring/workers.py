"""Worker processes on an embedded PostgreSQL of their own, and what becomes of a run."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from interviewer.records import runs
from interviewer.records.database import Database, libpq_url
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade
from scoring.rubric import Rubric

__all__ = ["Postgres", "Ran", "Workers", "ask", "counted", "follow", "postgres"]

LOOK_S = 0.2
COUNT_S = 2.0
"""Between two counts of the items, which cost the database something."""


@dataclass
class Postgres:
    """``url`` is good while it is up; the folder stays."""

    folder: Path
    server: EmbeddedPostgres
    loop: asyncio.AbstractEventLoop
    url: str = ""

    def start(self) -> None:
        self.url = asyncio.run_coroutine_threadsafe(self.server.start(), self.loop).result(120)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(120)


@contextmanager
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="melvin-rescoring-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root the server runs under another user
        ready: Future[asyncio.AbstractEventLoop] = Future()

        def live() -> None:
            loop = asyncio.new_event_loop()
            loop.call_soon(ready.set_result, loop)
            loop.run_forever()

        thread = threading.Thread(target=live, name="postgres")
        thread.start()
        loop = ready.result(10)
        found = Postgres(folder, EmbeddedPostgres(folder, shared_state=folder / "shared"), loop)
        found.start()
        try:
            upgrade(found.url)
            yield found
        finally:
            found.stop()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


@dataclass
class Workers:
    """``interviewer worker --roles score`` processes, each with a data folder of its own and one thread."""

    url: str
    folder: Path
    objects: str
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)

    def start(self, count: int) -> None:
        for _ in range(count):
            number = len(self.logs) + 1
            log = self.folder / f"worker-{number}.log"
            self.logs.append(log)
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith("MELVIN_")},
                "MELVIN_DATABASE_URL": self.url,
                "MELVIN_DATA_FOLDER": str(self.folder / f"data-{number}"),
                "MELVIN_OBJECTS": self.objects,
                "MELVIN_LOG_FORMAT": "json",
                "OMP_NUM_THREADS": "1",
                **self.environment,
            }
            with log.open("wb") as out:
                self.running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "interviewer", "worker", "--roles", "score,deliver"],
                        env=environment,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                    )
                )

    def wait_until_up(self) -> None:
        """Each has said so to the database."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with psycopg.connect(libpq_url(self.url)) as connection:
                row = connection.execute(
                    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '20 s'"
                ).fetchone()
            if row is not None and row[0] >= 2 * len(self.running):  # one for heavy jobs and one for light ones
                return
            if any(w.poll() is not None for w in self.running):
                raise AssertionError(f"a worker ended:\n{self.logs[-1].read_text()[-3000:]}")
            time.sleep(LOOK_S)
        raise AssertionError("the workers did not come up")

    def memory_mb(self) -> float:
        """The largest of them."""
        return max(psutil.Process(w.pid).memory_full_info().uss / 1e6 for w in self.running if w.poll() is None)

    def judged_s(self) -> float:
        """Processor seconds in the judge, of all workers, as their logs tell."""
        text = "".join(log.read_text(errors="replace") for log in self.logs)
        lines = (line for line in text.splitlines() if '"run.stored"' in line)
        return sum(float(json.loads(line).get("judged_s", 0)) for line in lines)

    def processor_s(self) -> float:
        """Of those that run, since they began."""
        times = [psutil.Process(w.pid).cpu_times() for w in self.running if w.poll() is None]
        return sum(float(t.user + t.system) for t in times)

    def stop(self) -> None:
        for worker in self.running:
            worker.terminate()
        for worker in self.running:
            worker.wait(timeout=60)
        self.running.clear()

    def kill_one(self) -> None:
        self.running[0].kill()
        self.running.pop(0).wait()


@dataclass(frozen=True, slots=True)
class Ran:
    """``wall_s`` from the asking to the last answer; ``early_mb`` and ``late_mb``: the largest worker after a fifth of
    the answers, and before the end."""

    run_id: str
    wall_s: float
    early_mb: float
    late_mb: float


def ask(
    url: str,
    rubric: Rubric | None,
    *,
    interviews: list[str] | None = None,
    questions: list[str],
    judge: str = "embedded",
) -> str:
    asked = {"livemode": True, "questions": questions, **({"interviews": interviews} if interviews else {})}

    async def make() -> str:
        database = Database(url)
        try:
            async with database.session() as session:
                made = await runs.make_run(
                    session,
                    asked=asked,
                    rubric=None if rubric is None else rubric.model_dump(mode="json", by_alias=True),
                    judge=judge, dry_run=False, requested_by="benchmark",
                )  # fmt: skip
            return made.id
        finally:
            await database.close()

    return asyncio.run(make())


def follow(url: str, run_id: str, workers: Workers | None = None, *, most_s: float = 3600.0) -> Ran:
    """Until it is completed. A database that does not answer is waited for. Memory is looked at where ``workers`` are
    given."""
    began = counted_at = time.monotonic()
    early = late = 0.0
    status = "never seen"
    while time.monotonic() - began < most_s:
        try:
            status = _status(url, run_id)
            if status == "completed":
                return Ran(run_id, time.monotonic() - began, early, late or early)
            if workers is not None and time.monotonic() > counted_at + COUNT_S:
                counted_at = time.monotonic()
                total, done = _progress(url, run_id)
                now = workers.memory_mb()
                early = early or (now if 0 < total <= 5 * done else 0.0)
                late = now
        except psycopg.OperationalError:
            pass
        time.sleep(LOOK_S)
    total, done = _progress(url, run_id)
    raise AssertionError(f"the run did not end within {most_s:.0f} s: {status}, {done} of {total}")


def _status(url: str, run_id: str) -> str:
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        row = connection.execute("SELECT status FROM scoring_runs WHERE id = %s", (run_id,)).fetchone()
    assert row is not None
    return str(row[0])


def _progress(url: str, run_id: str) -> tuple[int, int]:
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE status <> 'todo') FROM scoring_run_items WHERE run_id = %s",
            (run_id,),
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def counted(url: str, run_id: str, rubric: Rubric, answers: int) -> tuple[int, int]:
    """(answers without a result, answers stored twice): of ``answers`` that the run was to judge under a rubric of its
    own. What the run never took in is lost as much as what it did not finish."""
    with psycopg.connect(libpq_url(url)) as connection:
        finished = connection.execute(
            "SELECT count(*) FROM scoring_run_items WHERE run_id = %s AND status = 'done' AND scorecard_id IS NOT NULL",
            (run_id,),
        ).fetchone()
        cards = connection.execute(
            "SELECT count(*), count(DISTINCT answer_id) FROM scorecards WHERE rubric_hash = %s", (rubric.hash,)
        ).fetchone()
    assert finished is not None
    assert cards is not None
    twice = int(cards[0]) - int(cards[1])
    return answers - min(int(finished[0]), int(cards[0]) - twice), twice
