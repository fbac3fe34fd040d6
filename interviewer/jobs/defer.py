"""Putting work into the queue. It takes no model and no worker: pages and live interviews do it."""

from __future__ import annotations

from typing import Any, Literal

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import configure_task
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from interviewer.records.browser import camera_lock
from interviewer.records.database import libpq_url
from interviewer.records.queue import BEHIND_OTHERS
from interviewer.tracing import carried

__all__ = ["CAMERA", "CLEAR_CAMERA", "CLEAR_RECORDING", "FINALISE", "SCORE", "Clearing", "JobQueue"]

CAMERA = "camera"
FINALISE = "finalise"
SCORE = "score"
Clearing = Literal["clear_camera", "clear_recording"]
CLEAR_CAMERA: Clearing = "clear_camera"
CLEAR_RECORDING: Clearing = "clear_recording"
_QUEUES = {CAMERA: "record", CLEAR_CAMERA: "record", CLEAR_RECORDING: "record", FINALISE: "record", SCORE: "score"}
_OF_CAMERA = (CAMERA, CLEAR_CAMERA)
_TRIED = [FINALISE, SCORE]


class JobQueue:
    """Deferring what waits in the queue already does nothing. Errors of the database are psycopg's own."""

    def __init__(self, url: str) -> None:
        self._pool = AsyncConnectionPool(
            libpq_url(url), min_size=0, max_size=2, open=False, timeout=10, check=AsyncConnectionPool.check_connection
        )
        # Never opened: every statement goes over a connection of our pool.
        self._manager = JobManager(PsycopgConnector())

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    async def defer_finalise(self, interview_id: str, in_s: float = 0.0) -> None:
        """Recording to FLAC and the object store; the record transcript. Not before ``in_s`` seconds have passed."""
        await self._defer(FINALISE, interview_id, in_s)

    async def defer_score(self, interview_id: str) -> None:
        """Scorecards from the best transcript there is, after any finalise of this interview."""
        await self._defer(SCORE, interview_id)

    async def defer_camera(self, interview_id: str, in_s: float = 0.0) -> None:
        """What the camera recorded to playable files. It never runs before other work on an interview's recording that
        waits as well, and nothing waits for it."""
        await self._defer(CAMERA, interview_id, in_s)

    async def defer_clearing(self, what: Clearing, interview_id: str, in_s: float) -> None:
        """What was used up of it is removed, once no backup is made."""
        await self._defer(what, interview_id, in_s)

    async def try_again(self, interview_id: str) -> bool:
        """What failed of an interview's recording, transcript and scores is tried now: the wait for its next try ends,
        and what was given up is put into the queue once more. Where the judge gave nothing for some answers of a scored
        interview, it is asked for those again. False where nothing failed."""
        async with self._pool.connection() as connection:
            hastened = await connection.execute(
                """UPDATE procrastinate_jobs SET scheduled_at = now() WHERE lock = %s AND task_name = ANY(%s)
                AND status = 'todo' AND attempts > 0 RETURNING id""",
                (interview_id, _TRIED),
            )
            given_up = await connection.execute(
                """SELECT j.task_name FROM interviews i JOIN procrastinate_jobs j ON j.lock = i.id
                WHERE i.id = %s AND i.failure IS NOT NULL AND j.status = 'failed'
                UNION SELECT %s FROM interviews WHERE id = %s AND failure IS NOT NULL AND status = 'scored'""",
                (interview_id, SCORE, interview_id),
            )
            wanted = {row[0] for row in await given_up.fetchall()}
            for task in _TRIED:
                if task in wanted:
                    await self._put(connection, task, interview_id)
            return bool(wanted) or hastened.rowcount > 0

    async def _defer(self, task: str, interview_id: str, in_s: float = 0.0) -> None:
        async with self._pool.connection() as connection:
            await self._put(connection, task, interview_id, in_s)

    async def _put(self, connection: AsyncConnection[Any], task: str, interview_id: str, in_s: float = 0.0) -> None:
        lock = camera_lock(interview_id) if task in _OF_CAMERA else interview_id
        waiting = await connection.execute(
            "SELECT 1 FROM procrastinate_jobs WHERE lock = %s AND task_name = %s AND status = 'todo'",
            (lock, task),
        )
        if await waiting.fetchone() is not None:
            return
        # Not Procrastinate's queueing lock: a job that is tried again would trip over one that was queued
        # meanwhile, and stay "doing" for ever.
        job = configure_task(
            name=task, job_manager=self._manager, lock=lock, queue=_QUEUES[task], connection=connection,
            priority=BEHIND_OTHERS if task == CAMERA else 0,
            schedule_in={"milliseconds": round(in_s * 1000)} if in_s else None,
        )  # fmt: skip
        try:
            await job.defer_async(interview_id=interview_id, **carried())
        except ConnectorException as error:
            raise error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error from None
