"""Answers from elsewhere: each becomes an interview of one answer, so that whatever reads answers reads these too.

A row's key makes it one answer for ever: the same key again, in this file or in another, is `known` and changes
nothing. Rows are stored with what they became in one transaction, so an import that was cut off goes on behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.pages import page
from interviewer.records.queue import BEHIND_OTHERS, defer_many, defer_within
from interviewer.records.secrets import hash_token, new_token
from interviewer.records.tables import (
    AnswerImport,
    AnswerImportRow,
    AnswerRow,
    Candidate,
    Interview,
    Invitation,
    TranscriptRow,
)

__all__ = [
    "IMPORT", "ImportStatus", "NewRow", "RowStatus", "add_import", "answer_import", "ask_for_import", "file_removed",
    "finish_import", "held_up_import", "import_rows", "imports_with_files", "list_imports", "put_rows", "rows_done",
]  # fmt: skip

IMPORT = "import_answers"
ImportStatus = Literal["waiting", "done", "failed"]
RowStatus = Literal["stored", "known", "failed"]


@dataclass(frozen=True, slots=True)
class NewRow:
    """``transcript`` (``Transcript.to_dict()``) is None where the row is wrong; ``error`` then says why."""

    number: int
    key: str
    candidate: str = ""
    transcript: Mapping[str, Any] | None = None
    error: str | None = None


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
    plan_name: str,
    script: Mapping[str, Any],
    kind: str,
    now: datetime,
    score: tuple[str, str],
) -> None:
    """Store these rows and what they become. ``score`` is the task and the queue that score an interview."""
    # One import at a time looks for known keys, so that two files with the same key make one answer.
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('answer imports'))"))
    keys = {row.number: f"{'live' if made.livemode else 'test'} {row.key}" for row in rows}
    known = await _known(session, list(keys.values()))
    notes: list[dict[str, Any]] = []
    new: list[tuple[NewRow, dict[str, str]]] = []
    for row in rows:
        note = {"import_id": made.id, "number": row.number, "row_key": row.key, "error": row.error, "status": "failed",
                "interview_id": None, "answer_id": None}  # fmt: skip
        if row.transcript is not None and keys[row.number] in known:
            interview_id, answer_id = known[keys[row.number]]
            note |= {"status": "known", "interview_id": interview_id, "answer_id": answer_id}
        elif row.transcript is not None:
            ids = {p: new_id(p, test=not made.livemode) for p in ("cand", "inv", "int", "ans")}
            known[keys[row.number]] = ids["int"], ids["ans"]
            note |= {"status": "stored", "interview_id": ids["int"], "answer_id": ids["ans"]}
            new.append((row, ids))
        notes.append(note)
    if new:
        await _become_answers(session, made, new, keys, plan_name, script, kind, now)
        task, queue = score
        arguments = [{"interview_id": ids["int"]} for _, ids in new]
        # Behind those who have just been interviewed, and locked as their jobs are, so that a job that goes astray is
        # told from one that waits.
        await defer_many(session, task, arguments, queue=queue, priority=BEHIND_OTHERS, lock_by="interview_id")
    await session.execute(insert(AnswerImportRow), notes)
    await session.execute(
        update(AnswerImport)
        .where(AnswerImport.id == made.id)
        .values(
            rows=AnswerImport.rows + len(rows),
            stored=AnswerImport.stored + len(new),
            failed=AnswerImport.failed + sum(note["status"] == "failed" for note in notes),
        )
    )


async def _known(session: AsyncSession, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Interview and answer by import key; kept from deletion until the transaction ends."""
    query = (
        select(Interview.import_key, Interview.id, AnswerRow.id)
        .join(AnswerRow, AnswerRow.interview_id == Interview.id)
        .where(Interview.import_key.in_(keys))
        .with_for_update(read=True, of=Interview)
    )
    return {key: (interview_id, answer_id) for key, interview_id, answer_id in await session.execute(query) if key}


async def _become_answers(
    session: AsyncSession,
    made: AnswerImport,
    new: Sequence[tuple[NewRow, dict[str, str]]],
    keys: Mapping[int, str],
    plan_name: str,
    script: Mapping[str, Any],
    kind: str,
    now: datetime,
) -> None:
    shared = {"livemode": made.livemode, "created_at": now}
    await session.execute(
        insert(Candidate), [{"id": ids["cand"], "name": row.candidate or row.key, **shared} for row, ids in new]
    )
    await session.execute(
        insert(Invitation),
        [
            {"id": ids["inv"], "candidate_id": ids["cand"], "plan_id": made.plan_id, "plan_name": plan_name,
             "token_hash": hash_token(new_token()), "variables": {}, "accommodation": 1.0, "source": "import",
             "expires_at": now, "begun_at": now, "created_by": made.id, **shared}
            for _, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(Interview),
        [
            {"id": ids["int"], "invitation_id": ids["inv"], "script": script, "status": "submitted",
             "end_reason": "imported", "started_at": now, "ended_at": now, "submitted_at": now, "plan_name": plan_name,
             "source": "import", "import_key": keys[row.number], **shared}
            for row, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(AnswerRow),
        [
            {"id": ids["ans"], "interview_id": ids["int"], "question_id": made.question_id, "position": 0,
             "kind": kind, "status": "answered"}
            for _, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(TranscriptRow),
        [
            {"id": new_id("tr"), "interview_id": ids["int"], "version": 1, "source": "record", "made_from": "import",
             "body": row.transcript}
            for row, ids in new
        ],
    )  # fmt: skip


async def finish_import(session: AsyncSession, import_id: str, now: datetime, failure: str | None = None) -> None:
    await session.execute(
        update(AnswerImport)
        .where(AnswerImport.id == import_id)
        .values(status="failed" if failure else "done", failure=failure, finished_at=now)
    )


async def held_up_import(session: AsyncSession, import_id: str, failure: str) -> None:
    """What it waits for; it is tried again."""
    await session.execute(update(AnswerImport).where(AnswerImport.id == import_id).values(failure=failure))


async def imports_with_files(session: AsyncSession) -> list[tuple[str, str]]:
    """Ids of imports that are over and whose file, whose key comes with it, is still in the object store."""
    query = select(AnswerImport.id, AnswerImport.object_key).where(
        AnswerImport.object_key.is_not(None), AnswerImport.finished_at.is_not(None)
    )
    return [(import_id, key) for import_id, key in await session.execute(query) if key is not None]


async def file_removed(session: AsyncSession, import_id: str) -> None:
    """Its file is out of the object store."""
    await session.execute(update(AnswerImport).where(AnswerImport.id == import_id).values(object_key=None))
