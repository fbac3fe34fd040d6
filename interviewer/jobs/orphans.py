"""Files of imports that no row names: their process ended between the file and its row, or the row went first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import structlog

from interviewer.jobs.work import Work
from interviewer.records import imported_sound, imports
from interviewer.records.removals import may_remove

__all__ = ["remove_orphans"]

ORPHANED_AFTER = timedelta(days=1)
"""A file is there before its row is."""

log = structlog.get_logger(__name__)


async def remove_orphans(work: Work) -> int:
    """How many there were. Idempotent; nothing is removed while a backup is made."""
    removed = 0
    for key in await work.objects.keys_under("imports", before=datetime.now(UTC) - ORPHANED_AFTER):
        async with work.database.session() as session:
            if not await may_remove(session):
                break
            parts = PurePosixPath(key).relative_to("imports").parts
            if len(parts) > 1 and parts[1].isdecimal():
                named = await imported_sound.import_row(session, parts[0], int(parts[1])) is not None
            else:
                named = await imports.answer_import(session, parts[0].removesuffix(".jsonl")) is not None
            if not named:
                await work.objects.delete(key)
                removed += 1
    if removed:
        log.info("imports.orphans_removed", files=removed)
    return removed
