"""Brings recordings into the object store while the interview runs, in parts of at most ten seconds.

    disk      [================== recorded ==================]     at once
    store     [= part =][= part =][= part =][= part =]             the candidate's side every EVERY_S
                                                      ^ what a disk that is lost takes with it

Melvin's side, whose words are known, is brought every eighth second: parts cost requests and rows.

What was brought is told by the database's rows alone, so a process that was killed is followed by one that brings the
rest. Nothing waits for this: a store that is away holds up no interview, and gets all of it when it is back.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psycopg
import structlog
from obstore.exceptions import BaseError
from sqlalchemy.exc import SQLAlchemyError

from interviewer.conversation.script import RATE
from interviewer.media.recording import CANDIDATE, MELVIN, read_span, received
from interviewer.records.database import Database
from interviewer.records.interviews import over_since, status_of
from interviewer.records.leases import RUNNING
from interviewer.records.objects import DamagedObject, ObjectStore
from interviewer.records.recording_parts import part_key, parts_of, put_part
from interviewer.records.recordings import recordings_of

__all__ = ["EVERY_S", "LEFTOVERS_EACH", "MELVIN_EACH", "NOT_KEPT", "SoundParts"]

EVERY_S = 2.0
"""So long, and the time of a request, a word that was just spoken is on this machine's disk alone."""
MELVIN_EACH = 4
"""Of the rounds."""
LEFTOVER = 0
"""The lease of what is brought by a process that holds the interview no more: where parts overlap, others' count."""
LEFTOVERS_EACH = 150
"""Of the rounds: a store that was away when an interview ended gets its last words as soon as it is back."""
RECENT_S = 2 * 24 * 3600.0
KEPT_HERE = timedelta(days=3)
"""After the end of an interview. What its page still has comes within a day, and finds the sound here."""
LONGEST = 10 * RATE
AT_ONCE = 8
NOT_KEPT = (BaseError, DamagedObject, OSError, SQLAlchemyError, psycopg.Error, TimeoutError)
"""The store or the database is away: a later round brings it."""

Result = TypeVar("Result")
Span = tuple[int, int]
Finalise = Callable[[str], Awaitable[None]]

log = structlog.get_logger(__name__)


def _untouched(recordings: Path, since: float) -> list[Path]:
    """Folders of interviews in which nothing was written after ``since``."""
    return [
        folder
        for folder in sorted(recordings.glob("int_*"))
        if max((file.stat().st_mtime for file in folder.iterdir()), default=0.0) < since
    ]


def _folders(recordings: Path, since: float) -> list[Path]:
    """Of interviews whose sound was begun, or a file of it, after ``since`` (seconds since the epoch)."""
    return sorted(f for f in recordings.glob("int_*") if f.stat().st_mtime >= since)


