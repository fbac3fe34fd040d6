"""Whether a worker is still there, by what its own process cannot fail to do: when it ends, however it ends, its
connections end, and PostgreSQL lets go of the advisory locks that they held.

    heartbeat    |  |  |  |X                      every BEAT_S; late where the machine is overloaded
    lock         ==========X                      gone with the process at once
    given back             ............^          silent for SILENT_S and without its lock, or silent for FROZEN_S

So a worker that was killed is told from one that is only slow, and what it had in hand need not wait for long. One that
hangs, or whose machine lost its power, keeps its lock: for it the silence alone must be long enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import structlog
from procrastinate import JobContext
from procrastinate.worker import Worker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.database import libpq_url

__all__ = ["BEAT_S", "FROZEN_S", "LOOK_EVERY_S", "SILENT_S", "SignsOfLife", "there"]

BEAT_S = 3.0
SILENT_S = 15.0
"""More than the ten seconds between two heartbeats of workers of former versions, which hold no lock."""
FROZEN_S = 30.0
LOOK_EVERY_S = 3.0
_LOCKS = 0x4D574B52  # "MWKR"; the second half of a lock's key is the worker's number

log = structlog.get_logger(__name__)


class SignsOfLife:
    """The locks of this process's workers, on a connection of their own that is open as long as it lives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._held: set[int] = set()
        self._one = asyncio.Lock()

    async def of_worker(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Around each job: from a worker's first job on it holds its lock. Where that cannot be had, its heartbeat is
        the only sign."""
        del context
        if worker.worker_id is not None and worker.worker_id not in self._held:
            await self._hold(worker.worker_id)
        return await call_next()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _hold(self, worker_id: int) -> None:
        async with self._one:
            if worker_id in self._held:
                return
            try:
                if self._connection is None:
                    self._connection = await psycopg.AsyncConnection.connect(
                        libpq_url(self._url), autocommit=True, connect_timeout=10
                    )
                await self._connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", (_LOCKS, _half(worker_id)))
            except psycopg.Error as error:
                log.warning("worker.no_lock", reason=type(error).__name__)
                return
            self._held.add(worker_id)


async def there(session: AsyncSession, worker_ids: set[int]) -> set[int]:
    """Those of the workers that hold their lock."""
    rows = await session.scalars(
        text(
            """SELECT CAST(CAST(objid AS bigint) AS int) FROM pg_locks
            WHERE locktype = 'advisory' AND classid = CAST(:locks AS bigint)::oid AND objsubid = 2 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        ),
        {"locks": _LOCKS},
    )
    held = set(rows)
    return {worker for worker in worker_ids if _half(worker) in held}


def _half(worker_id: int) -> int:
    return worker_id & 0x7FFFFFFF
