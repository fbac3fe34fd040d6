"""Objects that nothing needs any more are not removed while a backup is made that may name them still.

    backup     [lock][snapshot of the rows][=========== objects are read ===========][unlock]
    jobs         x  rows go on  x            x a removal that is due waits for it x            [removed]

Rows change all the while, and nothing waits: a job only leaves the removal for later. What a person deletes is removed
at once all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.database import libpq_url

__all__ = ["AnotherBackup", "RemovalsWentOn", "may_remove", "removals_held"]

_LOCK = 0x4D454C56424B
LONGEST_WAIT = "60s"
"""For removals that are under way."""


class AnotherBackup(RuntimeError):
    """One is being made already, or removals take very long."""


class RemovalsWentOn(RuntimeError):
    """The database was away meanwhile: something may have been removed."""


async def may_remove(session: AsyncSession) -> bool:
    """False while a backup is made. Where it is True, none begins before the transaction ends."""
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK}))


@contextmanager
def removals_held(url: str) -> Iterator[None]:
    """Blocking. Raises :class:`AnotherBackup`, and :class:`RemovalsWentOn` at the end."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(f"SET lock_timeout = '{LONGEST_WAIT}'")
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        except psycopg.errors.LockNotAvailable:
            raise AnotherBackup from None
        yield
        try:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
        except psycopg.OperationalError:
            raise RemovalsWentOn from None
