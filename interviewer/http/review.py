"""What a reviewer sees of one interview, gathered from the records; the page and the downloads read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.event_log import ShownEvent, in_words
from interviewer.http.problems import Problem
from interviewer.http.spoken_text import OPENING, ShownTurn, turns_by_question
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records import (
    answers,
    camera,
    consents,
    events,
    interviews,
    recordings,
    reviews,
    scorecards,
    transcripts,
)
from interviewer.records.reviews import GivenReview
from interviewer.records.tables import (
    AnswerRow,
    CameraSegment,
    Consent,
    Interview,
    InterviewEvent,
    Recording,
    ScorecardRow,
    TranscriptRow,
)
from scoring.difference import Operation, word_difference
from scoring.rubric import Criterion, Rubric
from scoring.scorecard import CriterionScore, Scorecard
from scoring.total import total
from scoring.transcript import Side, Transcript

__all__ = ["AnswerSection", "CriterionRow", "Review", "ScoredAnswer", "found", "gather"]

UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion's words beside what the judge found; ``missing`` are key points in words."""

    criterion: Criterion
    score: CriterionScore
    missing: tuple[str, ...]

    @property
    def anchors(self) -> list[tuple[int, str, bool]]:
        """Level, its anchor, and whether the judge points at it."""
        return [(level, self.criterion.anchors[level], level == self.score.level) for level in range(1, 6)]

    @property
    def confidence(self) -> int | None:
        """Per cent."""
        return None if self.score.confidence is None else round(self.score.confidence * 100)

    @property
    def range_words(self) -> str:
        """What the interval and the agreement say, for a reader; empty without them."""
        if self.score.interval is None:
            return ""
        low, high = self.score.interval
        if self.score.agreement is not None:
            agreed = round(self.score.agreement * 100)
            return f"The panel's members lie between {low:.1f} and {high:.1f}; they agree to {agreed} %."
        return f"People would give between {low:.1f} and {high:.1f} in nine of ten such answers."


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """``other_rubric``: scored under another version of the rubric than the one in the invitation's plan."""

    row: ScorecardRow
    card: Scorecard
    criteria: tuple[CriterionRow, ...]
    total: float | None
    other_rubric: bool


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    id: str
    title: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class AnswerSection:
    """One question: what was said and typed, what a judge and people made of it, and what the candidate changed in the
    transcript. ``answer_id`` is None where the question has no answer, not even an empty one."""

    question_id: str
    number: int
    title: str
    text: str
    kind: str
    status: str
    answer_id: str | None
    rubric: Rubric
    turns: list[ShownTurn]
    scored: ScoredAnswer | None
    reviews: list[GivenReview]
    difference: list[tuple[Operation, str, str]]

    @property
    def changed(self) -> bool:
        return any(op != "equal" for op, _, _ in self.difference)

    @property
    def rateable(self) -> bool:
        """Whether there is anything that a person could give a level to."""
        return self.answer_id is not None and any(t.side is Side.CANDIDATE for t in self.turns)

    def review_by(self, account_id: str) -> GivenReview | None:
        return next((r for r in self.reviews if r.row.account_id == account_id), None)


