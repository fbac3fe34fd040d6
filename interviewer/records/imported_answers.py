"""What an imported answer becomes: a candidate, an invitation, an interview of one answer, and its transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.queue import BEHIND_OTHERS, defer_many
from interviewer.records.secrets import hash_token, new_token
from interviewer.records.tables import AnswerImport, AnswerRow, Candidate, Interview, Invitation, TranscriptRow

__all__ = ["Answered", "NewRow", "become_answers", "import_key", "known_answers"]


@dataclass(frozen=True, slots=True)
class NewRow:
    """``transcript`` (``Transcript.to_dict()``) is None where the row is wrong, and ``error`` then says why, or where
    its answer is sound: ``audio`` is then what the row calls the file."""

    number: int
    key: str
    candidate: str = ""
    transcript: Mapping[str, Any] | None = None
    error: str | None = None
    audio: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What imported answers answer: a question of a plan, and the script of the interviews that they become."""

    plan_name: str
    question_kind: str
    script: Mapping[str, Any]


def import_key(made: AnswerImport, row_key: str) -> str:
    """Live and test answers know nothing of each other."""
    return f"{'live' if made.livemode else 'test'} {row_key}"


async def known_answers(session: AsyncSession, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Interview and answer by import key; kept from deletion until the transaction ends. One transaction at a time
    looks for known keys, so that two files with the same key make one answer."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('answer imports'))"))
    query = (
        select(Interview.import_key, Interview.id, AnswerRow.id)
        .join(AnswerRow, AnswerRow.interview_id == Interview.id)
        .where(Interview.import_key.in_(keys))
        .with_for_update(read=True, of=Interview)
    )
    return {key: (interview_id, answer_id) for key, interview_id, answer_id in await session.execute(query) if key}


async def become_answers(
    session: AsyncSession,
    made: AnswerImport,
    new: Sequence[tuple[NewRow, Mapping[str, str]]],
    answered: Answered,
    now: datetime,
    score: tuple[str, str],
    made_from: str = "import",
) -> None:
    """``new``: rows with their transcripts, and the ids of candidate, invitation, interview and answer by prefix."""
    shared = {"livemode": made.livemode, "created_at": now}
    await session.execute(
        insert(Candidate), [{"id": ids["cand"], "name": row.candidate or row.key, **shared} for row, ids in new]
    )
    await session.execute(
        insert(Invitation),
        [
            {"id": ids["inv"], "candidate_id": ids["cand"], "plan_id": made.plan_id, "plan_name": answered.plan_name,
             "token_hash": hash_token(new_token()), "variables": {}, "accommodation": 1.0, "source": "import",
             "expires_at": now, "begun_at": now, "created_by": made.id, **shared}
            for _, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(Interview),
        [
            {"id": ids["int"], "invitation_id": ids["inv"], "script": answered.script, "status": "submitted",
             "end_reason": "imported", "started_at": now, "ended_at": now, "submitted_at": now,
             "plan_name": answered.plan_name, "source": "import", "import_key": import_key(made, row.key), **shared}
            for row, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(AnswerRow),
        [
            {"id": ids["ans"], "interview_id": ids["int"], "question_id": made.question_id, "position": 0,
             "kind": answered.question_kind, "status": "answered"}
            for _, ids in new
        ],
    )  # fmt: skip
    await session.execute(
        insert(TranscriptRow),
        [
            {"id": new_id("tr"), "interview_id": ids["int"], "version": 1, "source": "record", "made_from": made_from,
             "body": row.transcript}
            for row, ids in new
        ],
    )  # fmt: skip
    task, queue = score
    arguments = [{"interview_id": ids["int"]} for _, ids in new]
    # Behind those who have just been interviewed, and locked as their jobs are, so that a job that goes astray is told
    # from one that waits.
    await defer_many(session, task, arguments, queue=queue, priority=BEHIND_OTHERS, lock_by="interview_id")
