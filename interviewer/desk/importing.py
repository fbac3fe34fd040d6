"""``interviewer import``: a file of answers of any length, over the same core as the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from interviewer.app import load_library, open_database
from interviewer.desk.errands import Refused
from interviewer.desk.importing_sound import send_sound
from interviewer.http.importing import begin_import
from interviewer.http.problems import Problem
from interviewer.jobs.importing import LONGEST_LINE, import_lines
from interviewer.plans.library import Library
from interviewer.records import imports
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.settings import Settings

__all__ = ["import_file"]

Progress = Callable[[str], None]
TOLD_EVERY = 10_000
FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Desk:
    database: Database
    library: Library
    clock: Callable[[], datetime]


async def import_file(
    settings: Settings,
    progress: Progress,
    file: Path,
    *,
    rubric: str | None,
    plan: str | None,
    question: str | None,
    audio: Path | None = None,
) -> AsyncIterator[str]:
    """What became of the rows, with the first that are wrong. ``audio``: the folder with the files that rows name; the
    service's workers write them out. Raises :class:`Refused`, also at the end where rows were wrong."""
    _there(file, audio)
    library = load_library(settings)
    async with open_database(settings, progress) as database:
        try:
            async with database.session() as session:
                made = await begin_import(
                    session,
                    _Desk(database, library, lambda: datetime.now(UTC)),
                    plan=plan,
                    question=question,
                    rubric=rubric,
                    media_type="application/x-ndjson",
                    livemode=True,
                    created_by="command line",
                )
        except Problem as problem:
            raise Refused(problem.detail or problem.title) from None
        async for number in import_lines(database, made, _lines(file)):
            if number % TOLD_EVERY == 0:
                progress(f"{number:,} lines")
        await send_sound(database, ObjectStore(settings.objects_place), made.id, audio, progress)
        async with database.session() as session:
            done = await imports.answer_import(session, made.id)
            wrong, _ = await imports.import_rows(session, made.id, limit=FAILURES_SHOWN, status="failed")
    if done is not None:
        known = done.rows - done.stored - done.failed - done.pending
        sound = f", {done.pending:,} to be written out" if done.pending else ""
        yield f"{made.id}: {done.stored:,} imported, {known:,} known already, {done.failed:,} wrong{sound}"
    for row in wrong:
        yield f"  line {row.number}: {row.error}"
    if done is not None and done.failed:
        raise Refused("Mend these lines and import the file again; what is in already is not taken twice.")


def _there(file: Path, audio: Path | None) -> None:
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    if audio is not None and not audio.is_dir():
        raise Refused(f"There is no folder {audio}.")


def _lines(file: Path) -> Iterator[str]:
    """A line that is too long is cut: enough of it to be refused, and not the memory for all of it."""
    with file.open(encoding="utf-8", errors="replace") as opened:
        while line := opened.readline(LONGEST_LINE + 2):
            whole = line.endswith("\n")
            yield line
            while not whole and (rest := opened.readline(LONGEST_LINE)):
                whole = rest.endswith("\n")
