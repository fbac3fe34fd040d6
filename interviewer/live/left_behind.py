"""Interviews that nobody looks after: of this node before it was killed, of a node that stays dead, of candidates who
never came back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import structlog

from interviewer.conversation.events import Abandoned
from interviewer.jobs.erase import erase_here
from interviewer.live.errors import Busy, Elsewhere, InterviewOver, Restarting
from interviewer.live.opening import Opening, Running
from interviewer.live.sound_parts import NOT_KEPT
from interviewer.records.database import Database
from interviewer.records.deletions import deleted_among
from interviewer.records.interviews import abandoned, set_status
from interviewer.records.leases import held_by, let_go, orphaned

__all__ = ["SEARCH_EVERY_S", "LeftBehind"]

ABANDONED_AFTER = timedelta(days=1)
"""After its link has expired an interview can still be gone on with for this long; then it ends as it stands."""
ORPHANED_AFTER = timedelta(minutes=10)
"""A node that cannot reach the database may still serve its candidates, so without a candidate who comes here it is
left alone for this long."""
SEARCH_EVERY_S = 600.0
STORED_EACH = 6
"""Of the searches."""
ABANDONED_AT_ONCE = 5

log = structlog.get_logger(__name__)


class LeftBehind:
    """``entry`` brings an interview up and keeps it."""

    def __init__(
        self,
        opening: Opening,
        database: Database,
        clock: Callable[[], datetime],
        entry: Callable[[str], Awaitable[Running]],
    ) -> None:
        self._opening = opening
        self._database = database
        self._clock = clock
        self._entry = entry
        self._searches = count()

    async def by_this_node(self) -> dict[str, Running]:
        """What ran here when the process before this one went down. Those that had ended are brought up, so that their
        outcome is written; of the others nobody is there now."""
        async with self._database.session() as db:
            ids = await held_by(db, self._opening.node.options.id)
        ended: dict[str, Running] = {}
        for interview_id in ids:
            try:
                await self._opening.feeder.bring(interview_id)
                if (await self._opening.restored(interview_id)).over:
                    ended[interview_id] = await self._opening.bring_up(interview_id)
                else:
                    await self._nobody_there(interview_id)
            except Exception:  # the border of one interview: a log that cannot be read must not keep all others away
                log.exception("an interview could not be restored", interview=interview_id)
        return ended

    async def search(self) -> None:
        """One of the searches, ``SEARCH_EVERY_S`` apart."""
        number = next(self._searches)
        try:
            await self._adopt()
            await self._end_abandoned()
            await self._erase_deleted()
            if number % STORED_EACH == 0:
                await self._opening.sound.remove_stored(self._clock())
        except NOT_KEPT as error:
            log.warning("no search for interviews that were left behind", error=str(error))

    async def _adopt(self) -> None:
        """Of nodes that stay dead: what had ended gets its outcome, of the others nobody is there."""
        async with self._database.session() as db:
            ids = await orphaned(db, ORPHANED_AFTER)
        for interview_id in ids:
            await self._tried(interview_id, self._adopted)

    async def _adopted(self, interview_id: str) -> None:
        if (await self._opening.restored(interview_id)).over:
            await self._entry(interview_id)
            return
        await self._nobody_there(interview_id)
        async with self._database.session() as db:  # that node may only be cut off, and what it writes down must count
            await let_go(db, interview_id, ORPHANED_AFTER)

    async def _end_abandoned(self) -> None:
        """Interviews whose candidates never came back are scored as far as they got, not kept open for ever."""
        async with self._database.session() as db:
            ids = await abandoned(db, self._clock() - ABANDONED_AFTER, limit=ABANDONED_AT_ONCE)
        for interview_id in ids:
            await self._tried(interview_id, self._ended)

    async def _ended(self, interview_id: str) -> None:
        session = (await self._entry(interview_id)).session
        if not session.connected:
            session.emit(Abandoned(session.clock.now()))

    async def _erase_deleted(self) -> None:
        """Deleted interviews that were recorded here: the worker that erased them may be on another machine."""
        recordings, journals = self._opening.recordings, self._opening.journals
        here = {p.name for p in recordings.glob("int_*")} | {p.stem for p in journals.glob("int_*.jsonl")}
        async with self._database.session() as db:
            gone = await deleted_among(db, sorted(here))
        if not gone:
            return
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "erase") as thread:  # not asyncio's own, on which sound may wait
            for interview_id in gone:
                await loop.run_in_executor(thread, erase_here, recordings, journals, interview_id)
                log.info("deletion.erased_here", interview=interview_id)

    async def _nobody_there(self, interview_id: str) -> None:
        async with self._database.session() as db:
            await set_status(db, interview_id, "paused", only_from=("live",))

    async def _tried(self, interview_id: str, work: Callable[[str], Awaitable[None]]) -> None:
        try:
            await work(interview_id)
        except (Busy, Elsewhere, InterviewOver, Restarting):
            return
        except Exception:  # the border of one interview, as above
            log.exception("an interview could not be restored", interview=interview_id)
