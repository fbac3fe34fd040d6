"""The shapes of the API: what goes in is checked strictly, what comes out may grow fields within v1."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from interviewer.http.inviting import InvitationStatus, invitation_status
from interviewer.records import tables
from interviewer.records.reviews import GivenReview
from scoring.scorecard import ScoreStatus
from scoring.transcript import Mode, Side

__all__ = [
    "Candidate", "CandidateIn", "Interview", "Invitation", "InvitationIn", "ListOf", "Plan", "PlanIn", "PlanRef",
    "ProblemDocument", "ReviewDocument", "Reviews", "Scorecards", "TranscriptDocument",
]  # fmt: skip

Item = TypeVar("Item")


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlanIn(_In):
    name: str = Field(max_length=64, examples=["generalist-ai-trainer"])
    version: int | None = Field(default=None, ge=1, description="the newest where none is given")


class CandidateIn(_In):
    name: str = Field(min_length=1, max_length=200, description="shown to recruiters; never given to a judge")
    email: str | None = Field(default=None, max_length=254)


class InvitationIn(_In):
    plan: PlanIn
    candidate: CandidateIn
    variables: dict[str, Annotated[str, Field(max_length=200)]] = Field(default_factory=dict, max_length=50)
    accommodation: float = Field(default=1.0, description="time limits are multiplied by it: 1.0, 1.25, 1.5 or 2.0")
    expires_at: AwareDatetime | None = Field(default=None, description="a week from now where none is given")


class PlanRef(BaseModel):
    id: str
    name: str
    version: int
    title: str
    hash: str

    @classmethod
    def of(cls, row: tables.PlanVersion) -> Self:
        return cls(id=row.id, name=row.name, version=row.version, title=row.title, hash=row.hash)


class Candidate(BaseModel):
    id: str
    name: str
    email: str | None

    @classmethod
    def of(cls, row: tables.Candidate) -> Self:
        return cls(id=row.id, name=row.name, email=row.email)


class Invitation(BaseModel):
    object: Literal["invitation"] = "invitation"
    id: str
    livemode: bool
    status: InvitationStatus
    plan: PlanRef
    candidate: Candidate
    variables: dict[str, str]
    accommodation: float
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    interview_id: str | None
    link: str | None = Field(default=None, description="in the reply that made the invitation, and never again")

    @classmethod
    def of(cls, row: tables.Invitation, now: datetime, link: str | None = None) -> Self:
        return cls(
            id=row.id,
            livemode=row.livemode,
            status=invitation_status(row, now),
            plan=PlanRef.of(row.plan),
            candidate=Candidate.of(row.candidate),
            variables=row.variables,
            accommodation=row.accommodation,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            interview_id=row.interview.id if row.interview else None,
            link=link,
        )


class Interview(BaseModel):
    object: Literal["interview"] = "interview"
    id: str
    livemode: bool
    status: Literal["created", "live", "paused", "checking", "submitted", "scored"]
    end_reason: str | None
    invitation_id: str
    plan: PlanRef
    candidate: Candidate
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    submitted_at: datetime | None
    scored_at: datetime | None
    failure: str | None = Field(description="why a job could not finish, in plain words")

    @classmethod
    def of(cls, row: tables.Interview) -> Self:
        return cls(
            id=row.id,
            livemode=row.invitation.livemode,
            status=row.status,  # type: ignore[arg-type] # Pydantic checks it against the names above
            end_reason=row.end_reason,
            invitation_id=row.invitation_id,
            plan=PlanRef.of(row.invitation.plan),
            candidate=Candidate.of(row.invitation.candidate),
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            submitted_at=row.submitted_at,
            scored_at=row.scored_at,
            failure=row.failure,
        )


class ListOf(BaseModel, Generic[Item]):
    """A page, newest first. The next one: the last item's id as ``starting_after``."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool


class WordDocument(BaseModel):
    text: str
    start: float = Field(description="seconds on the interview's clock")
    end: float
    confidence: float | None = Field(description="the recogniser's probability; null for what a person typed")


class TurnDocument(BaseModel):
    side: Side
    mode: Mode
    text: str
    start: float
    end: float
    question_id: str | None
    words: list[WordDocument]


class TranscriptDocument(BaseModel):
    object: Literal["transcript"] = "transcript"
    interview_id: str
    version: int
    source: Literal["live", "record", "candidate"]
    created_at: datetime
    language: str
    turns: list[TurnDocument]


