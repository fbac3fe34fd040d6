"""Brings journals into the database, within a second while it is there, and as soon as it is back.

    journal (disk, synced) --every 0.4 s--> interview_events

Nothing waits for this: a live interview goes on while the database is away. Feeding twice is harmless. An entry counts
only while the lease under which it was written is the interview's present one (see ``leases``): what a node wrote after
another had taken the interview is refused, and whoever runs that interview here is told (``on_refused``).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg
import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from interviewer.records.database import Database
from interviewer.records.events import append_events, last_seq
from interviewer.records.interviews import status_of
from interviewer.records.journal import Entry, journal_path, parse_lines
from interviewer.records.leases import lease_of

__all__ = ["Feeder"]

EVERY_S = 0.4
LONGEST_PAUSE_S = 5.0
LAST_TRY_S = 3.0
CHUNK = 256 * 1024
"""Bytes of a journal read at a time."""
KEEP_S = 24 * 3600.0
"""A journal of an interview that is over, wholly in the database and untouched for this long, is deleted."""

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Progress:
    """``fed`` bytes are in the database, or refused. ``orphaned``: the database has no such interview (deleted).
    ``faulty``: the last try showed that what comes next cannot be fed."""

    fed: int = 0
    orphaned: bool = False
    faulty: bool = False


class Feeder:
    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._progress: dict[str, _Progress] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feeder")
        self._task: asyncio.Task[None] | None = None
        self._round = asyncio.Lock()
        self._away = False
        self.on_refused: Callable[[str], None] = lambda _: None

    @property
    def database_away(self) -> bool:
        """Whether the last try failed; for readiness and the recruiter's page."""
        return self._away

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="feeder")

    async def drain(self) -> None:
        """Feed all there is now. Raises what the database raises."""
        while await self._feed_once():
            pass

    async def bring(self, interview_id: str) -> None:
        """Feed all of this interview's journal. Raises what the database raises."""
        path = journal_path(self._folder, interview_id)
        async with self._round:
            self._progress.setdefault(interview_id, _Progress())
            while await self._feed(path):
                pass

    async def close(self) -> None:
        """With a last, short try; what the database does not take now is in the journals for the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            with contextlib.suppress(SQLAlchemyError, psycopg.Error, OSError, TimeoutError):
                async with asyncio.timeout(LAST_TRY_S):
                    await self.drain()
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        pause = EVERY_S
        swept = 0.0
        while True:
            try:
                await self._feed_once()
                if time.monotonic() - swept > 3600:
                    await self._sweep()
                    swept = time.monotonic()
            except (SQLAlchemyError, psycopg.Error, OSError) as error:
                if not self._away:
                    log.warning("feeder.database_away", reason=type(error).__name__)
                self._away = True
                pause = min(pause * 2, LONGEST_PAUSE_S)
            except Exception as error:
                log.error("feeder.failed", exc_info=error)
                pause = LONGEST_PAUSE_S
            else:
                if self._away:
                    log.info("feeder.database_back")
                self._away = False
                pause = EVERY_S
            await asyncio.sleep(pause)

    async def _feed_once(self) -> bool:
        """Whether anything was fed. At most one chunk of each journal."""
        async with self._round:
            fed = False
            for path in await self._in_thread(self._grown):
                try:
                    fed = await self._feed(path) or fed
                except (DataError, IntegrityError, LookupError, TypeError, ValueError) as error:
                    self._skip(path.stem, error)
            return fed

    def _skip(self, interview_id: str, error: Exception) -> None:
        """One journal that cannot be fed holds up no other. It is tried again each round, and told of once."""
        progress = self._progress[interview_id]
        if not progress.faulty:
            log.error("feeder.faulty_journal", interview=interview_id, fed=progress.fed, error=repr(error)[:200])
        progress.faulty = True

    async def _feed(self, path: Path) -> bool:
        interview_id = path.stem
        progress = self._progress[interview_id]
        entries, used = await self._in_thread(lambda: _next(path, progress.fed))
        if not entries:
            return False
        async with self._database.session() as session:
            lease = await lease_of(session, interview_id)
            if lease is not None:
                there = await last_seq(session, interview_id)
                new = [e for e in entries if int(e["seq"]) > there]
                mine = [e for e in new if int(e.get("lease", 0)) == lease]
                await append_events(session, interview_id, [_row(e) for e in mine])
        if lease is None:
            progress.orphaned = True
            log.warning("feeder.unknown_interview", interview=interview_id)
            return False
        progress.fed += used
        progress.faulty = False
        if len(mine) < len(new):
            log.warning("feeder.refused", interview=interview_id, events=len(new) - len(mine))
            self.on_refused(interview_id)
        return True

    def _grown(self) -> list[Path]:
        """Journals with bytes that are not in the database yet."""
        grown = []
        for path in self._folder.glob("*.jsonl"):
            progress = self._progress.setdefault(path.stem, _Progress())
            with contextlib.suppress(FileNotFoundError):
                if not progress.orphaned and path.stat().st_size > progress.fed:
                    grown.append(path)
        return grown

    async def _sweep(self) -> None:
        """Delete journals that nobody needs any more: what candidates said does not lie about twice."""
        for interview_id, progress in list(self._progress.items()):
            path = journal_path(self._folder, interview_id)
            try:
                found = path.stat()
            except FileNotFoundError:
                del self._progress[interview_id]
                continue
            if found.st_size != progress.fed or time.time() - found.st_mtime < KEEP_S:
                continue
            async with self._database.session() as session:
                status = await status_of(session, interview_id)
            if status in ("checking", "submitted", "scored"):  # nothing is ever appended then
                path.unlink(missing_ok=True)
                del self._progress[interview_id]

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _next(path: Path, start: int) -> tuple[list[Entry], int]:
    try:
        with path.open("rb") as file:
            file.seek(start)
            raw = file.read(CHUNK)
            if b"\n" not in raw:
                raw += file.read()  # one entry longer than a chunk
    except FileNotFoundError:
        return [], 0
    return parse_lines(raw)


def _row(entry: Entry) -> tuple[int, int, str, Entry]:
    body = {key: value for key, value in entry.items() if key not in ("seq", "at", "kind", "lease")}
    return int(entry["seq"]), int(entry["at"]), str(entry["kind"]), body
