"""Interviews brought up from their event logs: what a crash, a restart or a long absence left is where they go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from interviewer.conversation.events import Event, event_from_dict
from interviewer.conversation.history import replay
from interviewer.conversation.script import RATE, Script
from interviewer.live.catching_up import BrowserSound
from interviewer.live.connection import Connection, Recorders
from interviewer.live.coverage import LiveCoverage
from interviewer.live.errors import InterviewOver, UnknownInterview
from interviewer.live.load import Load
from interviewer.live.outcome import FinaliseJobs, Outcome
from interviewer.live.parts import SessionParts
from interviewer.live.recogniser import InterviewRecogniser
from interviewer.live.session import InterviewSession
from interviewer.live.sound_parts import NOT_KEPT, SoundParts
from interviewer.live.this_node import ThisNode
from interviewer.media.recording import CANDIDATE, MELVIN, Recorder, length
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records.database import Database
from interviewer.records.events import read_events
from interviewer.records.feeder import Feeder
from interviewer.records.interviews import interview as find_interview
from interviewer.records.journal import Journal
from interviewer.records.leases import RUNNING, Lease
from interviewer.records.recording_parts import recorded_until
from interviewer.speech.recognition import Recogniser
from interviewer.speech.voice import Voice

__all__ = ["Opening", "Running"]

UNKNOWN_S = 10
"""What a node that died may have recorded and never brought: the clock goes on behind it."""
KEEP_SOUND_S = 10.0
PUT_AWAY_S = 15.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Running:
    """One interview in memory. ``plan``: the hash of its version; ``whole``: begun in this process, so that
    ``going_s`` counts all the time it went on; ``sound``: whether its page sends sound."""

    session: InterviewSession
    recorders: Recorders
    lease: int
    plan: str
    whole: bool
    connections: list[Connection] = field(default_factory=list)
    sound: bool = False
    going_s: float = 0.0
    left_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Restored:
    bundle: PlanBundle
    script: Script
    past: tuple[Event, ...]
    recorded_to: Mapping[str, int]
    """By side; as other machines brought it."""

    @property
    def over(self) -> bool:
        return replay(self.script, self.past)[0].finished


@dataclass(frozen=True, slots=True)
class Opening:
    journals: Path
    recordings: Path
    node: ThisNode
    feeder: Feeder
    sound: SoundParts
    database: Database
    recogniser: Recogniser
    voice: Voice
    coverage: LiveCoverage
    jobs: FinaliseJobs
    clock: Callable[[], datetime]
    load: Load
    browser: BrowserSound | None = None

    async def bring_up(self, interview_id: str) -> Running:
        """Raises UnknownInterview, Elsewhere, or InterviewOver where the outcome is written."""
        # The journal may be ahead of its copy in the database, by a second or by a whole outage; and from here on the
        # database alone tells what has happened, whoever held the interview.
        await self.feeder.bring(interview_id)
        lease = await self.node.take(interview_id)
        try:
            return await self._restore(interview_id, lease)
        except BaseException:
            await self.node.release(interview_id, lease.number)
            raise

    async def put_away(self, interview_id: str, lease: int, *, free: bool = True) -> None:
        """Bring all that this machine has of it to where other nodes find it, then let them have it (not ``free``: its
        outcome is still to be written, and is by the next process here). What cannot be brought now, that one brings.
        """
        try:
            async with asyncio.timeout(PUT_AWAY_S):
                await self.keep_sound(interview_id, lease)
                await self.feeder.bring(interview_id)
                if free:
                    await self.node.release(interview_id, lease)
        except NOT_KEPT as error:
            log.warning("an interview could not be put away", interview=interview_id, error=str(error))
        self.sound.forget(interview_id)

    async def keep_sound(self, interview_id: str, lease: int, sides: Sequence[str] = (CANDIDATE, MELVIN)) -> None:
        """What is recorded so far is in the object store when it returns, unless that is away."""
        try:
            async with asyncio.timeout(KEEP_SOUND_S):
                await self.sound.keep(interview_id, lease, sides)
        except NOT_KEPT as error:
            log.warning("sound was not brought to the object store", interview=interview_id, error=str(error))

    async def _restore(self, interview_id: str, lease: Lease) -> Running:
        restored = await self.restored(interview_id)
        bundle, script = restored.bundle, restored.script
        number = lease.number
        folder = self.recordings / interview_id
        ends = {side: max(length(folder, side), restored.recorded_to.get(side, 0)) for side in (CANDIDATE, MELVIN)}
        parts = SessionParts(
            journal=Journal(self.journals, interview_id, number),
            outcome=Outcome(
                self.database,
                self.jobs,
                self.clock,
                interview_id,
                number,
                lambda: self.keep_sound(interview_id, number),
            ),
            voice=self.voice,
            recognise=InterviewRecogniser(self.recogniser, self.load, script.language, bundle.plan.vocabulary),
            coverage=self.coverage,
            key_points={q.id: bundle.rubrics[q.rubric].key_points for q in bundle.plan.questions},
            browser=self.browser,
            heard_to=ends[CANDIDATE] or None,
        )
        # The recording may go on after the last event: what is said next must not be written over it.
        recorded_to = max(ends.values())
        if lease.before not in (None, self.node.options.id):
            recorded_to = max(recorded_to, *(e.at for e in restored.past), 0) + UNKNOWN_S * RATE
        session = InterviewSession(interview_id, script, parts, restored.past, recorded_to)
        recorders = Recorders(Recorder(folder, CANDIDATE), Recorder(folder, MELVIN))
        if session.conversation.finished:
            session.finish(session.conversation.ending)  # the outcome was never written: a crash came between
        else:
            session.start()
            session.prepare(script.all_texts(), gently=True)
        return Running(session, recorders, number, bundle.hash, whole=not restored.past)

    async def restored(self, interview_id: str) -> _Restored:
        """As :meth:`bring_up`, without starting anything."""
        async with self.database.session() as db:
            row = await find_interview(db, interview_id)
            if row is None:
                raise UnknownInterview(interview_id)
            if row.status not in RUNNING:
                raise InterviewOver
            stored = [{**e.body, "kind": e.kind, "at": e.at} for e in await read_events(db, interview_id)]
            recorded_to = await recorded_until(db, interview_id)
            bundle = filled(PlanBundle.from_dict(row.invitation.plan.body), row.invitation.variables)
        past = tuple(event_from_dict(e) for e in stored)
        return _Restored(bundle, Script.from_dict(row.script), past, recorded_to)
