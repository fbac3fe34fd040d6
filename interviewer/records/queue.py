"""Deferring a job within a transaction: it is in the queue if and only if what it is about is in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import configure_task
from psycopg import AsyncConnection
from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, column, exists, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.tracing import carried

__all__ = ["BEHIND_OTHERS", "defer_many", "defer_within", "raw_connection", "without_job"]


BEHIND_OTHERS = -10
"""Priority of a run's jobs: a candidate's interview that was just submitted is scored before the rest of a million."""


@cache
def _manager() -> JobManager:
    # Never opened: every statement goes over the connection of the caller's transaction.
    return JobManager(PsycopgConnector())


async def defer_within(
    session: AsyncSession,
    task: str,
    argument: str,
    *,
    queue: str,
    lock: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
) -> None:
    """``task`` takes one argument, an id, under the name ``subject``. Jobs with the same ``lock`` run one
    after the other; ``at`` is the earliest moment, now where none is given. Jobs of a higher priority come first."""
    job = configure_task(
        name=task, job_manager=_manager(), lock=lock, queue=queue, schedule_at=at,
        priority=priority, connection=await raw_connection(session),
    )  # fmt: skip
    try:
        await job.defer_async(subject=argument, **carried())
    except ConnectorException as error:
        raise _plain(error) from None


def without_job(subject: SQLColumnExpression[str], task: str) -> ColumnElement[bool]:
    """For a query: whether no job ``task`` about this waits or is under way: a queue that is behind lost nothing."""
    jobs = table("procrastinate_jobs", column("task_name"), column("status", String), column("args", JSONB))
    about = jobs.c.args["subject"].astext == subject
    waits = cast(jobs.c.status, String).in_(("todo", "doing"))
    return ~exists().where(jobs.c.task_name == task, waits, about).select_from(jobs)


async def defer_many(
    session: AsyncSession,
    task: str,
    arguments: Sequence[dict[str, Any]],
    *,
    queue: str,
    priority: int = 0,
    at: datetime | None = None,
    lock_by: str | None = None,
) -> None:
    """A job for each of ``arguments``, in one statement. Jobs of a higher priority come first; ``lock_by`` names the
    argument whose value is each job's lock."""
    if not arguments:
        return
    jobs = configure_task(
        name=task, job_manager=_manager(), queue=queue, priority=priority, schedule_at=at,
        connection=await raw_connection(session),
    )  # fmt: skip
    try:
        made = [jobs.make_new_job(**one, **carried()) for one in arguments]
        if lock_by is not None:
            made = [job.evolve(lock=one[lock_by]) for job, one in zip(made, arguments, strict=True)]
        await jobs.job_manager.batch_defer_jobs_async(jobs=made, connection=jobs.connection)
    except ConnectorException as error:
        raise _plain(error) from None


async def raw_connection(session: AsyncSession) -> AsyncConnection[Any]:
    """psycopg's own connection, in the session's transaction."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(raw, AsyncConnection):
        raise TypeError("jobs are deferred over psycopg's own connection")
    return raw


def _plain(error: ConnectorException) -> Exception:
    """The transaction's own kind of error, so that whoever handles a database that is away handles this one."""
    if isinstance(error.__cause__, psycopg.OperationalError):
        return OperationalError("defer a job", None, error.__cause__)
    return error
