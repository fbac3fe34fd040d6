"""The interviews that run on this machine: brought up from their event logs, joined by pages, let go when over."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError

from interviewer.conversation.script import RATE
from interviewer.live.admission import HELD_S, Admission, AdmissionOptions
from interviewer.live.catching_up import StoredBrowserSound
from interviewer.live.connection import Connection
from interviewer.live.connection_test import ConnectionTests
from interviewer.live.coverage import LiveCoverage
from interviewer.live.drain import drain
from interviewer.live.durations import Durations
from interviewer.live.errors import Busy, InterviewOver, Restarting
from interviewer.live.heap import pick_up
from interviewer.live.left_behind import SEARCH_EVERY_S, LeftBehind
from interviewer.live.links import Link
from interviewer.live.load import Load
from interviewer.live.lobby import KEPT_S, Place
from interviewer.live.opening import Opening, Running
from interviewer.live.outcome import FinaliseJobs
from interviewer.live.sound_parts import EVERY_S, LEFTOVERS_EACH, MELVIN_EACH, NOT_KEPT, SoundParts
from interviewer.live.standing import StandingFile
from interviewer.live.this_node import NodeOptions, ThisNode
from interviewer.media.offer import read_offer
from interviewer.media.peer import PeerOptions
from interviewer.media.recording import CANDIDATE, MELVIN
from interviewer.records.database import Database
from interviewer.records.deletions import deleted_among
from interviewer.records.feeder import Feeder
from interviewer.records.leases import RUNNING
from interviewer.records.objects import ObjectStore
from interviewer.rounds import begin_rounds
from interviewer.speech.recognition import Recogniser
from interviewer.speech.voice import Voice, as_wav

__all__ = ["Live", "LiveOptions"]

SWEEP_S = 5.0
TICK_S = 1.0
LET_GO_AFTER_S = 150.0
"""An interview without a page leaves memory after this, when it has paused by itself; its log brings it back."""
OVER_S = 20.0
"""One that is over and written down leaves it sooner: nobody comes back to it."""
FAREWELL_S = 0.3
"""For a last message to get through before its connection is closed."""
HOLD_S = 20.0
"""A page that waits in the lobby hears within this time, whether or not anything has changed."""
OUTCOME_S = 10.0
"""How long the end of a process waits for the outcome of an interview that has just finished."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveOptions:
    journals: Path
    recordings: Path
    node: NodeOptions = field(default_factory=NodeOptions)
    admission: AdmissionOptions = field(default_factory=AdmissionOptions)
    most_connection_tests: int = 8
    peer: PeerOptions = field(default_factory=PeerOptions)
    standing: Path | None = None
    """The file that says who holds a seat and who waits; None: a restart forgets it."""


