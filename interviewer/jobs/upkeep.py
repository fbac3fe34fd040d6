"""Work that nobody asked for just now: what candidates left open, what a crash let fall, and workers that died."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.jobs.defer import FINALISE, SCORE, JobQueue
from interviewer.jobs.failures import IMPORTING, SCORING, TELLERS, WRITING, PlainError, told
from interviewer.jobs.imported_sound import tidy_sound
from interviewer.jobs.importing import remove_left_files
from interviewer.jobs.orphans import remove_orphans
from interviewer.jobs.signs_of_life import FROZEN_S, LOOK_EVERY_S, SILENT_S, there
from interviewer.jobs.work import Work
from interviewer.records.ats import lost_reports
from interviewer.records.imported_sound import WRITE_OUT
from interviewer.records.imports import IMPORT
from interviewer.records.interviews import ended_before, set_status
from interviewer.records.replies import prune_replies
from interviewer.records.runs import RUN_QUEUE
from interviewer.records.webhooks import lost_deliveries, prune_events

__all__ = ["keep_stalled_moving", "pick_up_lost", "prune", "retry_stalled", "submit_unchecked"]

DOING = {FINALISE: WRITING, SCORE: SCORING, IMPORT: IMPORTING, WRITE_OUT: WRITING}
"""What a job does, in the words of its own failures."""
TRIED_AGAIN_S = 6 * 3600.0
"""After this a job that was given up is tried again: a version that mends it, or a store that is well again, came."""
LOST_AFTER_S = 120.0
"""An interview that waits this long for work that is not in the queue was let fall by a crash between two steps."""

log = structlog.get_logger(__name__)


async def submit_unchecked(work: Work) -> list[str]:
    """Scoring waits for the candidate's check, but not for ever. Returns the interviews that were submitted."""
    now = datetime.now(UTC)
    before = now - timedelta(seconds=work.unchecked_after_s)
    async with work.database.session() as session:
        submitted = [
            interview_id
            for interview_id in await ended_before(session, before, status="checking")
            if await set_status(session, interview_id, "submitted", only_from=("checking",), submitted_at=now)
        ]
    await _defer(work, SCORE, submitted)
    return submitted


async def pick_up_lost(work: Work) -> list[str]:
    """Interviews whose status waits for a job that was never deferred, or was given up a while ago."""
    unmade = "(i.progress IS NULL OR i.progress ->> 'stage' = 'failed')"
    async with work.database.session() as session:
        unwritten = await _without_job(session, "checking", FINALISE, "i.ended_at", unmade)
        unscored = await _without_job(session, "submitted", SCORE, "i.submitted_at", "true")
    async with work.database.session() as session:
        undelivered = await lost_deliveries(session, datetime.now(UTC))
        undelivered += await lost_reports(session, datetime.now(UTC))
    if undelivered:
        log.info("job.picked_up", task="deliver", deliveries=len(undelivered))
    await _defer(work, FINALISE, unwritten)
    await _defer(work, SCORE, unscored)
    return [*unwritten, *unscored]


async def prune(work: Work) -> None:
    """What is kept for a time only: stored replies of the API, events and what became of them, files of imports."""
    now = datetime.now(UTC)
    async with work.database.session() as session:
        replies = await prune_replies(session, now)
        events = await prune_events(session, now)
    await remove_left_files(work)
    await tidy_sound(work)
    await remove_orphans(work)
    log.info("pruned", replies=replies, events=events)


async def _without_job(session: AsyncSession, status: str, task: str, since: str, also: str) -> list[str]:
    """``since`` and ``also`` are SQL of this module's own."""
    now = datetime.now(UTC)
    rows = await session.execute(
        text(
            f"""SELECT i.id FROM interviews i
            WHERE i.status = :status AND {since} < :before AND {also} AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs j WHERE j.lock = i.id AND j.task_name = :task
                AND (j.status IN ('todo', 'doing') OR (j.status = 'failed' AND EXISTS (
                    SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > :given_up))))
            ORDER BY {since} LIMIT 100"""  # noqa: S608
        ),
        {
            "status": status,
            "task": task,
            "before": now - timedelta(seconds=LOST_AFTER_S),
            "given_up": now - timedelta(seconds=TRIED_AGAIN_S),
        },
    )
    return [row[0] for row in rows]


async def _defer(work: Work, task: str, interview_ids: list[str]) -> None:
    if not interview_ids:
        return
    queue = JobQueue(work.database.url)
    await queue.open()
    try:
        for interview_id in interview_ids:
            log.info("job.picked_up", task=task, interview=interview_id)
            await (queue.defer_score if task == SCORE else queue.defer_finalise)(interview_id)
    finally:
        await queue.close()


async def retry_stalled(
    app: App, work: Work, most_tries: int, *, silent_s: float = SILENT_S, frozen_s: float = FROZEN_S
) -> int:
    """Give jobs of workers that died back to the queue. One that has now ended its worker ``most_tries`` times is set
    aside as failed, so that it cannot end them for ever."""
    given_back = 0
    for job in await _of_the_dead(app, work, silent_s, frozen_s):
        subject = str(job.task_kwargs.get("interview_id") or job.task_kwargs.get("subject", ""))
        # A scoring run counts tries for each answer, so that one that ends workers takes no other with it.
        if job.attempts + 1 >= most_tries and job.queue != RUN_QUEUE:
            log.error("job.set_aside", task=job.task_name, subject=subject)
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            tell = TELLERS.get(job.task_name, told)
            doing = DOING.get(job.task_name, "A job")
            await tell(work.database, subject, doing, PlainError("its worker died each time"), None)
            continue
        log.warning("job.stalled", task=job.task_name, subject=subject)
        await app.job_manager.retry_job(job)
        given_back += 1
    return given_back


async def _of_the_dead(app: App, work: Work, silent_s: float, frozen_s: float) -> list[Job]:
    silent = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s))
    if not silent:
        return []
    frozen = {job.id for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=frozen_s)}
    async with work.database.session() as session:
        alive = await there(session, {job.worker_id for job in silent if job.worker_id is not None})
    return [job for job in silent if job.worker_id not in alive or job.id in frozen]


async def keep_stalled_moving(app: App, work: Work, most_tries: int) -> None:
    """Beside the jobs, not as one of them: it has to go on while all places are taken by long transcriptions."""
    while True:
        try:
            await retry_stalled(app, work, most_tries)
        except (ConnectorException, psycopg.Error, DBAPIError) as error:
            # Two workers may give the same job back; the second finds it gone. Or the database is away.
            log.info("upkeep.later", reason=type(error).__name__)
        except Exception as error:
            log.error("upkeep.failed", exc_info=error)
        await asyncio.sleep(LOOK_EVERY_S)
