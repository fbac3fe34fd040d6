"""A plausible finished interview in the database and the object store, made by the records' own functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import soundfile

from interviewer.conversation.casting import script_for
from interviewer.plans.library import Library, PlanBundle
from interviewer.plans.variables import announced
from interviewer.records import (
    answers,
    consents,
    events,
    interviews,
    invitations,
    plan_versions,
    recordings,
    scorecards,
    transcripts,
)
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from scoring.correction import corrected
from scoring.judges.base import Citation, CriterionJudgement, Judgement
from scoring.masking import reading
from scoring.rubric import Rubric
from scoring.score import score
from scoring.transcript import Answer, Mode, Side, Transcript, Turn, Word

RATE = 16_000
NOW = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)

BACKGROUND = (
    "I worked for six years as a fact checker at a regional newspaper. The week before an election every name and "
    "every number had to be right. Once I found that a candidate's quote was from another year, so I called the "
    "archive and we corrected it before print."
)
MOON = (
    "A long time ago, when your grandma was a little girl, three men got into a huge rocket. It was as tall as a very "
    "tall building. They flew for three whole days. Then two of them went down in a little ship with legs like a "
    "spider. There is no air up there, so they wore big white suits. And you can jump really high on the moon, like on "
    "a trampoline. Then they flew home and splashed into the sea."
)
MOON_MISHEARD = MOON.replace("legs like a spider", "legs like a cider")
PROBE_ANSWER = "They wanted to know what it is made of, and if people could really do it."
TYPED = "Good answers name their source. <b>This one</b> names none, & it is wrong about the year."


@dataclass(frozen=True)
class Finished:
    """Ids and the one link of a stored interview."""

    interview_id: str
    invitation_id: str
    token: str


class ScriptedJudge:
    """A judge without models: it cites the answer's first sentences. Its citations are verified like any other's."""

    name = "scripted"
    version = "1"
    model = "none"

    def __init__(self, calibration: str = "uncalibrated") -> None:
        self.calibration = calibration

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        del question_text
        sentences = [s for s in answer.text.replace("\n\n", " ").split(". ") if len(s.split()) > 3]
        found: dict[str, CriterionJudgement] = {}
        levels = ((0.02, 0.08, 0.2, 0.5, 0.2), (0.05, 0.2, 0.45, 0.2, 0.1), None)
        for place, criterion in enumerate(rubric.criteria):
            spread = levels[place % 3]
            quote = sentences[place % len(sentences)].rstrip(".")
            at = answer.text.index(quote)
            points = [p.id for p in criterion.key_points]
            cited = (Citation(at, at + len(quote), quote, points[0], 0.71),) if spread else ()
            reason = "Says it with an example of its own." if spread else "Nothing in the answer speaks to this."
            found[criterion.id] = CriterionJudgement(spread, reason, cited, tuple(points[1:3]))
        return Judgement(found)


def spoken(side: Side, text: str, start: float, question_id: str | None, doubtful: Sequence[str] = ()) -> Turn:
    """A turn of about 2.6 words a second with a time for every word."""
    words, at = [], start
    for token in text.split():
        length = 0.12 + 0.045 * len(token)
        bare = token.strip(".,")
        words.append(Word(token, round(at, 2), round(at + length, 2), 0.31 if bare in doubtful else 0.93))
        at += length + 0.06
    return Turn(side, Mode.SPOKEN, text, start, round(at, 2), question_id, tuple(words))


def told(bundle: PlanBundle, moon: str) -> Transcript:
    """The whole talk: opening, two spoken answers (the second with a probe), a typed one; the rest was not reached."""
    first, second, third = bundle.plan.questions[:3]
    turns: list[Turn] = []

    def say(side: Side, text: str, question_id: str | None, doubtful: Sequence[str] = ()) -> None:
        start = turns[-1].end + 0.8 if turns else 0.6
        turns.append(spoken(side, text, start, question_id, doubtful))

    say(Side.MELVIN, "Hello, I am Melvin. I am an AI, and I will ask you a few questions.", None)
    say(Side.MELVIN, first.text, first.id)
    say(Side.CANDIDATE, BACKGROUND, first.id, ("archive", "quote"))
    say(Side.MELVIN, "Thank you. Let us go on.", None)
    say(Side.MELVIN, second.text, second.id)
    say(Side.CANDIDATE, moon, second.id, ("cider", "spider"))
    say(Side.MELVIN, second.probes[-1].text, second.id)
    say(Side.CANDIDATE, PROBE_ANSWER, second.id)
    say(Side.MELVIN, third.text, third.id)
    at = turns[-1].end + 20
    turns.append(Turn(Side.CANDIDATE, Mode.TYPED, TYPED, at, at, third.id))
    return Transcript(bundle.plan.language, tuple(turns))


def sound(transcript: Transcript) -> np.ndarray:
    """Every word as a short tone at its place, so that a listener hears where the player is."""
    length = int((transcript.turns[-1].end + 1) * RATE)
    samples = np.zeros(length, np.float32)
    for turn in transcript.turns:
        pitch = 140 if turn.side is Side.MELVIN else 220
        for place, word in enumerate(turn.words):
            first, last = int(word.start * RATE), int(word.end * RATE)
            clock = np.arange(last - first) / RATE
            fade = np.sin(np.pi * np.arange(last - first) / (last - first))
            samples[first:last] = 0.2 * fade * np.sin(2 * np.pi * (pitch + 12 * (place % 7)) * clock)
    return samples


async def finished_interview(
    database: Database,
    library: Library,
    objects: ObjectStore,
    folder: Path,
    *,
    name: str = "Maria Ionescu",
    calibration: str = "uncalibrated",
) -> Finished:
    """Scored, with three transcripts (the candidate mended one word), three recordings, events and consent."""
    bundle = library.get("generalist-ai-trainer")
    invitation_id, token = await invited(database, bundle, name=name)
    heard, mended = told(bundle, MOON_MISHEARD), told(bundle, MOON)
    turns = tuple(corrected(old, new.text) for old, new in zip(heard.turns, mended.turns, strict=True))
    final = Transcript(heard.language, turns)
    async with database.session() as session:
        notice = bundle.notice.filled(announced(bundle.plan))
        await consents.record_consent(
            session,
            invitation_id=invitation_id,
            notice_hash=notice.hash,
            notice_text=notice.model_dump(mode="json"),
            language="en",
        )
        script = script_for(bundle, {})
        interview = await interviews.create_interview(session, invitation_id, script.to_dict())
        rows = [
            answers.NewAnswer(q.id, place, q.kind, "answered" if place <= 3 else "not-reached")
            for place, q in enumerate(bundle.plan.questions, start=1)
        ]
        await answers.put_answers(session, interview.id, rows)
        await transcripts.add_transcript(session, interview.id, "live", heard.to_dict())
        await transcripts.add_transcript(session, interview.id, "record", heard.to_dict())
        version = await transcripts.add_transcript(session, interview.id, "candidate", final.to_dict())
        for row in (await answers.answers_of(session, interview.id))[:3]:
            question = next(q for q in bundle.plan.questions if q.id == row.question_id)
            rubric = bundle.rubrics[question.rubric]
            judge = ScriptedJudge(calibration)
            card = score(final.answer(row.question_id), rubric, judge, question_text=question.text, now=NOW)
            await scorecards.put_scorecard(
                session,
                answer_id=row.id,
                transcript_version=version,
                rubric_hash=rubric.hash,
                judge=judge.name,
                judge_version=reading(judge.version),
                body=card.to_dict(),
            )
        await events.append_events(session, interview.id, _events(final))
        await interviews.set_status(
            session,
            interview.id,
            "scored",
            end_reason="completed",
            started_at=NOW,
            ended_at=NOW + timedelta(minutes=4),
            submitted_at=NOW + timedelta(minutes=6),
            scored_at=NOW + timedelta(minutes=7),
        )
    await _record(database, objects, folder, interview.id, final)
    return Finished(interview.id, invitation_id, token)


async def invited(
    database: Database, bundle: PlanBundle, *, name: str = "Maria Ionescu", expires_at: datetime | None = None
) -> tuple[str, str]:
    """An invitation's id and its token."""
    async with database.session() as session:
        plan = await plan_versions.store_plan(
            session,
            name=bundle.plan.plan,
            version=bundle.plan.version,
            hash=bundle.hash,
            title=bundle.plan.title,
            body=bundle.to_dict(),
        )
        made, token = await invitations.create_invitation(
            session,
            plan_id=plan.id,
            candidate_name=name,
            candidate_email=None,
            variables={},
            expires_at=expires_at or datetime.now(UTC) + timedelta(days=7),
        )
    return made.id, token


