"""Finished interviews as live interviews leave them: event log, live transcript, answers, and a recording on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.conversation.casting import script_for
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import event_to_dict
from interviewer.conversation.history import turns
from interviewer.conversation.script import RATE, Script
from interviewer.jobs.work import Work
from interviewer.live.outcome import live_transcript
from interviewer.media.recording import Recorder
from interviewer.plans.library import Library, PlanBundle, default_folder
from interviewer.records.answers import NewAnswer, put_answers
from interviewer.records.database import Database
from interviewer.records.events import append_events
from interviewer.records.interviews import create_interview, set_status
from interviewer.records.invitations import create_invitation
from interviewer.records.objects import ObjectStore
from interviewer.records.plan_versions import store_plan
from interviewer.records.transcripts import add_transcript
from interviewer.speech.whisper import Recognition
from scoring.judges.base import CriterionJudgement, JudgeFailed, Judgement
from scoring.rubric import Rubric
from scoring.transcript import Answer, Word
from tests.conversation.scripted import Candidate

PLAN = "generalist-ai-trainer"
SAID = "I worked as a fact checker. Every name had to be right before we printed it."


@cache
def bundle() -> PlanBundle:
    return Library.load(default_folder()).get(PLAN)


@cache
def script() -> Script:
    return script_for(bundle(), {})


class ScriptedRecogniser:
    """Hears one word a second, and counts what it was given; stands in where the words do not matter."""

    model = "scripted"

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.heard: list[npt.NDArray[np.int16]] = []

    def load(self) -> None:
        return None

    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition:
        if self.failure:
            raise self.failure
        self.heard.append(pcm)
        words = tuple(Word(f"word{n}", float(n), n + 0.5, 0.9) for n in range(len(pcm) // RATE))
        return Recognition(" ".join(w.text for w in words), words, 0.9, len(pcm) / RATE, 0.0)


class ScriptedJudge:
    """Says of every criterion that there is nothing to see, and remembers what it read."""

    name = "scripted"
    version = "1"
    model = "none"
    calibration = "uncalibrated"

    def __init__(self) -> None:
        self.read: list[Answer] = []
        self.failure: JudgeFailed | None = None

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if self.failure:
            raise self.failure
        self.read.append(answer)
        return Judgement({c.id: CriterionJudgement(None, "Nothing here.") for c in rubric.criteria})


@dataclass
class Bench:
    """A :class:`Work` with its parts at hand."""

    work: Work
    recogniser: ScriptedRecogniser = field(default_factory=ScriptedRecogniser)
    judge: ScriptedJudge = field(default_factory=ScriptedJudge)


def a_bench(database: Database, folder: Path) -> Bench:
    recogniser, judge = ScriptedRecogniser(), ScriptedJudge()
    work = Work(
        database=database, objects=ObjectStore(folder / "objects"), recordings=folder / "recordings",
        journals=folder / "journals",        recogniser=recogniser, make_judge=lambda: judge,
    )  # fmt: skip
    return Bench(work, recogniser, judge)


def typed_through() -> Candidate:
    """Every question answered in writing."""
    candidate = Candidate(Conversation(script()))
    candidate.connect(audio=False)
    for number in range(30):
        if candidate.finished:
            return candidate
        candidate.wait_for_prompt()
        candidate.type(f"{SAID} That was in year {number}.")  # the same text again would be a double click
        candidate.wait(6)
    raise AssertionError("the interview did not end")


def spoken_then_ended(spoken: Iterable[tuple[str, float]]) -> Candidate:
    """Speak each (text, seconds) to its prompt, then end the interview."""
    candidate = Candidate(Conversation(script()))
    candidate.connect()
    for text, seconds in spoken:
        candidate.wait_for_prompt()
        candidate.wait(1)
        candidate.speak(text, seconds)
        candidate.wait(6)
    candidate.press("end")
    candidate.wait(10)
    assert candidate.finished
    return candidate


async def stored(database: Database, candidate: Candidate, *, name: str = "An Le") -> str:
    """The interview's id; its status is ``checking``, as at the end of a live one."""
    plan = bundle()
    async with database.session() as session:
        version = await store_plan(
            session, name=plan.plan.plan, version=plan.plan.version, hash=plan.hash, title=plan.plan.title,
            body=plan.to_dict(),
        )  # fmt: skip
        invitation, _ = await create_invitation(
            session, plan_id=version.id, candidate_name=name, candidate_email=None, variables={},
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )  # fmt: skip
        interview = await create_interview(session, invitation.id, script().to_dict())
        logged = [event_to_dict(e) for e in candidate.log]
        await append_events(
            session,
            interview.id,
            [(n, e.pop("at"), e.pop("kind"), e) for n, e in enumerate(logged, start=1)],
        )
        statuses = candidate.conversation.statuses()
        await put_answers(
            session,
            interview.id,
            [NewAnswer(q.id, n, q.kind, statuses[q.id]) for n, q in enumerate(script().questions)],
        )
        heard = live_transcript("en", turns(script(), candidate.log)).to_dict()
        await add_transcript(session, interview.id, "live", heard, made_from="live")
        await set_status(session, interview.id, "checking", ended_at=datetime.now(UTC), end_reason="complete")
    return interview.id


def recorded(folder: Path, interview_id: str, sounds: Iterable[tuple[int, npt.NDArray[np.int16]]]) -> None:
    """Write the candidate's side: (start in samples, samples) each; nothing was received between them."""
    recorder = Recorder(folder / "recordings" / interview_id, "candidate")
    for start, samples in sounds:
        recorder.write(start, samples)
    recorder.close()
