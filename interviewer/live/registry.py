"""The interviews that run on this machine: brought up from their event logs, joined by pages, let go when over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from interviewer.conversation.events import Abandoned
from interviewer.conversation.script import RATE
from interviewer.live.admission import Admission, AdmissionOptions
from interviewer.live.connection import Connection
from interviewer.live.connection_test import ConnectionTests
from interviewer.live.coverage import LiveCoverage
from interviewer.live.durations import Durations
from interviewer.live.errors import Busy, InterviewOver, UnknownInterview
from interviewer.live.links import Link
from interviewer.live.load import Load
from interviewer.live.lobby import Place
from interviewer.live.opening import RUNNING, Opening, Running
from interviewer.live.outcome import FinaliseJobs
from interviewer.media.offer import read_offer
from interviewer.media.peer import PeerOptions
from interviewer.records.database import Database
from interviewer.records.deletions import deleted_among
from interviewer.records.interviews import abandoned, list_interviews, set_status, status_of
from interviewer.speech.recognition import Recogniser
from interviewer.speech.voice import Voice, as_wav

__all__ = ["Live", "LiveOptions"]

SWEEP_S = 5.0
TICK_S = 1.0
LET_GO_AFTER_S = 150.0
"""An interview without a page leaves memory after this, when it has paused by itself; its log brings it back."""
ABANDONED_AFTER = timedelta(days=1)
"""After its link has expired an interview can still be gone on with for this long; then it ends as it stands."""
ABANDONED_EVERY_S = 600.0
ABANDONED_AT_ONCE = 5
HOLD_S = 20.0
"""A page that waits in the lobby hears within this time, whether or not anything has changed."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveOptions:
    journals: Path
    recordings: Path
    node: str = "local"
    admission: AdmissionOptions = field(default_factory=AdmissionOptions)
    most_connection_tests: int = 8
    peer: PeerOptions = field(default_factory=PeerOptions)


