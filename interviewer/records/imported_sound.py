"""Rows of an import whose answer is sound: each waits for its file, then for a worker that writes it out.

    waiting --- the file is there ---> queued -> transcribing -> stored | known | failed

The file lies in the object store under ``sound_folder`` until then. What a row becomes is stored in one transaction
with the row, as with answers that came as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import derived_id, new_id
from interviewer.records.imported_answers import Answered, NewRow, become_answers, import_key, known_answers
from interviewer.records.imports import RowStatus
from interviewer.records.queue import BEHIND_OTHERS, defer_within
from interviewer.records.recordings import RecordedSide, put_recording
from interviewer.records.tables import AnswerImport, AnswerImportRow

__all__ = [
    "WAITS_FOR", "WRITE_OUT", "Sound", "begin_row", "finish_row", "held_up_row", "import_row", "interview_of",
    "known_row", "row_of", "rows_with_sound", "sound_folder", "sound_key", "sound_removed", "store_row", "take_sound",
    "waited_too_long",
]  # fmt: skip

WRITE_OUT = "write_out_row"
"""Its subject: the import's id, a slash, and the row's number."""
WAITS_FOR = timedelta(days=7)
"""A row whose file has not come by then fails."""
_UNDER_WAY = ("waiting", "queued", "transcribing")
SIDES: tuple[RecordedSide, ...] = ("candidate", "mix")
"""Nobody else is to be heard, so both are one file."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A finished recording in the object store: 16 kHz mono FLAC of so many samples."""

    object_key: str
    sha256: str
    samples: int
    rate: int = 16_000


def row_of(subject: str) -> tuple[str, int]:
    """The import's id and the row's number, of a job's subject."""
    import_id, _, number = subject.partition("/")
    return import_id, int(number)


def sound_folder(import_id: str, number: int) -> str:
    """In the object store, of one row."""
    return f"imports/{import_id}/{number}"


def sound_key(import_id: str, number: int, sha256: str) -> str:
    """Named by the content, so that a file that is refused never takes the place of one that was taken."""
    return f"{sound_folder(import_id, number)}/{sha256[:32]}"


def interview_of(made: AnswerImport, number: int) -> str:
    """The id of the interview that the row becomes, always the same: a recording that a worker stored before it died
    is written over by the next."""
    return derived_id("int", made.id, str(number), test=not made.livemode)


async def import_row(session: AsyncSession, import_id: str, number: int) -> AnswerImportRow | None:
    return await session.get(AnswerImportRow, (import_id, number))


async def take_sound(session: AsyncSession, import_id: str, number: int, object_key: str, sha256: str) -> bool:
    """The row's file is in the object store: have it written out. False where the row does not wait for one."""
    taken = await session.execute(
        update(AnswerImportRow)
        .where(_is(import_id, number), AnswerImportRow.status == "waiting")
        .values(status="queued", object_key=object_key, sha256=sha256)
        .returning(AnswerImportRow.number)
    )
    if taken.first() is None:
        return False
    subject = f"{import_id}/{number}"
    await defer_within(session, WRITE_OUT, subject, queue="record", lock=subject, priority=BEHIND_OTHERS)
    return True


async def begin_row(session: AsyncSession, import_id: str, number: int) -> tuple[AnswerImport, AnswerImportRow] | None:
    """None where there is nothing to do: it is done, or gone. Raises ``RuntimeError`` without an import."""
    begun = await session.execute(
        update(AnswerImportRow)
        .where(_is(import_id, number), AnswerImportRow.status.in_(("queued", "transcribing")))
        .values(status="transcribing")
        .returning(AnswerImportRow.number)
    )
    if begun.first() is None:
        return None
    made, row = await session.get(AnswerImport, import_id), await import_row(session, import_id, number)
    if made is None or row is None:
        raise RuntimeError("a row without an import")
    return made, row


async def held_up_row(session: AsyncSession, import_id: str, number: int, error: str) -> None:
    """What it trips over; it is tried again."""
    row = update(AnswerImportRow).where(_is(import_id, number), AnswerImportRow.status == "transcribing")
    await session.execute(row.values(status="queued", error=error))


