"""Deferring a job within a transaction: it is in the queue if and only if what it is about is in the database."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import configure_task
from psycopg import AsyncConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["defer_within"]


@cache
def _manager() -> JobManager:
    # Never opened: every statement goes over the connection of the caller's transaction.
    return JobManager(PsycopgConnector())


async def defer_within(
    session: AsyncSession, task: str, argument: str, *, queue: str, lock: str | None = None, at: datetime | None = None
) -> None:
    """``task`` takes one argument, an id, under the name ``subject``. Jobs with the same ``lock`` run one
    after the other; ``at`` is the earliest moment, now where none is given."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(raw, AsyncConnection):
        raise TypeError("jobs are deferred over psycopg's own connection")
    job = configure_task(name=task, job_manager=_manager(), lock=lock, queue=queue, schedule_at=at, connection=raw)
    try:
        await job.defer_async(subject=argument)
    except ConnectorException as error:
        # The transaction's own kind of error, so that whoever handles a database that is away handles this one.
        if isinstance(error.__cause__, psycopg.OperationalError):
            raise OperationalError("defer a job", None, error.__cause__) from None
        raise
