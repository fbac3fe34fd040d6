"""What lies outside the database of an interview that was deleted: recordings, journals, objects."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from obstore.exceptions import BaseError

from interviewer.jobs.work import Work
from interviewer.records.deletions import (
    StillRunning,
    deletion,
    due_for_deletion,
    erased,
    forget,
    retention_days,
    unerased,
)
from interviewer.records.journal import journal_path
from interviewer.records.objects import ObjectStore

__all__ = ["apply_retention", "erase", "erase_files", "erase_here", "erase_left"]

log = structlog.get_logger(__name__)


async def erase(work: Work, deletion_id: str) -> None:
    """Idempotent. Raises ``OSError`` or the object store's errors where something is still there."""
    async with work.database.session() as session:
        found = await deletion(session, deletion_id)
    if found is None:
        return
    if found.interview_id is not None:
        await erase_files(work.objects, work.recordings, work.journals, found.interview_id)
    async with work.database.session() as session:
        await erased(session, found.id, datetime.now(UTC))
    log.info("deletion.erased", deletion=found.id, interview=found.interview_id)


async def erase_files(objects: ObjectStore, recordings: Path, journals: Path, interview_id: str) -> None:
    if not interview_id.startswith("int_"):
        raise ValueError(f"{interview_id} is not the id of an interview")  # before anything like a path is removed
    await objects.delete_under(f"recordings/{interview_id}")
    erase_here(recordings, journals, interview_id)


def erase_here(recordings: Path, journals: Path, interview_id: str) -> None:
    """What this machine's disk holds of it; other nodes look after theirs. Blocks."""
    folder = recordings / interview_id
    if folder.exists():
        shutil.rmtree(folder)
    journal = journal_path(journals, interview_id)
    for file in (journal, journal.with_suffix(".damaged")):
        file.unlink(missing_ok=True)


async def erase_left(work: Work) -> None:
    """Again for every deletion of the last day: what was still being written when it was made is gone then, too."""
    async with work.database.session() as session:
        left = await unerased(session, datetime.now(UTC))
    for one in left:
        try:
            await erase(work, one.id)
        except (BaseError, OSError) as error:  # one that cannot go now keeps none of the others
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            log.warning("deletion.files_left", deletion=one.id, reason=reason)


async def apply_retention(work: Work) -> int:
    """Delete what is older than the rule allows, and return how many invitations went."""
    gone = 0
    while True:
        async with work.database.session() as session:
            days = await retention_days(session)
            if days is None:
                return gone
            due = await due_for_deletion(session, datetime.now(UTC) - timedelta(days=days))
        if not due:
            return gone
        for invitation_id in due:
            try:
                async with work.database.session() as session:
                    made = await forget(session, invitation_id, "retention")
            except StillRunning:  # it came back to life between the two looks
                return gone
            gone += 1
            log.info("deletion.made", deletion=made.id if made else None, by="retention")