class Live:
    def __init__(
        self,
        options: LiveOptions,
        *,
        database: Database,
        recogniser: Recogniser,
        voice: Voice,
        coverage: LiveCoverage,
        jobs: FinaliseJobs,
        clock: Callable[[], datetime],
        sound_check: str,
    ) -> None:
        self._options = options
        self._database = database
        self._voice = voice
        self._clock = clock
        self._sound_check = sound_check
        self._entries: dict[str, Running] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        load = Load()
        self._opening = Opening(
            options.journals, options.recordings, options.node,
            database, recogniser, voice, coverage, jobs, clock, load,
        )  # fmt: skip
        self._durations = Durations()
        self._admission = Admission(options.admission, load, self._left_s)
        self._tests = ConnectionTests(options.peer, options.most_connection_tests)
        self._keepers: list[asyncio.Task[None]] = []
        self._draining = False

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Also finishes what a crash left: interviews whose log ends, but whose outcome was never written."""
        for status in ("live", "paused"):
            async with self._database.session() as db:
                rows, _ = await list_interviews(db, limit=100, status=status)
            for row in rows:
                if row.node == self._options.node:
                    await self._recover(row.id)
        self._keepers = [
            asyncio.create_task(self._sweep(), name="let interviews go"),
            asyncio.create_task(self._tend(), name="tend the lobby"),
            asyncio.create_task(self._search_abandoned(), name="search for abandoned interviews"),
        ]

    async def _recover(self, interview_id: str) -> None:
        try:
            if (await self._opening.restored(interview_id)).over:
                self._entries[interview_id] = await self._opening.bring_up(interview_id)
                return
            async with self._database.session() as db:  # it ran when this machine went down; nobody is there now
                await set_status(db, interview_id, "paused", only_from=("live",))
        except Exception:  # the border of one interview: a log that cannot be read must not keep all others away
            log.exception("an interview could not be restored", interview=interview_id)

    async def close(self) -> None:
        self._draining = True
        for keeper in self._keepers:
            keeper.cancel()
        await self._tests.close()
        await asyncio.gather(*(self._let_go(i) for i in list(self._entries)))

    # ------------------------------------------------------------------ what the pages call

    async def offer(self, interview_id: str, sdp: str, tab: str) -> str:
        """A new peer connection for this interview: the SDP answer. Raises BadOffer, InterviewOver, Busy."""
        entry = await self._join(interview_id, sound=read_offer(sdp).audio)
        connection = Connection(entry.session, entry.recorders, tab)
        answer = await connection.open(sdp, self._options.peer)
        entry.connections.append(connection)
        return answer

    async def attach(self, interview_id: str, link: Link, tab: str) -> None:
        """A WebSocket page, without sound. Raises InterviewOver, Busy."""
        session = (await self._join(interview_id, sound=False)).session
        session.lost()
        session.links.take(link, tab)
        session.speaking.attach(None)

    async def place(self, interview_id: str, *, sound: bool, knows: Place | None) -> Place | None:
        """The candidate's place in the lobby as soon as it is not what their page ``knows``, or after ``HOLD_S``; None
        when they may join, which is theirs for a moment. Raises InterviewOver, Busy, UnknownInterview."""
        begun = await self._begun(interview_id)
        until = time.monotonic() + HOLD_S
        place = self._look(interview_id, sound, begun)
        with self._admission.lobby.asking(interview_id):
            while place is not None and place == knows and time.monotonic() < until:
                await self._admission.change(until - time.monotonic())
                place = self._look(interview_id, sound, begun)
        return place

    def _look(self, interview_id: str, sound: bool, begun: bool) -> Place | None:
        if self._draining:
            raise Busy
        return self._admission.look(interview_id, sound=sound, begun=begun)

    async def detach(self, interview_id: str, link: Link) -> None:
        entry = self._entries.get(interview_id)
        if entry is not None and entry.session.links.current is link:
            entry.session.lost()
            entry.session.links.drop(link)

    async def receive(self, interview_id: str, link: Link, message: dict[str, Any]) -> None:
        entry = self._entries.get(interview_id)
        if entry is not None:
            entry.session.receive(link, message)

    async def typed(self, interview_id: str, question_id: str, text: str) -> None:
        """Returns when the text is on disk."""
        await (await self._begun_entry(interview_id)).session.typed(question_id, text)

    async def draft(self, interview_id: str, question_id: str, text: str) -> None:
        await (await self._begun_entry(interview_id)).session.draft(question_id, text)

    async def state(self, interview_id: str) -> dict[str, Any]:
        session = (await self._begun_entry(interview_id)).session
        return session.conversation.view().to_message()

    async def sound_check(self) -> bytes:
        """Melvin's test sentence as a WAV file."""
        return as_wav(await self._voice.say(self._sound_check))

    async def connection_test(self, sdp: str) -> str:
        return await self._tests.answer(sdp)

    # ------------------------------------------------------------------ bringing up and letting go

    async def _join(self, interview_id: str, *, sound: bool) -> Running:
        """For a page: it takes a seat. Raises Busy with the candidate's place in the lobby."""
        begun = await self._begun(interview_id)
        if not self._draining:
            self._admission.enter(interview_id, sound=sound, begun=begun)
        try:
            entry = await self._entry(interview_id)
        finally:
            if interview_id not in self._entries:
                self._admission.over(interview_id)
        entry.sound = sound
        return entry

    async def _begun(self, interview_id: str) -> bool:
        """Whether the candidate was in this interview before. Raises UnknownInterview, InterviewOver."""
        if interview_id in self._entries:
            return True
        async with self._database.session() as db:
            status = await status_of(db, interview_id)
        if status is None:
            raise UnknownInterview(interview_id)
        if status not in RUNNING:
            raise InterviewOver
        return status != "created"

    async def _begun_entry(self, interview_id: str) -> Running:
        """For what comes beside a page's connection, also while that is lost: it needs no seat. Raises Busy where the
        candidate has not been let in yet."""
        if not await self._begun(interview_id):
            raise Busy
        return await self._entry(interview_id)

    async def _entry(self, interview_id: str) -> Running:
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
            entry = self._entries.get(interview_id)
            if entry is None or entry.session.failed:
                if entry is not None:
                    await self._let_go(interview_id)
                if self._draining:
                    raise Busy
                entry = await self._opening.bring_up(interview_id)
                self._entries[interview_id] = entry
        if entry.session.conversation.finished:
            raise InterviewOver
        entry.left_at = None
        return entry

    async def _end_abandoned(self) -> None:
        """Interviews whose candidates never came back are scored as far as they got, not kept open for ever."""
        async with self._database.session() as db:
            ids = await abandoned(db, self._clock() - ABANDONED_AFTER, limit=ABANDONED_AT_ONCE)
        for interview_id in ids:
            try:
                session = (await self._entry(interview_id)).session
            except (Busy, InterviewOver):
                continue
            except Exception:  # the border of one interview, as in _recover
                log.exception("an interview could not be restored", interview=interview_id)
                continue
            if not session.connected:
                session.emit(Abandoned(session.clock.now()))

    async def _search_abandoned(self) -> None:
        while True:
            try:
                await self._end_abandoned()
            except (SQLAlchemyError, OSError) as error:
                log.warning("no search for abandoned interviews", error=str(error))
            await asyncio.sleep(ABANDONED_EVERY_S)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await self._let_deleted_go()
            for interview_id, entry in list(self._entries.items()):
                session = entry.session
                for connection in [c for c in entry.connections if not c.current]:
                    if connection.settled:
                        entry.connections.remove(connection)
                        await connection.close()
                busy = session.connected or (session.finishing is not None and not session.finishing.done())
                if busy and not session.conversation.finished:
                    entry.left_at = None
                    continue
                now = session.clock.now()
                entry.left_at = now if entry.left_at is None else entry.left_at
                if now - entry.left_at > LET_GO_AFTER_S * RATE:
                    await self._let_go(interview_id)

    async def _let_deleted_go(self) -> None:
        """Interviews that were deleted, by whichever process: nothing more of them is heard or written down here."""
        if not self._entries:
            return
        try:
            async with self._database.session() as db:
                gone = await deleted_among(db, list(self._entries))
        except (SQLAlchemyError, OSError):
            return  # the database is away, and nobody can delete anything
        for interview_id in gone:
            await self._let_go(interview_id)

    async def _tend(self) -> None:
        """Each second: who holds a seat, how late the event loop comes, and word to the lobby."""
        while True:
            due = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            for interview_id, entry in self._entries.items():
                self._attend(interview_id, entry)
            self._admission.tick(time.monotonic() - due)

    def _attend(self, interview_id: str, entry: Running) -> None:
        """Who goes on keeps the seat; who is through leaves it."""
        conversation = entry.session.conversation
        if conversation.finished:
            self._admission.over(interview_id)
            if entry.whole and conversation.ending == "completed":
                self._durations.finished(entry.plan, entry.going_s)
            entry.whole = False
        elif entry.session.connected and not conversation.paused:
            entry.going_s += TICK_S
            self._admission.going(interview_id, sound=entry.sound)

    def _left_s(self, interview_id: str) -> float | None:
        """Seconds that this interview will still take, as far as others of its plan tell."""
        entry = self._entries.get(interview_id)
        question = None if entry is None else entry.session.conversation.view().question
        if entry is None or question is None:
            return None
        return self._durations.left(entry.plan, question.number, question.count)

    async def _let_go(self, interview_id: str) -> None:
        entry = self._entries.pop(interview_id, None)
        lock = self._locks.get(interview_id)
        if lock is not None and not lock.locked():  # whoever holds it is bringing this interview up again
            del self._locks[interview_id]
        if entry is None:
            return
        entry.session.lost()
        for connection in entry.connections:
            await connection.close()
        await entry.session.close()
        await entry.recorders.close()
        log.info("interview let go", interview=interview_id)
