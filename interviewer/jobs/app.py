"""The job queue's tasks: names, retries and schedules. What each does is in the module of its name.

At least once is all a queue can promise, so every task may run twice: results are upserts keyed by what was made from
what. Jobs of one interview never run at the same time, and run in the order in which they were deferred (``lock``).
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job

from interviewer.jobs.camera import camera
from interviewer.jobs.defer import CAMERA, CLEAR_CAMERA, CLEAR_RECORDING, FINALISE, SCORE
from interviewer.jobs.deliver import deliver
from interviewer.jobs.erase import apply_retention, erase, erase_left
from interviewer.jobs.failures import IMPORTING, SCORING, TELLERS, WRITING, held_up, told
from interviewer.jobs.finalise import finalise
from interviewer.jobs.imported_sound import write_out_row
from interviewer.jobs.importing import import_answers
from interviewer.jobs.report import report
from interviewer.jobs.rescore import pick_up_lost_runs, prepare_run, rescore
from interviewer.jobs.score import score
from interviewer.jobs.upkeep import pick_up_lost, prune, submit_unchecked
from interviewer.jobs.used_up import clear
from interviewer.jobs.work import Work
from interviewer.records.ats import REPORT
from interviewer.records.database import libpq_url
from interviewer.records.deletions import ERASE
from interviewer.records.imported_sound import WRITE_OUT
from interviewer.records.imports import IMPORT
from interviewer.records.runs import PREPARE_RUN, RESCORE, RUN_QUEUE
from interviewer.records.webhooks import DELIVER

__all__ = ["MOST_TRIES", "HeldUp", "Retries", "jobs_app"]

MOST_TRIES = 5
FIRST_PAUSE_S = 10
PAUSE_GROWS = 4

log = structlog.get_logger(__name__)


class Retries(BaseRetryStrategy):
    """10 s, 40 s, 160 s and 640 s after a failure, and every 640 s while something outside holds the job up; at once,
    and always, where the worker was only told to stop."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, (JobAborted, asyncio.CancelledError)):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, HeldUp):
            return RetryDecision(retry_at=next_try(min(job.attempts, MOST_TRIES - 2)))
        if job.attempts + 1 >= MOST_TRIES:
            return None
        return RetryDecision(retry_at=next_try(job.attempts))


def next_try(attempts: int) -> datetime:
    """``attempts`` before the one that just failed."""
    return datetime.now(UTC) + timedelta(seconds=FIRST_PAUSE_S * PAUSE_GROWS**attempts)


