"""Answers from elsewhere: each becomes an interview of one answer, so that whatever reads answers reads these too.

A row's key makes it one answer for ever: the same key again, in this file or in another, is `known` and changes
nothing. Rows are stored with what they became in one transaction, so an import that was cut off goes on behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import case, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.imported_answers import Answered, NewRow, become_answers, import_key, known_answers
from interviewer.records.pages import page
from interviewer.records.queue import defer_within
from interviewer.records.tables import AnswerImport, AnswerImportRow

__all__ = [
    "IMPORT", "ImportStatus", "RowStatus", "add_import", "answer_import", "ask_for_import", "file_removed",
    "finish_import", "held_up_import", "import_rows", "imports_with_files", "list_imports", "put_rows", "rows_done",
]  # fmt: skip

IMPORT = "import_answers"
ImportStatus = Literal["waiting", "running", "done", "failed"]
RowStatus = Literal["waiting", "queued", "transcribing", "stored", "known", "failed"]


async def add_import(
    session: AsyncSession, *, plan_id: str, question_id: str, media_type: str, livemode: bool, created_by: str
) -> AnswerImport:
    made = AnswerImport(
        id=new_id("imp", test=not livemode), plan_id=plan_id, question_id=question_id, media_type=media_type,
        livemode=livemode, created_by=created_by,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def ask_for_import(session: AsyncSession, made: AnswerImport, object_key: str) -> None:
    """Have a worker do it; the file lies under ``object_key``."""
    made.object_key = object_key
    await session.flush()
    await defer_within(session, IMPORT, made.id, queue="upkeep", lock=made.id)


async def answer_import(session: AsyncSession, import_id: str, *, livemode: bool | None = None) -> AnswerImport | None:
    """None where there is none, or none of that ``livemode``."""
    found = await session.get(AnswerImport, import_id)
    return None if found is None or livemode not in (None, found.livemode) else found


async def list_imports(
    session: AsyncSession, *, limit: int = 20, starting_after: str | None = None, livemode: bool = True
) -> tuple[list[AnswerImport], bool]:
    """Newest first, and whether more follow."""
    among = AnswerImport.livemode.is_(livemode)
    return await page(
        session, select(AnswerImport), AnswerImport, limit=limit, starting_after=starting_after, among=among
    )


async def import_rows(
    session: AsyncSession, import_id: str, *, after: int = 0, limit: int = 20, status: RowStatus | None = None
) -> tuple[list[AnswerImportRow], bool]:
    """In the file's order, from the row behind number ``after`` on, and whether more follow."""
    query = select(AnswerImportRow).where(AnswerImportRow.import_id == import_id, AnswerImportRow.number > after)
    if status is not None:
        query = query.where(AnswerImportRow.status == status)
    rows = list(await session.scalars(query.order_by(AnswerImportRow.number).limit(limit + 1)))
    return rows[:limit], len(rows) > limit


async def rows_done(session: AsyncSession, import_id: str) -> int:
    """The number of the last row that was dealt with; 0 before the first."""
    done = select(func.max(AnswerImportRow.number)).where(AnswerImportRow.import_id == import_id)
    return await session.scalar(done) or 0


async def put_rows(
    session: AsyncSession,
    made: AnswerImport,
    rows: Sequence[NewRow],
    *,
    answered: Answered,
    now: datetime,
    score: tuple[str, str],
) -> None:
    """Store these rows and what they become. ``score`` is the task and the queue that score an interview."""
    keys = {row.number: import_key(made, row.key) for row in rows}
    known = await known_answers(session, list(keys.values()))
    notes: list[dict[str, Any]] = []
    new: list[tuple[NewRow, dict[str, str]]] = []
    for row in rows:
        note = {"import_id": made.id, "number": row.number, "row_key": row.key, "error": row.error, "status": "failed",
                "interview_id": None, "answer_id": None, "audio": row.audio, "candidate": None}  # fmt: skip
        if (row.transcript is not None or row.audio is not None) and keys[row.number] in known:
            interview_id, answer_id = known[keys[row.number]]
            note |= {"status": "known", "interview_id": interview_id, "answer_id": answer_id}
        elif row.transcript is not None:
            ids = {p: new_id(p, test=not made.livemode) for p in ("cand", "inv", "int", "ans")}
            known[keys[row.number]] = ids["int"], ids["ans"]
            note |= {"status": "stored", "interview_id": ids["int"], "answer_id": ids["ans"]}
            new.append((row, ids))
        elif row.audio is not None:
            note |= {"status": "waiting", "candidate": row.candidate or None}
        notes.append(note)
    if new:
        await become_answers(session, made, new, answered, now, score)
    await session.execute(insert(AnswerImportRow), notes)
    await session.execute(
        update(AnswerImport)
        .where(AnswerImport.id == made.id)
        .values(
            rows=AnswerImport.rows + len(rows),
            stored=AnswerImport.stored + len(new),
            failed=AnswerImport.failed + sum(note["status"] == "failed" for note in notes),
            pending=AnswerImport.pending + sum(note["status"] == "waiting" for note in notes),
        )
    )


async def finish_import(session: AsyncSession, import_id: str, now: datetime, failure: str | None = None) -> None:
    """All lines are read, or (``failure``) no more of them ever are. Where the sound of rows is still to be written out
    it goes on."""
    done = update(AnswerImport).where(AnswerImport.id == import_id)
    if failure is not None:
        await session.execute(done.values(status="failed", failure=failure, finished_at=now))
        return
    open_ = AnswerImport.pending > 0
    status, finished_at = case((open_, "running"), else_="done"), case((open_, null()), else_=now)
    await session.execute(done.values(status=status, failure=None, finished_at=finished_at))


async def held_up_import(session: AsyncSession, import_id: str, failure: str) -> None:
    """What it waits for; it is tried again."""
    await session.execute(update(AnswerImport).where(AnswerImport.id == import_id).values(failure=failure))


async def imports_with_files(session: AsyncSession) -> list[tuple[str, str]]:
    """Ids of imports whose lines are all read and whose file, whose key comes with it, is still in the object store."""
    query = select(AnswerImport.id, AnswerImport.object_key).where(
        AnswerImport.object_key.is_not(None), AnswerImport.status != "waiting"
    )
    return [(import_id, key) for import_id, key in await session.execute(query) if key is not None]


async def file_removed(session: AsyncSession, import_id: str) -> None:
    """Its file is out of the object store."""
    await session.execute(update(AnswerImport).where(AnswerImport.id == import_id).values(object_key=None))
