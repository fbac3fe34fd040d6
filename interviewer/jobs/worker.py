"""The worker: takes jobs from the queue and does them, politely, beside whatever else runs on the machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import structlog
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException

from interviewer.jobs.app import MOST_TRIES, jobs_app
from interviewer.jobs.endpoint import EndpointLimits, EndpointTurns
from interviewer.jobs.judges import judges_from
from interviewer.jobs.observing import observed
from interviewer.jobs.roles import ROLES
from interviewer.jobs.signs_of_life import BEAT_S, SignsOfLife
from interviewer.jobs.upkeep import keep_stalled_moving
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import remove_left_folders
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.rounds import begin_rounds
from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from scoring.embeddings import EmbedderOptions
from scoring.judges.base import Judge
from scoring.judges.choice import JudgeOptions
from scoring.remembered import RememberingEmbedder

__all__ = ["JobOptions", "make_work", "run_worker", "work_off"]

GRACE_S = 5
"""How long a job may go on when the worker is told to stop; then it goes back to the queue."""

HEAVY = (*ROLES["transcribe"], *ROLES["score"])
LIGHT = ROLES["deliver"]
"""Nothing of these takes the processor for long, so they do not wait behind an hour of transcription."""
LIGHT_AT_ONCE = 4

TIDY_EVERY_S = 3600.0
AGAIN_AFTER_S = 2.0
"""Between two tries to reach the database."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JobOptions:
    """``objects`` is a folder or a URL; ``recordings`` and ``journals`` as live interviews write them; ``queues`` None
    takes all."""

    database_url: str
    objects: str | Path
    recordings: Path
    journals: Path
    recognition: RecognitionOptions
    node: str = "local"
    queues: tuple[str, ...] | None = None
    concurrency: int = 2
    """Jobs in hand at once. Their heavy parts still take turns; the others wait for the disk or the database."""
    nice: int = 15
    judge: JudgeOptions = field(default_factory=JudgeOptions)
    judge_at_once: int | None = None
    judge_per_minute: int | None = None
    """Limits of the judge's endpoint for all workers together."""
    unchecked_after_s: float = 24 * 3600.0


def make_work(options: JobOptions) -> Work:
    chosen = options.judge
    embedder = RememberingEmbedder(EmbedderOptions(threads=chosen.threads, store=chosen.store))
    database = Database(options.database_url)

    def judge(kind: JudgeOptions) -> Callable[[], Judge]:
        def make() -> Judge:
            from scoring.judges.choice import make_judge

            return make_judge(kind, embedder)

        return make

    limits = EndpointLimits(chosen.base_url, chosen.slots, options.judge_at_once, options.judge_per_minute)
    return Work(
        database=database,
        objects=ObjectStore(options.objects),
        recordings=options.recordings,
        journals=options.journals,
        recogniser=RecordRecogniser(options.recognition),
        make_judge=judge(chosen),
        node=options.node,
        unchecked_after_s=options.unchecked_after_s,
        judge_kind=chosen.kind,
        other_judges={kind: judge(other) for kind, other in judges_from(chosen).items() if kind != chosen.kind},
        embedder=embedder,
        turns=EndpointTurns(database, limits) if chosen.base_url else None,
    )


async def run_worker(options: JobOptions) -> None:
    """Until SIGINT or SIGTERM. Waits for a database that goes away; models load at the first job that needs them."""
    if options.nice:
        os.nice(options.nice)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop.set)
    work = make_work(options)
    told_to_stop = asyncio.create_task(stop.wait(), name="told to stop")
    try:
        while not stop.is_set():
            # Procrastinate's worker ends by itself, with or without an error, where its connection breaks.
            running = asyncio.create_task(_work_on(work, options), name="worker")
            await asyncio.wait({running, told_to_stop}, return_when=asyncio.FIRST_COMPLETED)
            running.cancel()
            try:
                await running
            except asyncio.CancelledError:
                break
            except (ConnectorException, psycopg.Error) as error:
                log.warning("worker.database_away", reason=type(error).__name__)
            await asyncio.wait({told_to_stop}, timeout=AGAIN_AFTER_S)
    finally:
        told_to_stop.cancel()
        await work.database.close()


async def _tidy() -> None:
    await asyncio.to_thread(remove_left_folders)


async def _work_on(work: Work, options: JobOptions) -> None:
    app = jobs_app(options.database_url)
    signs = SignsOfLife(options.database_url)
    async with app.open_async():
        upkeep = asyncio.create_task(keep_stalled_moving(app, work, MOST_TRIES), name="upkeep")
        tidying = begin_rounds(_tidy, TIDY_EVERY_S, "remove what killed jobs left on the disk")
        workers: list[asyncio.Task[None]] = []
        for queues, concurrency in ((HEAVY, options.concurrency), (LIGHT, LIGHT_AT_ONCE)):
            # A list: Procrastinate hands it to psycopg as it is, which makes an array of lists alone.
            mine = [q for q in queues if not options.queues or q in options.queues]
            if not mine:
                continue
            how: WorkerOptions = {
                "name": options.node,
                "queues": mine,
                "concurrency": concurrency,
                "shutdown_graceful_timeout": GRACE_S,
                "delete_jobs": "successful",
                "install_signal_handlers": False,
                "additional_context": {"work": work},
                "worker_middleware": [signs.of_worker, observed],
                "update_heartbeat_interval": BEAT_S,
            }
            workers.append(asyncio.create_task(app.run_worker_async(**how), name=f"worker {mine[0]}"))
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (upkeep, tidying, *workers):
                task.cancel()
            ends = await asyncio.gather(upkeep, tidying, *workers, return_exceptions=True)
            await signs.close()
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end


async def work_off(url: str, work: Work) -> None:
    """Do what is due now, then return: for a command that must not leave work behind, and for tests."""
    app = jobs_app(url)
    async with app.open_async():
        await app.run_worker_async(
            wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful",
            additional_context={"work": work}, worker_middleware=[observed],
        )  # fmt: skip