async def _record(
    database: Database, objects: ObjectStore, folder: Path, interview_id: str, transcript: Transcript
) -> None:
    samples = sound(transcript)
    file = folder / f"{interview_id}.flac"
    soundfile.write(file, samples, RATE, format="FLAC", subtype="PCM_16")
    for side in get_args(recordings.RecordedSide):  # also those that only some interviews have
        key = f"recordings/{interview_id}/{side}.flac"
        sha256 = await objects.put_file(key, file)
        async with database.session() as session:
            await recordings.put_recording(
                session,
                interview_id=interview_id,
                side=side,
                object_key=key,
                sha256=sha256,
                rate=RATE,
                samples=len(samples),
                media_type="audio/flac",
            )


def _events(transcript: Transcript) -> list[tuple[int, int, str, dict[str, object]]]:
    log: list[tuple[int, str, dict[str, object]]] = [(0, "connected", {"epoch": 1, "audio": True})]
    for number, turn in enumerate(transcript.turns):
        start, end = int(turn.start * RATE), int(turn.end * RATE)
        question = {"question_id": turn.question_id}
        if turn.side is Side.MELVIN:
            log.append((end, "saying-ended", {"utterance": number, "cut": False}))
        elif turn.mode is Mode.TYPED:
            log.append((start, "mode-changed", {"typing": True}))
            log.append((end, "typed", {**question, "text": turn.text}))
        else:
            log.append((start, "speech-started", {}))
            log.append((end, "speech-ended", {"segment": number}))
            log.append((end, "heard", {**question, "segment": number, "start": start, "end": end, "text": turn.text}))
            log.append((end, "covered", {**question, "revision": 1, "key_points": ["rocket-journey"]}))
    log.append((log[-1][0], "pressed", {"button": "done"}))
    return [(seq, at, kind, body) for seq, (at, kind, body) in enumerate(sorted(log, key=lambda e: e[0]), start=1)]