class AlwaysAgain(BaseRetryStrategy):
    """For jobs of scoring runs: what they trip over is counted for each answer, so the job itself is never given up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, (JobAborted, asyncio.CancelledError)):
            return RetryDecision(retry_in={"seconds": 0})
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=FIRST_PAUSE_S))


def jobs_app(url: str) -> App:
    """Tasks find their :class:`Work` in the worker's ``additional_context`` under ``work``."""
    app = App(connector=PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=6, timeout=10))
    retries = Retries()

    @app.task(name=FINALISE, queue="record", pass_context=True, retry=retries)
    async def run_finalise(context: JobContext, interview_id: str) -> None:
        await _run(context, interview_id, WRITING, finalise)

    @app.task(name=CAMERA, queue="record", pass_context=True, retry=retries)
    async def run_camera(context: JobContext, interview_id: str) -> None:
        await _unquoted(context, camera(_work(context), interview_id))

    @app.task(name=CLEAR_CAMERA, queue="record", pass_context=True, retry=retries)
    async def run_clear_camera(context: JobContext, interview_id: str) -> None:
        await _unquoted(context, clear(_work(context), interview_id, CLEAR_CAMERA))

    @app.task(name=CLEAR_RECORDING, queue="record", pass_context=True, retry=retries)
    async def run_clear_recording(context: JobContext, interview_id: str) -> None:
        await _unquoted(context, clear(_work(context), interview_id, CLEAR_RECORDING))

    @app.task(name=SCORE, queue="score", pass_context=True, retry=retries)
    async def run_score(context: JobContext, interview_id: str) -> None:
        await _run(context, interview_id, SCORING, score)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="submit_unchecked", queue="upkeep", pass_context=True)
    async def run_submit_unchecked(context: JobContext, timestamp: int) -> None:
        await submit_unchecked(_work(context))

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="pick_up_lost", queue="upkeep", pass_context=True)
    async def run_pick_up_lost(context: JobContext, timestamp: int) -> None:
        await pick_up_lost(_work(context))

    @app.periodic(cron="17 * * * *")
    @app.task(name="prune", queue="upkeep", pass_context=True)
    async def run_prune(context: JobContext, timestamp: int) -> None:
        await prune(_work(context))

    @app.task(name=DELIVER, queue="deliver", pass_context=True, retry=retries)
    async def run_deliver(context: JobContext, subject: str) -> None:
        await deliver(_work(context), subject)

    @app.task(name=REPORT, queue="deliver", pass_context=True, retry=retries)
    async def run_report(context: JobContext, subject: str) -> None:
        await report(_work(context), subject)

    @app.task(name=IMPORT, queue="upkeep", pass_context=True, retry=retries)
    async def run_import_answers(context: JobContext, subject: str) -> None:
        await _run(context, subject, IMPORTING, import_answers)

    @app.task(name=WRITE_OUT, queue="record", pass_context=True, retry=retries)
    async def run_write_out_row(context: JobContext, subject: str) -> None:
        await _run(context, subject, WRITING, write_out_row)

    @app.task(name=ERASE, queue="upkeep", pass_context=True, retry=retries)
    async def run_erase(context: JobContext, subject: str) -> None:
        await erase(_work(context), subject)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="erase_left", queue="upkeep", pass_context=True)
    async def run_erase_left(context: JobContext, timestamp: int) -> None:
        await erase_left(_work(context))

    @app.periodic(cron="47 * * * *")
    @app.task(name="apply_retention", queue="upkeep", pass_context=True)
    async def run_apply_retention(context: JobContext, timestamp: int) -> None:
        await apply_retention(_work(context))

    @app.task(name=PREPARE_RUN, queue=RUN_QUEUE, pass_context=True, retry=AlwaysAgain())
    async def run_prepare_run(context: JobContext, subject: str) -> None:
        await _unquoted(context, prepare_run(_work(context), subject))

    @app.task(name=RESCORE, queue=RUN_QUEUE, pass_context=True, retry=AlwaysAgain())
    async def run_rescore(context: JobContext, run: str, chunk: int) -> None:
        await _unquoted(context, rescore(_work(context), run, chunk, context.job.attempts))

    @app.periodic(cron="* * * * *")
    @app.task(name="pick_up_lost_runs", queue="upkeep", pass_context=True)
    async def run_pick_up_lost_runs(context: JobContext, timestamp: int) -> None:
        await pick_up_lost_runs(_work(context))

    return app


class JobFailed(Exception):
    """A job's error, by its kind alone."""


class HeldUp(JobFailed):
    """Nothing is wrong with the job: a disk is full, say. It is never given up."""


def _where(error: Exception) -> str:
    """The innermost places of the error: files and lines, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))


def _work(context: JobContext) -> Work:
    work = context.additional_context["work"]
    if not isinstance(work, Work):
        raise TypeError("the worker was started without its Work")
    return work


async def _unquoted(context: JobContext, work: Coroutine[Any, Any, None]) -> None:
    """The queue logs what it is given, and an error's text may quote what a candidate said."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the border of a job: it ends this one and nothing else
        log.warning(
            "job.failed", task=context.job.task_name, attempt=context.job.attempts + 1, error=type(error).__name__,
            where=_where(error),
        )  # fmt: skip
        raise (JobFailed if held_up(error) is None else HeldUp)(type(error).__name__) from None


async def _run(context: JobContext, subject: str, doing: str, task: Callable[[Work, str], Awaitable[Any]]) -> None:
    """Tells of a failure in a plain sentence, the recruiter or who asked for it; the queue then tries again."""
    work, attempts = _work(context), context.job.attempts
    about = {"interview" if subject.startswith("int_") else "subject": subject}
    log.info("job.started", task=context.job.task_name, attempt=attempts + 1, **about)
    try:
        await task(work, subject)
    except Exception as error:  # noqa: BLE001 - the border of a job: it ends this one and nothing else
        held = held_up(error)
        if held is not None:
            again: datetime | None = next_try(min(attempts, MOST_TRIES - 2))
        else:
            again = None if attempts + 1 >= MOST_TRIES else next_try(attempts)
        log.warning(
            "job.failed", task=context.job.task_name, attempt=attempts + 1, error=type(error).__name__,
            where=_where(error), **about,
        )  # fmt: skip
        tell = TELLERS.get(context.job.task_name, told)
        await tell(work.database, subject, doing, held or error, again)
        # The queue logs what it is given, and an error's text may quote what a candidate said.
        raise (JobFailed if held is None else HeldUp)(type(error).__name__) from None
    log.info("job.done", task=context.job.task_name, **about)