class EvidenceDocument(BaseModel):
    start: int = Field(description="offset into the answer's text, in characters")
    end: int
    quote: str
    key_point: str | None
    similarity: float | None
    audio_start: float | None
    audio_end: float | None


class CriterionDocument(BaseModel):
    criterion_id: str
    status: ScoreStatus
    reason: str
    probabilities: tuple[float, float, float, float, float] | None = Field(description="of levels 1 to 5")
    level: int | None = Field(description="a hint, and no result, while calibration is `uncalibrated`")
    expected: float | None
    confidence: float | None
    evidence: list[EvidenceDocument]
    missing: list[str] = Field(description="ids of key points that the answer does not cover")
    interval: tuple[float, float] | None = Field(
        default=None, description="of the expected level: people's in 90 % of answers, or a panel's lowest to highest"
    )
    agreement: float | None = Field(default=None, description="of a panel's members, 0 to 1")


class OverallDocument(BaseModel):
    """The answer as a whole, from a judge fitted to people's overall ratings of this question."""

    probabilities: tuple[float, float, float, float, float]
    level: int
    expected: float
    confidence: float
    interval: tuple[float, float]
    calibration: str
    reason: str


class CallDocument(BaseModel):
    """One call to a language model. ``raw`` is its reply as it came."""

    model: str
    prompt_hash: str
    seed: int | None
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    raw: str | None
    problem: str | None = Field(description="why the reply was not used")


class ProvenanceDocument(BaseModel):
    rubric: str
    rubric_version: int
    rubric_hash: str
    answer_hash: str
    judge: str
    judge_version: str
    model: str
    calibration: str
    created_at: datetime
    masking: str = Field(default="", description="version of what was hidden from the judge: names, pronouns, schools")


class ScorecardDocument(BaseModel):
    object: Literal["scorecard"] = "scorecard"
    id: str
    answer_id: str
    question_id: str
    transcript_version: int
    criteria: list[CriterionDocument]
    total: float | None = Field(description="null while uncalibrated, and where a criterion is not scored")
    provenance: ProvenanceDocument
    overall: OverallDocument | None = None
    calls: list[CallDocument] = Field(default_factory=list)
    passing_failure: bool = Field(default=False, description="the judge failed, and is asked again by itself")


class Scorecards(BaseModel):
    object: Literal["list"] = "list"
    interview_id: str
    data: list[ScorecardDocument]
    has_more: bool = False


class ReviewerDocument(BaseModel):
    id: str = Field(description="of the account, the same for all reviews of one person")
    name: str


class ReviewDocument(BaseModel):
    object: Literal["review"] = "review"
    id: str
    answer_id: str
    question_id: str
    transcript_version: int = Field(description="the one that was read")
    rubric_hash: str
    levels: dict[str, int] = Field(description="1 to 5 by criterion; a criterion that was given none is left out")
    comment: str
    hints_seen: bool = Field(description="whether a judge's levels were in sight; they pull people's towards them")
    reviewer: ReviewerDocument
    created_at: datetime

    @classmethod
    def of(cls, given: GivenReview) -> Self:
        row = given.row
        return cls(
            id=row.id,
            answer_id=row.answer_id,
            question_id=given.question_id,
            transcript_version=row.transcript_version,
            rubric_hash=row.rubric_hash,
            levels=row.levels,
            comment=row.comment,
            hints_seen=row.hints_seen,
            reviewer=ReviewerDocument(id=row.account_id, name=given.reviewer),
            created_at=row.created_at,
        )


class Reviews(BaseModel):
    object: Literal["list"] = "list"
    interview_id: str
    data: list[ReviewDocument]
    has_more: bool = False


class VariableDocument(BaseModel):
    name: str
    description: str
    examples: list[str]
    choices: list[str]
    default: str | None
    max_length: int


class QuestionDocument(BaseModel):
    id: str
    kind: Literal["spoken", "written"]
    title: str
    rubric: str


class Plan(BaseModel):
    object: Literal["plan"] = "plan"
    name: str
    version: int
    title: str
    summary: str
    language: str
    minutes: int
    hash: str
    variables: list[VariableDocument]
    questions: list[QuestionDocument]


class ProblemError(BaseModel):
    param: str
    reason: str


class ProblemDocument(BaseModel):
    """RFC 9457. ``code`` is stable and made for programs; ``title`` and ``detail`` are for people."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    param: str | None = None
    errors: list[ProblemError] | None = None