@dataclass(frozen=True)
class Review:
    """Rows as they are stored. ``shown`` is the transcript version on the page."""

    interview: Interview
    bundle: PlanBundle
    consent: Consent | None
    answers: list[AnswerRow]
    transcripts: list[TranscriptRow]
    scorecards: list[ScorecardRow]
    reviews: list[GivenReview]
    recordings: list[Recording]
    camera: list[CameraSegment]
    events: list[InterviewEvent]
    shown: TranscriptRow | None

    @cached_property
    def questions(self) -> list[AskedQuestion]:
        """As the interview asked them; as the invitation's plan asks them where its script names none."""
        asked = self.interview.script.get("questions", [])
        if not asked:
            asked = [q.model_dump() for q in self._own_plan.plan.questions]
        return [AskedQuestion(q["id"], q["title"], q["text"], q["kind"]) for q in asked]

    @cached_property
    def titles(self) -> dict[str, str]:
        return {q.id: q.title for q in self.questions}

    @cached_property
    def _own_plan(self) -> PlanBundle:
        """With the invitation's variables in its texts."""
        return filled(self.bundle, self.interview.invitation.variables)

    @cached_property
    def _turns(self) -> dict[str, list[ShownTurn]]:
        if self.shown is None:
            return {OPENING: []}
        return turns_by_question(Transcript.from_dict(self.shown.body), list(self.titles))

    @property
    def opening(self) -> list[ShownTurn]:
        return self._turns[OPENING]

    @cached_property
    def sections(self) -> list[AnswerSection]:
        rows = {row.question_id: row for row in self.answers}
        cards = {row.answer_id: row for row in self.scorecards}
        rubrics = self._rubrics()
        sections = []
        for number, question in enumerate(self.questions, start=1):
            row = rows.get(question.id)
            card = cards.get(row.id) if row else None
            sections.append(
                AnswerSection(
                    question.id,
                    number,
                    question.title,
                    question.text,
                    question.kind,
                    row.status if row else "not-reached",
                    row.id if row else None,
                    rubrics[question.id],
                    self._turns.get(question.id, []),
                    _scored(card, rubrics[question.id]) if card is not None else None,
                    [r for r in self.reviews if r.question_id == question.id],
                    self._difference(question.id),
                )
            )
        return sections

    @property
    def uncalibrated(self) -> bool:
        return any(s.scored is not None and s.scored.card.provenance.calibration == UNCALIBRATED for s in self.sections)

    @property
    def mix(self) -> Recording | None:
        return next((r for r in self.recordings if r.side == "mix"), None)

    @property
    def seconds(self) -> float | None:
        """Length of the recording."""
        return None if self.mix is None else self.mix.samples / self.mix.rate

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """Where each segment of the camera lies, for the player: address, and start and end in seconds."""
        return [
            {
                "src": f"/interviews/{self.interview.id}/camera/{s.id}",
                "start": round(s.at / 16_000, 3),
                "end": round((s.at + s.samples) / 16_000, 3),
            }
            for s in self.camera
        ]

    @property
    def log(self) -> list[ShownEvent]:
        """The events in words, without the hum of coverage and drafts that says nothing to a reader."""
        shown = (e for e in self.events if e.kind not in ("draft", "tick"))
        return [in_words(e.seq, e.at, e.kind, e.body, self.titles) for e in shown]

    def _rubrics(self) -> Mapping[str, Rubric]:
        return {q.id: self._own_plan.rubrics[q.rubric] for q in self._own_plan.plan.questions}

    def _difference(self, question_id: str) -> list[tuple[Operation, str, str]]:
        """From the record transcript to the candidate's latest correction; empty where there is not one of each."""
        latest = {row.source: row for row in self.transcripts}
        if "record" not in latest or "candidate" not in latest:
            return []
        old, new = (_spoken_text(latest[source].body, question_id) for source in ("record", "candidate"))
        return word_difference(old, new)


def _spoken_text(body: Mapping[str, Any], question_id: str) -> str:
    transcript = Transcript.from_dict(body)
    own = [t.text for t in transcript.turns if t.side is Side.CANDIDATE and t.question_id == question_id]
    return "\n\n".join(own)


def _scored(row: ScorecardRow, rubric: Rubric) -> ScoredAnswer:
    card = Scorecard.from_dict(row.body)
    points = {p.id: p.text for p in rubric.key_points}
    known = {c.id: c for c in rubric.criteria}
    rows = tuple(
        CriterionRow(known[s.criterion_id], s, tuple(points.get(m, m) for m in s.missing))
        for s in card.criteria
        if s.criterion_id in known
    )
    same = card.provenance.rubric_hash == rubric.hash
    return ScoredAnswer(row, card, rows, total(card, rubric) if same else None, not same)


async def found(session: AsyncSession, interview_id: str, *, livemode: bool | None = None) -> Interview:
    """With invitation, candidate and plan. Raises ``not-found`` (404), also where it is not of that ``livemode``."""
    interview = await interviews.interview(session, interview_id)
    if interview is None or livemode not in (None, interview.livemode):
        raise Problem(404, "not-found", "There is no such interview", f"No interview has the id {interview_id}.")
    return interview


async def gather(
    session: AsyncSession, interview_id: str, version: int | None = None, *, livemode: bool | None = None
) -> Review:
    """``version``: the transcript to show; None for the one that is scored. Raises as :func:`found`."""
    interview = await found(session, interview_id, livemode=livemode)
    versions = await transcripts.transcripts_of(session, interview_id)
    best = await transcripts.best_transcript(session, interview_id)
    shown = best if version is None else next((t for t in versions if t.version == version), None)
    if version is not None and shown is None:
        raise Problem(404, "not-found", "There is no such transcript", f"This interview has no transcript {version}.")
    return Review(
        interview=interview,
        bundle=PlanBundle.from_dict(interview.invitation.plan.body),
        consent=await consents.consent_for(session, interview.invitation_id),
        answers=await answers.answers_of(session, interview_id),
        transcripts=versions,
        scorecards=await scorecards.scorecards_of(session, interview_id),
        reviews=await reviews.reviews_of(session, interview_id),
        recordings=await recordings.recordings_of(session, interview_id),
        camera=await camera.segments_of(session, interview_id),
        events=await events.read_events(session, interview_id),
        shown=shown,
    )
