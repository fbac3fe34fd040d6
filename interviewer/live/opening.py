"""Interviews brought up from their event logs: what a crash, a restart or a long absence left is where they go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from interviewer.conversation.events import Event, event_from_dict
from interviewer.conversation.history import replay
from interviewer.conversation.script import Script
from interviewer.live.catching_up import BrowserSound
from interviewer.live.connection import Connection, Recorders
from interviewer.live.coverage import LiveCoverage
from interviewer.live.errors import InterviewOver, UnknownInterview
from interviewer.live.load import Load
from interviewer.live.outcome import FinaliseJobs, Outcome
from interviewer.live.parts import SessionParts
from interviewer.live.recogniser import InterviewRecogniser
from interviewer.live.session import InterviewSession
from interviewer.media.recording import Recorder, length
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records.database import Database
from interviewer.records.events import read_events
from interviewer.records.interviews import interview as find_interview
from interviewer.records.journal import Journal
from interviewer.speech.recognition import Recogniser
from interviewer.speech.voice import Voice

__all__ = ["RUNNING", "Opening", "Running"]

RUNNING = ("created", "live", "paused")
"""Statuses of interviews that are not over."""


@dataclass(slots=True)
class Running:
    """One interview in memory. ``plan``: the hash of its version; ``whole``: begun in this process, so that
    ``going_s`` counts all the time it went on; ``sound``: whether its page sends sound."""

    session: InterviewSession
    recorders: Recorders
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

    @property
    def over(self) -> bool:
        return replay(self.script, self.past)[0].finished


@dataclass(frozen=True, slots=True)
class Opening:
    journals: Path
    recordings: Path
    node: str
    database: Database
    recogniser: Recogniser
    voice: Voice
    coverage: LiveCoverage
    jobs: FinaliseJobs
    clock: Callable[[], datetime]
    load: Load
    browser: BrowserSound | None = None

    async def bring_up(self, interview_id: str) -> Running:
        """Raises UnknownInterview, or InterviewOver where the outcome is written."""
        restored = await self.restored(interview_id)
        bundle, script = restored.bundle, restored.script
        parts = SessionParts(
            journal=Journal(self.journals, interview_id),
            outcome=Outcome(self.database, self.jobs, self.clock, interview_id, self.node),
            voice=self.voice,
            recognise=InterviewRecogniser(self.recogniser, self.load, script.language, bundle.plan.vocabulary),
            coverage=self.coverage,
            key_points={q.id: bundle.rubrics[q.rubric].key_points for q in bundle.plan.questions},
            browser=self.browser,
        )
        folder = self.recordings / interview_id
        # The recording may go on after the last event: what is said next must not be written over it.
        recorded_to = max(length(folder, "candidate"), length(folder, "melvin"))
        session = InterviewSession(interview_id, script, parts, restored.past, recorded_to)
        recorders = Recorders(Recorder(folder, "candidate"), Recorder(folder, "melvin"))
        if session.conversation.finished:
            session.finish(session.conversation.ending)  # the outcome was never written: a crash came between
        else:
            session.start()
            session.prepare(script.all_texts())
        return Running(session, recorders, bundle.hash, whole=not restored.past)

    async def restored(self, interview_id: str) -> _Restored:
        """As :meth:`bring_up`, without starting anything."""
        async with self.database.session() as db:
            row = await find_interview(db, interview_id)
            if row is None:
                raise UnknownInterview(interview_id)
            if row.status not in RUNNING:
                raise InterviewOver
            stored = {e.seq: {**e.body, "kind": e.kind, "at": e.at} for e in await read_events(db, interview_id)}
            bundle = filled(PlanBundle.from_dict(row.invitation.plan.body), row.invitation.variables)
        # The journal may be ahead of its copy in the database, by a second or by a whole outage.
        stored |= {int(e["seq"]): e for e in Journal(self.journals, interview_id).read()}
        past = tuple(event_from_dict(stored[seq]) for seq in sorted(stored))
        return _Restored(bundle, Script.from_dict(row.script), past)
