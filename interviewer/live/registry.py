"""The interviews that run on this machine: brought up from their event logs, joined by pages, let go when over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from interviewer.conversation.events import Abandoned, Event, event_from_dict
from interviewer.conversation.history import replay
from interviewer.conversation.script import RATE, Script
from interviewer.live.connection import Connection, Recorders
from interviewer.live.connection_test import ConnectionTests
from interviewer.live.coverage import LiveCoverage
from interviewer.live.errors import Busy, InterviewOver, UnknownInterview
from interviewer.live.links import Link
from interviewer.live.outcome import FinaliseJobs, Outcome
from interviewer.live.parts import SessionParts
from interviewer.live.session import InterviewSession
from interviewer.media.peer import PeerOptions
from interviewer.media.recording import Recorder, length
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records.database import Database
from interviewer.records.events import read_events
from interviewer.records.interviews import abandoned, list_interviews, set_status
from interviewer.records.interviews import interview as find_interview
from interviewer.records.journal import Journal
from interviewer.speech.recognition import Purpose, Recogniser
from interviewer.speech.voice import Voice, as_wav

__all__ = ["Live", "LiveOptions"]

SWEEP_S = 5.0
LET_GO_AFTER_S = 150.0
"""An interview without a page leaves memory after this, when it has paused by itself; its log brings it back."""
ABANDONED_AFTER = timedelta(days=1)
"""After its link has expired an interview can still be gone on with for this long; then it ends as it stands."""
ABANDONED_EVERY_S = 600.0
ABANDONED_AT_ONCE = 5
RUNNING = ("created", "live", "paused")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveOptions:
    journals: Path
    recordings: Path
    node: str = "local"
    most_interviews: int = 8
    most_connection_tests: int = 8
    peer: PeerOptions = field(default_factory=PeerOptions)


@dataclass(slots=True)
class _Entry:
    session: InterviewSession
    recorders: Recorders
    connections: list[Connection]
    left_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Restored:
    bundle: PlanBundle
    script: Script
    past: tuple[Event, ...]

    @property
    def over(self) -> bool:
        return replay(self.script, self.past)[0].finished


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
        self._recogniser = recogniser
        self._voice = voice
        self._coverage = coverage
        self._jobs = jobs
        self._clock = clock
        self._sound_check = sound_check
        self._entries: dict[str, _Entry] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._tests = ConnectionTests(options.peer, options.most_connection_tests)
        self._sweeper: asyncio.Task[None] | None = None
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
        self._sweeper = asyncio.create_task(self._sweep(), name="let interviews go")

    async def _recover(self, interview_id: str) -> None:
        try:
            if (await self._restored(interview_id)).over:
                self._entries[interview_id] = await self._bring_up(interview_id)
                return
            async with self._database.session() as db:  # it ran when this machine went down; nobody is there now
                await set_status(db, interview_id, "paused", only_from=("live",))
        except Exception:  # the border of one interview: a log that cannot be read must not keep all others away
            log.exception("an interview could not be restored", interview=interview_id)

    @property
    def running(self) -> int:
        """Interviews with a page."""
        return sum(1 for e in self._entries.values() if e.session.connected)

    async def close(self) -> None:
        self._draining = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._tests.close()
        await asyncio.gather(*(self._let_go(i) for i in list(self._entries)))

    # ------------------------------------------------------------------ what the pages call

    async def offer(self, interview_id: str, sdp: str, tab: str) -> str:
        """A new peer connection for this interview: the SDP answer. Raises BadOffer, InterviewOver, Busy."""
        entry = await self._entry(interview_id)
        connection = Connection(entry.session, entry.recorders, tab)
        answer = await connection.open(sdp, self._options.peer)
        entry.connections.append(connection)
        return answer

    async def attach(self, interview_id: str, link: Link, tab: str) -> None:
        """A WebSocket page, without sound. Raises InterviewOver, Busy."""
        session = (await self._entry(interview_id)).session
        session.lost()
        session.links.take(link, tab)
        session.speaking.attach(None)

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
        await (await self._entry(interview_id)).session.typed(question_id, text)

    async def draft(self, interview_id: str, question_id: str, text: str) -> None:
        await (await self._entry(interview_id)).session.draft(question_id, text)

    async def state(self, interview_id: str) -> dict[str, Any]:
        session = (await self._entry(interview_id)).session
        return session.conversation.view().to_message()

    async def sound_check(self) -> bytes:
        """Melvin's test sentence as a WAV file."""
        return as_wav(await self._voice.say(self._sound_check))

    async def connection_test(self, sdp: str) -> str:
        return await self._tests.answer(sdp)

    # ------------------------------------------------------------------ bringing up and letting go

    async def _entry(self, interview_id: str) -> _Entry:
        async with self._opening.setdefault(interview_id, asyncio.Lock()):
            entry = self._entries.get(interview_id)
            if entry is None or entry.session.failed:
                if entry is not None:
                    await self._let_go(interview_id)
                if self._draining or self.running >= self._options.most_interviews:
                    raise Busy
                entry = await self._bring_up(interview_id)
                self._entries[interview_id] = entry
        if entry.session.conversation.finished:
            raise InterviewOver
        entry.left_at = None
        return entry

    async def _bring_up(self, interview_id: str) -> _Entry:
        restored = await self._restored(interview_id)
        bundle, script = restored.bundle, restored.script
        parts = SessionParts(
            journal=Journal(self._options.journals, interview_id),
            outcome=Outcome(self._database, self._jobs, self._clock, interview_id, self._options.node),
            voice=self._voice,
            recognise=self._recognise(script.language, bundle.plan.vocabulary),
            coverage=self._coverage,
            key_points={q.id: bundle.rubrics[q.rubric].key_points for q in bundle.plan.questions},
        )
        folder = self._options.recordings / interview_id
        # The recording may go on after the last event: what is said next must not be written over it.
        recorded_to = max(length(folder, "candidate"), length(folder, "melvin"))
        session = InterviewSession(interview_id, script, parts, restored.past, recorded_to)
        recorders = Recorders(Recorder(folder, "candidate"), Recorder(folder, "melvin"))
        if session.conversation.finished:
            session.finish(session.conversation.ending)  # the outcome was never written: a crash came between
        else:
            session.start()
            session.prepare(script.all_texts())
        return _Entry(session, recorders, [])

    async def _restored(self, interview_id: str) -> _Restored:
        """Raises UnknownInterview, or InterviewOver where the outcome is written."""
        async with self._database.session() as db:
            row = await find_interview(db, interview_id)
            if row is None:
                raise UnknownInterview(interview_id)
            if row.status not in RUNNING:
                raise InterviewOver
            stored = {e.seq: {**e.body, "kind": e.kind, "at": e.at} for e in await read_events(db, interview_id)}
            bundle = filled(PlanBundle.from_dict(row.invitation.plan.body), row.invitation.variables)
        # The journal may be ahead of its copy in the database, by a second or by a whole outage.
        stored |= {int(e["seq"]): e for e in Journal(self._options.journals, interview_id).read()}
        past = tuple(event_from_dict(stored[seq]) for seq in sorted(stored))
        return _Restored(bundle, Script.from_dict(row.script), past)

    def _recognise(self, language: str, hotwords: tuple[str, ...]) -> Callable[..., Any]:
        async def recognise(pcm: NDArray[np.int16], *, caption: bool) -> str:
            if caption and self._recogniser.waiting > 0:
                return ""  # captions are the first thing to give up under load
            purpose = Purpose.CAPTION if caption else Purpose.LIVE
            return (await self._recogniser.recognise(pcm, language=language, hotwords=hotwords, purpose=purpose)).text

        return recognise

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

    async def _sweep(self) -> None:
        next_search = 0.0
        while True:
            if time.monotonic() >= next_search:
                next_search = time.monotonic() + ABANDONED_EVERY_S
                try:
                    await self._end_abandoned()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("no search for abandoned interviews", error=str(error))
            await asyncio.sleep(SWEEP_S)
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

    async def _let_go(self, interview_id: str) -> None:
        entry = self._entries.pop(interview_id, None)
        opening = self._opening.get(interview_id)
        if opening is not None and not opening.locked():  # whoever holds it is bringing this interview up again
            del self._opening[interview_id]
        if entry is None:
            return
        entry.session.lost()
        for connection in entry.connections:
            await connection.close()
        await entry.session.close()
        await entry.recorders.close()
        log.info("interview let go", interview=interview_id)
