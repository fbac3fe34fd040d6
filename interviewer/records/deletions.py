"""Deleting for good: an invitation with its interview and all that hangs on it, and the candidate with the last one.

The rows go in one transaction, which also puts the job into the queue that erases the files. What stays is a
:class:`~interviewer.records.tables.Deletion`: ids, counts and who asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.browser import camera_lock
from interviewer.records.pages import page
from interviewer.records.queue import defer_within
from interviewer.records.runs import forget_counts
from interviewer.records.tables import (
    AnswerEmbeddings,
    AnswerImportRow,
    AnswerRow,
    BrowserChunk,
    BrowserManifest,
    BrowserStretch,
    CameraSegment,
    Candidate,
    Consent,
    Deletion,
    Interview,
    InterviewEvent,
    Invitation,
    Recording,
    RecordingPart,
    RetentionRule,
    ReviewRow,
    ScorecardRow,
    ScoringRunItem,
    StoredReply,
    TranscriptRow,
)
from interviewer.records.webhooks import announce

__all__ = [
    "ERASE", "LONGEST_KEPT", "StillRunning", "deleted_among", "deletion", "due_for_deletion", "erased", "forget",
    "list_deletions", "retention_days", "set_retention_days", "unerased",
]  # fmt: skip

ERASE = "erase"
LONGEST_KEPT = 36_500
"""Days: a hundred years. A date so many days ago still exists."""
COMES_LATE = timedelta(days=1)
"""A process that still worked on the interview may write for this long; erasing is repeated until then."""


class StillRunning(RuntimeError):
    """A candidate is in the interview at this moment."""


async def forget(
    session: AsyncSession, subject: str, requested_by: str, *, livemode: bool | None = None
) -> Deletion | None:
    """Delete the invitation or interview with the id ``subject``. None where there is none, or none of that
    ``livemode``; the first deletion where it is gone already. Raises :class:`StillRunning`."""
    invitation = await session.scalar(
        select(Invitation)
        .where(
            true() if livemode is None else Invitation.livemode.is_(livemode),
            or_(
                Invitation.id == subject,
                Invitation.id == select(Interview.invitation_id).where(Interview.id == subject).scalar_subquery(),
            ),
        )
        .with_for_update()
    )
    if invitation is None:
        return await deletion(session, subject, livemode=livemode)
    interview = await session.scalar(
        select(Interview).where(Interview.invitation_id == invitation.id).with_for_update()
    )
    if interview is not None and interview.status == "live":
        raise StillRunning(interview.id)
    # Locked before it is looked whether others need it: an invitation that is being made for it waits for us.
    await session.execute(select(Candidate.id).where(Candidate.id == invitation.candidate_id).with_for_update())
    if interview is not None:
        await announce(session, "interview.deleted", interview.id, status="deleted")
    removed = await _remove(session, invitation, interview)
    made = Deletion(
        invitation_id=invitation.id,
        interview_id=interview.id if interview is not None else None,
        requested_by=requested_by,
        removed=removed,
        livemode=invitation.livemode,
    )
    session.add(made)
    await session.flush()
    await session.refresh(made)
    await defer_within(session, ERASE, made.id, queue="upkeep", lock=made.interview_id)
    return made


async def _remove(session: AsyncSession, invitation: Invitation, interview: Interview | None) -> dict[str, Any]:
    removed: dict[str, Any] = {"invitations": 1, "interviews": 0 if interview is None else 1}
    if interview is not None:
        await forget_counts(session, interview.id)
        for table in (
            AnswerImportRow, AnswerRow, BrowserChunk, BrowserManifest, BrowserStretch, CameraSegment, InterviewEvent,
            Recording, RecordingPart, TranscriptRow,
        ):  # fmt: skip
            rows = select(func.count()).select_from(table).where(table.interview_id == interview.id)
            removed[table.__tablename__] = await session.scalar(rows)
        for of_answers in (AnswerEmbeddings, ReviewRow, ScorecardRow, ScoringRunItem):
            rows = select(func.count()).select_from(of_answers).join(AnswerRow, AnswerRow.id == of_answers.answer_id)
            counted = await session.scalar(rows.where(AnswerRow.interview_id == interview.id))
            removed[of_answers.__tablename__] = counted
        # All of these go with it by their foreign keys.
        await session.execute(delete(Interview).where(Interview.id == interview.id))
        await session.execute(
            text("DELETE FROM procrastinate_jobs WHERE lock IN (:id, :camera) AND status IN ('todo', 'failed')"),
            {"id": interview.id, "camera": camera_lock(interview.id)},
        )
    consents = select(func.count()).select_from(Consent).where(Consent.invitation_id == invitation.id)
    removed["consents"] = await session.scalar(consents)
    address = f"/api/v1/invitations/{invitation.id}"
    replies = delete(StoredReply).where(
        or_(StoredReply.subject == address, StoredReply.subject.startswith(f"{address}/", autoescape=True))
    )
    removed["stored_replies"] = len((await session.scalars(replies.returning(StoredReply.key_id))).all())
    await session.execute(delete(Invitation).where(Invitation.id == invitation.id))
    others = exists().where(Invitation.candidate_id == invitation.candidate_id)
    alone = delete(Candidate).where(Candidate.id == invitation.candidate_id, ~others).returning(Candidate.id)
    removed["candidates"] = len((await session.scalars(alone)).all())
    return removed


async def deletion(session: AsyncSession, subject: str, *, livemode: bool | None = None) -> Deletion | None:
    """By its own id, or by that of the invitation or interview that was deleted."""
    return await session.scalar(
        select(Deletion).where(
            true() if livemode is None else Deletion.livemode.is_(livemode),
            or_(Deletion.id == subject, Deletion.interview_id == subject, Deletion.invitation_id == subject),
        )
    )


async def list_deletions(
    session: AsyncSession, *, limit: int = 20, starting_after: str | None = None, livemode: bool = True
) -> tuple[list[Deletion], bool]:
    """Newest first, and whether more follow."""
    among = Deletion.livemode.is_(livemode)
    return await page(session, select(Deletion), Deletion, limit=limit, starting_after=starting_after, among=among)


async def erased(session: AsyncSession, deletion_id: str, now: datetime) -> None:
    """The first time stands."""
    done = update(Deletion).where(Deletion.id == deletion_id, Deletion.erased_at.is_(None))
    await session.execute(done.values(erased_at=now))


async def unerased(session: AsyncSession, now: datetime) -> list[Deletion]:
    """Whose files are there still, or might have come back."""
    due: Select[Deletion] = select(Deletion).where(
        or_(Deletion.erased_at.is_(None), Deletion.created_at > now - COMES_LATE)
    )
    return list(await session.scalars(due.order_by(Deletion.created_at).limit(1000)))


async def deleted_among(session: AsyncSession, interview_ids: list[str]) -> list[str]:
    """Those of these interviews that were deleted."""
    found = select(Deletion.interview_id).where(Deletion.interview_id.in_(interview_ids))
    return [interview_id for interview_id in await session.scalars(found) if interview_id is not None]


async def retention_days(session: AsyncSession) -> int | None:
    """None: nothing is deleted by itself."""
    return await session.scalar(select(RetentionRule.days))


async def set_retention_days(session: AsyncSession, days: int | None) -> None:
    if days is not None and not 1 <= days <= LONGEST_KEPT:
        raise ValueError(f"1 to {LONGEST_KEPT} days")
    put = insert(RetentionRule).values(id=1, days=days)
    await session.execute(put.on_conflict_do_update(index_elements=["id"], set_={"days": days}))


async def due_for_deletion(session: AsyncSession, before: datetime, *, limit: int = 100) -> list[str]:
    """Ids of invitations whose interview ended before this moment, or whose link expired before it unused. One that is
    not over yet is not due: it ends by itself a day after its link has expired."""
    over = and_(Interview.status.in_(("checking", "submitted", "scored")), Interview.ended_at < before)
    never_begun = and_(or_(Interview.id.is_(None), Interview.status == "created"), Invitation.expires_at < before)
    due = select(Invitation.id).outerjoin(Interview, Interview.invitation_id == Invitation.id)
    return list(await session.scalars(due.where(or_(over, never_begun)).order_by(Invitation.id).limit(limit)))
