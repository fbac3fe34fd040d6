"""What a recruiter, or a program that imports answers, reads while a job cannot finish."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime

import psycopg
import structlog
from obstore.exceptions import GenericError
from sqlalchemy.exc import SQLAlchemyError

from interviewer.records import imported_sound, imports
from interviewer.records.database import Database
from interviewer.records.interviews import update_interview
from interviewer.speech.models import ModelUnavailable
from scoring.embeddings import ModelMissing

__all__ = [
    "IMPORTING", "SCORING", "TELLERS", "WRITING", "JudgeAway", "PlainError", "Teller", "held_up", "sentence", "told",
]  # fmt: skip

_DEPTH = 8
WRITING = "Writing out the recording"
SCORING = "Scoring"
IMPORTING = "Importing"

Teller = Callable[[Database, str, str, Exception, datetime | None], Awaitable[None]]
"""Tells in the row that a job is about what failed and when it is tried again (None: it was given up)."""

log = structlog.get_logger(__name__)


class PlainError(RuntimeError):
    """Its text is a plain clause without any words of a candidate, fit to be shown."""


class JudgeAway(PlainError):
    """The judge gave nothing, to some answers or to all: its endpoint is down, busy or refuses us."""


_PLAIN = (PlainError, ModelUnavailable, ModelMissing)


def held_up(error: Exception) -> PlainError | None:
    """Where nothing is wrong with the job itself but a disk is full, or the object store or the judge's endpoint gives
    nothing now: why, and it is tried until it works."""
    if isinstance(error, JudgeAway):
        return error
    if any(_is_full(cause) for cause in _causes(error)):
        return PlainError("no space left on device")
    return PlainError("the object store takes nothing now") if isinstance(error, GenericError) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was made of: a recorder and the database's library wrap what the system said."""
    cause: BaseException | None = error
    for _ in range(_DEPTH):
        if cause is None:
            return
        yield cause
        cause = getattr(cause, "orig", None) or cause.__cause__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, psycopg.errors.DiskFull):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, GenericError) and "No space left" in str(error)


def sentence(doing: str, error: Exception, again: datetime | None) -> str:
    """Of other errors only the kind is told: their texts may quote what a candidate said."""
    if isinstance(error, _PLAIN):
        reason = str(error)
    elif isinstance(error, OSError) and error.strerror:
        reason = error.strerror.lower()
    else:
        reason = type(error).__name__
    tried = f"it is tried again at {again:%H:%M:%S} UTC" if again else "it was given up after several tries"
    return f"{doing} failed ({reason}); {tried}."


async def told(database: Database, interview_id: str, doing: str, error: Exception, again: datetime | None) -> None:
    """Best effort: where the database is away, that is the failure, and the queue's own record has to do.

    A candidate who waits for the transcript is shown what was heard live only when writing it out was given up.
    """
    try:
        async with database.session() as session:
            await update_interview(session, interview_id, failure=sentence(doing, error, again))
            if doing == WRITING and again is None:
                await update_interview(session, interview_id, progress={"stage": "failed"})
    except (SQLAlchemyError, OSError) as also:
        log.warning("job.failure_not_stored", interview=interview_id, reason=type(also).__name__)


async def import_told(database: Database, import_id: str, doing: str, error: Exception, again: datetime | None) -> None:
    """As :func:`told`. What was given up is over: who waits for the import's end sees that it failed."""
    failure = sentence(doing, error, again)
    try:
        async with database.session() as session:
            if again is None:
                await imports.finish_import(session, import_id, datetime.now(UTC), failure)
            else:
                await imports.held_up_import(session, import_id, failure)
    except (SQLAlchemyError, OSError) as also:
        log.warning("job.failure_not_stored", answer_import=import_id, reason=type(also).__name__)


async def row_told(database: Database, subject: str, doing: str, error: Exception, again: datetime | None) -> None:
    """As :func:`import_told`, of one row whose answer is sound."""
    failure = sentence(doing, error, again)
    import_id, number = imported_sound.row_of(subject)
    try:
        async with database.session() as session:
            if again is None:
                await imported_sound.finish_row(session, import_id, number, "failed", datetime.now(UTC), error=failure)
            else:
                await imported_sound.held_up_row(session, import_id, number, failure)
    except (SQLAlchemyError, OSError) as also:
        log.warning("job.failure_not_stored", answer_import=import_id, row=number, reason=type(also).__name__)


TELLERS: Mapping[str, Teller] = {imports.IMPORT: import_told, imported_sound.WRITE_OUT: row_told}
"""By task; all others are about an interview."""
