"""The files of sound that an import's rows name, from a folder into the object store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from interviewer.media.sound_file import HEAD, KINDS, LARGEST, kind_of
from interviewer.records import imported_sound, imports
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.records.tables import AnswerImportRow

__all__ = ["send_sound"]

AT_ONCE = 100
TOLD_EVERY = 1_000


class _Wrong(Exception):
    """Its message says in plain words what is wrong with the row."""


async def send_sound(
    database: Database, objects: ObjectStore, import_id: str, folder: Path | None, progress: Callable[[str], None]
) -> None:
    """Every row that waits for a file gets it and is queued, or fails and says why. What is cut off is gone on with by
    importing again: keys that are stored by then are known."""
    sent = after = 0
    while True:
        async with database.session() as session:
            rows, more = await imports.import_rows(session, import_id, after=after, limit=AT_ONCE, status="waiting")
        for row in rows:
            after = row.number
            try:
                await _send(database, objects, row, _file(folder, row.audio or ""))
            except _Wrong as wrong:
                async with database.session() as session:
                    await imported_sound.finish_row(
                        session, import_id, row.number, "failed", datetime.now(UTC), error=str(wrong)
                    )
            sent += 1
            if sent % TOLD_EVERY == 0:
                progress(f"{sent:,} files")
        if not more:
            return


async def _send(database: Database, objects: ObjectStore, row: AnswerImportRow, file: Path) -> None:
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    key = imported_sound.sound_key(row.import_id, row.number, sha256)
    await objects.put_file(key, file)
    async with database.session() as session:
        await imported_sound.take_sound(session, row.import_id, row.number, key, sha256)


def _file(folder: Path | None, name: str) -> Path:
    """Raises :class:`_Wrong`."""
    if folder is None:
        raise _Wrong("The answer is sound, and no folder with files was named (--audio FOLDER).")
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise _Wrong("The file lies outside the folder.")
    try:
        if file.stat().st_size > LARGEST:
            raise _Wrong(f"The file has more than {LARGEST:,} bytes.")
        with file.open("rb") as opened:
            head = opened.read(HEAD)
    except OSError as error:
        raise _Wrong(f"The file cannot be read ({(error.strerror or 'unknown').lower()}).") from None
    if kind_of(head) is None:
        raise _Wrong(f"The file is not {KINDS}.")
    return file