class SoundParts:
    """``recordings`` holds a folder for each interview that this machine recorded. ``finalise`` has a job put
    together what is in the store."""

    def __init__(self, recordings: Path, objects: ObjectStore, database: Database, finalise: Finalise) -> None:
        self._recordings = recordings
        self._objects = objects
        self._database = database
        self._finalise = finalise
        self._brought: dict[str, dict[str, list[Span]]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sound parts")
        self._places = asyncio.Semaphore(AT_ONCE)

    async def keep(self, interview_id: str, lease: int, sides: Sequence[str] = (CANDIDATE, MELVIN)) -> None:
        """Bring what is on the disk and not in the store. Raises one of ``NOT_KEPT``."""
        async with self._places, self._locks.setdefault(interview_id, asyncio.Lock()):
            brought = self._brought.get(interview_id)
            if brought is None:
                brought = self._brought[interview_id] = await self._known(interview_id)
            for side in sides:
                for spans in await self._in_thread(self._new(interview_id, side, brought[side])):
                    await self._put(interview_id, side, spans, lease)
                    brought[side] = _joined([*brought[side], *spans])

    def forget(self, interview_id: str) -> None:
        """It is not recorded here any more."""
        self._brought.pop(interview_id, None)
        self._locks.pop(interview_id, None)

    async def keep_leftovers(self, running: Collection[str] = (), *, recent: bool = False) -> None:
        """What was recorded and not brought, by processes before this one or while the store was away. Where the
        interview was finished without it, it is finished again. Interviews ``running`` here are left alone, and with
        ``recent`` folders from before the last two days. Raises one of ``NOT_KEPT``."""
        since = time.time() - RECENT_S if recent else 0.0
        for folder in await self._in_thread(lambda: _folders(self._recordings, since)):
            interview_id = folder.name
            if interview_id in running:
                continue
            async with self._database.session() as session:
                status = await status_of(session, interview_id)
                finished = await recordings_of(session, interview_id)
                parts = await parts_of(session, interview_id)
            if status is None or (finished and not parts):  # deleted, or of a version that brought no parts
                continue
            if not finished:
                if status in (*RUNNING, "checking"):
                    await self.keep(interview_id, LEFTOVER)
            elif await self._left(interview_id) or any(p.lease == LEFTOVER and p.object_key for p in parts):
                log.info("sound of a finished interview is brought late", interview=interview_id)
                await self.keep(interview_id, LEFTOVER)
                await self._finalise(interview_id)
            self.forget(interview_id)

    async def remove_stored(self, now: datetime) -> None:
        """Sound on this machine's disk that the finished recordings in the object store hold: what candidates said does
        not lie about twice, and the disk does not fill up. Raises one of ``NOT_KEPT``."""
        before = now - KEPT_HERE
        for folder in await self._in_thread(lambda: _untouched(self._recordings, before.timestamp())):
            if await self._stored(folder.name, before):
                await self._in_thread(_removing(folder))
                log.info("sound that is stored was removed from this disk", interview=folder.name)

    async def _stored(self, interview_id: str, before: datetime) -> bool:
        async with self._database.session() as session:
            over = await over_since(session, interview_id, before)
            finished = await recordings_of(session, interview_id)
            parts = await parts_of(session, interview_id)
        whole = {CANDIDATE, MELVIN} <= {r.side for r in finished} and parts and not any(p.object_key for p in parts)
        if not (over and whole) or await self._left(interview_id):
            return False
        return all([await self._objects.has(r.object_key) for r in finished])

    async def _left(self, interview_id: str) -> bool:
        known = await self._known(interview_id)
        for side in (CANDIDATE, MELVIN):
            if await self._in_thread(self._new(interview_id, side, known[side])):
                return True
        return False

    def close(self) -> None:
        self._thread.shutdown(wait=False)

    async def _known(self, interview_id: str) -> dict[str, list[Span]]:
        known: dict[str, list[Span]] = {CANDIDATE: [], MELVIN: []}
        async with self._database.session() as session:
            for part in await parts_of(session, interview_id):
                known[part.side] += [(int(start), int(end)) for start, end in part.spans]
        return {side: _joined(spans) for side, spans in known.items()}

    def _new(self, interview_id: str, side: str, brought: Sequence[Span]) -> Callable[[], list[list[Span]]]:
        folder = self._recordings / interview_id
        return lambda: list(_grouped(_without(received(folder, side), brought)))

    async def _put(self, interview_id: str, side: str, spans: list[Span], lease: int) -> None:
        folder = self._recordings / interview_id
        data = await self._in_thread(
            lambda: b"".join(read_span(folder, side, start, end).astype("<i2").tobytes() for start, end in spans)
        )
        key = part_key(interview_id, side, spans[0][0], spans[-1][1], lease)
        sha256 = await self._objects.put_bytes(key, data)
        async with self._database.session() as session:
            await put_part(session, interview_id=interview_id, side=side, spans=spans, lease=lease, sha256=sha256)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _removing(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder)


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Both in order and without overlaps."""
    left: list[Span] = []
    for start, end in spans:
        at = start
        for a, b in taken:
            if b <= at or a >= end:
                continue
            if a > at:
                left.append((at, a))
            at = max(at, b)
        if at < end:
            left.append((at, end))
    return left


def _grouped(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Spans of at most ``LONGEST`` from the first start to the last end, longer ones cut."""
    group: list[Span] = []
    for start, end in spans:
        at = start
        while at < end:
            if group and at - group[0][0] >= LONGEST:
                yield group
                group = []
            upto = min(end, (group[0][0] if group else at) + LONGEST)
            group.append((at, upto))
            at = upto
    if group:
        yield group


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