class Live:
    def __init__(
        self,
        options: LiveOptions,
        *,
        database: Database,
        feeder: Feeder,
        objects: ObjectStore,
        recogniser: Recogniser,
        voice: Voice,
        coverage: LiveCoverage,
        jobs: FinaliseJobs,
        clock: Callable[[], datetime],
        sound_check: str,
    ) -> None:
        """``feeder`` brings the journals in ``options.journals`` to the database; whoever made it closes it."""
        self._options = options
        self._database = database
        self._voice = voice
        self._sound_check = sound_check
        self._entries: dict[str, Running] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """An interview is brought up or put away by one at a time; a lock is there while somebody has it in hand."""
        load = Load()
        self._node = ThisNode(options.node, database, self._leases, self._taken)
        self._sound = SoundParts(options.recordings, objects, database, jobs.defer_finalise)
        self._opening = Opening(
            options.journals, options.recordings, self._node, feeder, self._sound,
            database, recogniser, voice, coverage, jobs, clock, load,
            StoredBrowserSound(database, objects, options.recordings),
        )  # fmt: skip
        self._left_behind = LeftBehind(self._opening, database, clock, self._entry)
        feeder.on_refused = self._taken
        self._durations = Durations()
        self._admission = Admission(options.admission, load, self._left_s)
        self._standing = StandingFile(options.standing) if options.standing else None
        self._tests = ConnectionTests(options.peer, options.most_connection_tests)
        self._keepers: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._some_went = False
        self._sound_rounds, self._due = count(), math.inf
        self._whole = False  # whether all folders were looked through once, without a store that failed in between

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Also finishes what a crash left: interviews whose log ends, but whose outcome was never written."""
        await self._node.start()
        self._entries.update(await self._left_behind.by_this_node())
        if self._standing:
            self._admission.restore(self._standing.read(HELD_S, KEPT_S))
        self._keepers = [
            begin_rounds(self._sweep, SWEEP_S, "let interviews go"),
            begin_rounds(self._tend, TICK_S, "tend the lobby"),
            begin_rounds(self._keep_sound, EVERY_S, "bring sound to the object store"),
            begin_rounds(self._left_behind.search, SEARCH_EVERY_S, "search for interviews that were left behind"),
        ]

    @property
    def draining(self) -> bool:
        return self._node.draining

    async def drain(self, within_s: float, hurry: asyncio.Event | None = None) -> None:
        """Let nobody in any more, and hand each interview over as soon as it falls silent; all of them when
        ``within_s`` is over, or ``hurry`` is set."""
        await self._node.drains()
        await drain(self._entries, self._hand_over, within_s, hurry or asyncio.Event())

    async def _hand_over(self, interview_id: str) -> None:
        entry = self._entries.get(interview_id)
        if entry is None:
            return
        log.info("interview handed over", interview=interview_id)
        if self._options.node.address:
            self._admission.over(interview_id)  # another node takes it, and has a seat for it
        await self._let_go(interview_id, last={"t": "reconnect"})

    async def close(self) -> None:
        self._node.draining = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await self._tests.close()
        await asyncio.gather(*(self._let_go(i) for i in list(self._entries)), *self._leaving)
        self._sound.close()
        await self._node.close()

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
        if self.draining:
            raise Restarting
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

    async def typed(self, interview_id: str, question_id: str, text: str, sent_as: str = "") -> None:
        """Returns when the text is on disk. ``sent_as``: the page's name for this message, '' where it gave none."""
        await (await self._begun_entry(interview_id)).session.typed(question_id, text, sent_as)

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
        if self.draining and interview_id not in self._entries:
            raise Restarting
        self._admission.enter(interview_id, sound=sound, begun=begun)
        try:
            entry = await self._entry(interview_id)
        finally:
            if interview_id not in self._entries:
                self._admission.over(interview_id)
        entry.sound = sound
        return entry

    async def _begun(self, interview_id: str) -> bool:
        """Whether the candidate was in this interview before. Raises UnknownInterview, InterviewOver, Elsewhere."""
        if interview_id in self._entries:
            return True
        status = await self._node.status(interview_id)
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
        async with self._lock(interview_id):
            entry = self._entries.get(interview_id)
            if entry is None or entry.session.failed:
                if entry is not None:
                    await self._put_away(interview_id)
                if self.draining:
                    raise Restarting
                entry = await self._opening.bring_up(interview_id)
                self._entries[interview_id] = entry
        if entry.session.conversation.finished:
            raise InterviewOver
        entry.left_at = None
        return entry

    def _leases(self) -> dict[str, int]:
        return {interview_id: entry.lease for interview_id, entry in self._entries.items()}

    def _taken(self, interview_id: str) -> None:
        """Another node holds it now: whatever is said here is written nowhere. Its page is told to go there."""
        if interview_id in self._entries:
            log.warning("another node has taken an interview", interview=interview_id)
            leaving = asyncio.create_task(self._let_go(interview_id, last={"t": "reconnect"}), name="taken")
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _keep_sound(self) -> None:
        number = next(self._sound_rounds)
        sides = (CANDIDATE,) if number % MELVIN_EACH else (CANDIDATE, MELVIN)
        await asyncio.gather(*(self._opening.keep_sound(i, lease, sides) for i, lease in self._leases().items()))
        if number % LEFTOVERS_EACH == 0:
            try:
                await self._sound.keep_leftovers(set(self._leases()), recent=self._whole)
                self._whole = True
            except NOT_KEPT as error:
                log.warning("sound that was left behind was not brought to the object store", error=str(error))

    async def _sweep(self) -> None:
        if self._some_went:  # a round later, when their tasks have ended
            pick_up()
        self._some_went = False
        await self._let_deleted_go()
        self._some_went = await self._let_left_go()

    async def _let_left_go(self) -> bool:
        """Connections and interviews that nobody uses any more; whether there were any."""
        some = False
        for interview_id, entry in list(self._entries.items()):
            session = entry.session
            for connection in [c for c in entry.connections if not c.current and c.settled]:
                entry.connections.remove(connection)
                await connection.close()
                some = True
            busy = session.connected or (session.finishing is not None and not session.finishing.done())
            if busy and not session.conversation.finished:
                entry.left_at = None
                continue
            now = session.clock.now()
            entry.left_at = now if entry.left_at is None else entry.left_at
            if now - entry.left_at > (LET_GO_AFTER_S if busy or not session.conversation.finished else OVER_S) * RATE:
                await self._let_go(interview_id)
                some = True
        return some

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
        late_s, self._due = time.monotonic() - self._due, math.inf
        self._attend_all()
        self._admission.tick(max(0.0, late_s))
        if self._standing:
            self._standing.write(self._admission.standing)
        self._due = time.monotonic() + TICK_S

    def _attend_all(self) -> None:
        for interview_id, entry in self._entries.items():  # not in _tend, which would hold the last one for ever
            self._attend(interview_id, entry)

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

    async def _let_go(self, interview_id: str, last: dict[str, Any] | None = None) -> None:
        """``last``: a message to its page when all else is done."""
        async with self._lock(interview_id):
            await self._put_away(interview_id, last)

    def _lock(self, interview_id: str) -> asyncio.Lock:
        return self._locks.setdefault(interview_id, asyncio.Lock())

    async def _put_away(self, interview_id: str, last: dict[str, Any] | None = None) -> None:
        entry = self._entries.pop(interview_id, None)
        if entry is None:
            return
        link = entry.session.links.current
        entry.session.lost()
        if link is not None:
            entry.session.links.drop(link)  # nothing more is heard from there, or recorded
            if last is not None:
                link.send({"t": "moving"})  # at once: whoever speaks on meanwhile should know who keeps it
        await entry.session.close()
        await entry.recorders.close()
        outcome = entry.session.finishing
        if outcome is not None:
            await asyncio.wait({outcome}, timeout=OUTCOME_S)
        written = outcome is None or (outcome.done() and not outcome.cancelled() and outcome.exception() is None)
        await self._opening.put_away(interview_id, entry.lease, free=written)
        if last is not None and link is not None and link.send(last):
            await asyncio.sleep(FAREWELL_S)
        for connection in entry.connections:
            await connection.close()
        log.info("interview let go", interview=interview_id)