async def finish_row(
    session: AsyncSession,
    import_id: str,
    number: int,
    status: RowStatus,
    now: datetime,
    *,
    error: str | None = None,
    interview_id: str | None = None,
    answer_id: str | None = None,
) -> bool:
    """Once: False where the row is finished already. The last one of an import finishes that."""
    done = await session.execute(
        update(AnswerImportRow)
        .where(_is(import_id, number), AnswerImportRow.status.in_(_UNDER_WAY))
        .values(status=status, error=error, interview_id=interview_id, answer_id=answer_id, candidate=None)
        .returning(AnswerImportRow.number)
    )
    if done.first() is None:
        return False
    last = (AnswerImport.status == "running") & (AnswerImport.pending <= 1)
    await session.execute(
        update(AnswerImport)
        .where(AnswerImport.id == import_id)
        .values(
            pending=AnswerImport.pending - 1,
            stored=AnswerImport.stored + int(status == "stored"),
            failed=AnswerImport.failed + int(status == "failed"),
            status=case((last, "done"), else_=AnswerImport.status),
            finished_at=case((last, now), else_=AnswerImport.finished_at),
        )
    )
    return True


async def known_row(session: AsyncSession, made: AnswerImport, row: AnswerImportRow, now: datetime) -> bool:
    """Whether an answer has the row's key by now; the row then says which. It stays so until the transaction ends."""
    key = import_key(made, row.row_key)
    found = (await known_answers(session, [key])).get(key)
    if found is None:
        return False
    interview_id, answer_id = found
    await finish_row(session, made.id, row.number, "known", now, interview_id=interview_id, answer_id=answer_id)
    return True


async def store_row(
    session: AsyncSession,
    made: AnswerImport,
    row: AnswerImportRow,
    *,
    answered: Answered,
    transcript: Mapping[str, Any],
    made_from: str,
    sound: Sound,
    now: datetime,
    score: tuple[str, str],
) -> bool:
    """The row becomes an answer with a recording. False where it does not: its key is known by now, or somebody has
    finished it."""
    if await known_row(session, made, row, now):
        return False
    under_way = select(AnswerImportRow.number).where(_is(made.id, row.number), AnswerImportRow.status.in_(_UNDER_WAY))
    if await session.scalar(under_way.with_for_update()) is None:
        return False
    test = not made.livemode
    ids = {"int": interview_of(made, row.number), **{p: new_id(p, test=test) for p in ("cand", "inv", "ans")}}
    new = NewRow(row.number, row.row_key, row.candidate or "", transcript)
    await become_answers(session, made, [(new, ids)], answered, now, score, made_from)
    for side in SIDES:
        await put_recording(
            session, interview_id=ids["int"], side=side, object_key=sound.object_key, sha256=sound.sha256,
            rate=sound.rate, samples=sound.samples, media_type="audio/flac",
        )  # fmt: skip
    return await finish_row(
        session, made.id, row.number, "stored", now, interview_id=ids["int"], answer_id=ids["ans"]
    )  # fmt: skip


async def rows_with_sound(session: AsyncSession, limit: int = 1000) -> list[AnswerImportRow]:
    """Finished, and their file is in the object store still."""
    query = select(AnswerImportRow).where(
        AnswerImportRow.object_key.is_not(None), AnswerImportRow.status.not_in(_UNDER_WAY)
    )
    return list(await session.scalars(query.limit(limit)))


async def sound_removed(session: AsyncSession, import_id: str, number: int) -> None:
    await session.execute(update(AnswerImportRow).where(_is(import_id, number)).values(object_key=None))


async def waited_too_long(session: AsyncSession, before: datetime, limit: int = 1000) -> list[AnswerImportRow]:
    """Rows that wait for their file since before this moment."""
    query = (
        select(AnswerImportRow)
        .join(AnswerImport, AnswerImport.id == AnswerImportRow.import_id)
        .where(AnswerImport.pending > 0, AnswerImport.created_at < before, AnswerImportRow.status == "waiting")
    )
    return list(await session.scalars(query.limit(limit)))


def _is(import_id: str, number: int) -> Any:
    return (AnswerImportRow.import_id == import_id) & (AnswerImportRow.number == number)
