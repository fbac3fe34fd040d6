"""The shapes of scoring runs in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from interviewer.http.run_report import RunReport
from interviewer.records import tables
from interviewer.records.run_report import Changed, ItemRow
from interviewer.records.runs import Progress, RunStatus
from scoring.judges.choice import JudgeKind
from scoring.rubric import Rubric

__all__ = ["RunDocument", "RunIn", "RunItemDocument", "RunReportDocument"]

Id = Annotated[str, Field(max_length=64)]
MOST_IDS = 10_000


class RunFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: str | None = Field(default=None, max_length=64, description="a plan's name; any version of it")
    questions: list[Id] = Field(default_factory=list, max_length=100, description="ids of questions")
    ended_after: AwareDatetime | None = Field(default=None, description="the interview's end, this moment included")
    ended_before: AwareDatetime | None = None


class RubricRef(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, description="of a rubric in the prompts folder")


class RunIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filter: RunFilter = Field(default_factory=RunFilter)
    answer_ids: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="these answers alone")
    interview_ids: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="of these interviews alone")
    rubric: RubricRef | Rubric | None = Field(
        default=None,
        description="a whole rubric, or the name of one. It judges the answers to the questions of its name, unless"
        " answers or questions are named. Each answer is judged by its own plan's where none is given",
    )
    judge: JudgeKind | None = Field(default=None, description="the service's usual one where none is given")
    dry_run: bool = Field(default=False, description="judge and report, and store no scorecard")


class RunRubric(BaseModel):
    name: str
    version: int
    title: str
    hash: str


class ProgressDocument(BaseModel):
    total: int
    done: int
    failed: int = Field(description="set aside after five tries; `retry_failed` tries them again")
    left: int
    reused: int = Field(description="had been scored with just this before, and were not judged again")
    rate: float = Field(description="answers a second over the last minute, or over the whole run when it has ended")
    seconds_left: float | None = Field(description="at this rate")

    @classmethod
    def of(cls, progress: Progress) -> Self:
        return cls(
            total=progress.total,
            done=progress.done,
            failed=progress.failed,
            left=progress.left,
            reused=progress.reused,
            rate=round(progress.rate, 2),
            seconds_left=None if progress.seconds_left is None else round(progress.seconds_left, 1),
        )


class RunDocument(BaseModel):
    """`preparing`, `running`, `paused`, and in the end `completed` or `cancelled`."""

    object: Literal["scoring_run"] = "scoring_run"
    id: str
    livemode: bool
    status: RunStatus
    filter: RunFilter
    answer_ids: int = Field(description="how many were named")
    interview_ids: int = Field(description="how many were named")
    rubric: RunRubric | None
    judge: str
    dry_run: bool
    problem: str | None = Field(description="what holds it up, in plain words")
    waits_until: datetime | None = Field(description="when it goes on by itself")
    progress: ProgressDocument
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: tables.ScoringRun, progress: Progress) -> Self:
        asked = row.asked
        rubric = None if row.rubric is None else Rubric.model_validate(row.rubric)
        return cls(
            id=row.id,
            livemode=bool(asked.get("livemode", True)),
            status=row.status,  # type: ignore[arg-type] # Pydantic checks it against the names above
            filter=RunFilter(**{name: asked[name] for name in RunFilter.model_fields if name in asked}),
            answer_ids=len(asked.get("answers", ())),
            interview_ids=len(asked.get("interviews", ())),
            rubric=None
            if rubric is None
            else RunRubric(name=rubric.rubric, version=rubric.version, title=rubric.title, hash=rubric.hash),
            judge=row.judge,
            dry_run=row.dry_run,
            problem=row.problem,
            waits_until=row.waits_until,
            progress=ProgressDocument.of(progress),
            requested_by=row.requested_by,
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )


class RunItemDocument(BaseModel):
    object: Literal["scoring_run_item"] = "scoring_run_item"
    answer_id: str
    interview_id: str
    question_id: str
    status: Literal["todo", "done", "failed"]
    tries: int
    error: str | None = Field(description="why the last try failed, in plain words")
    scorecard_id: str | None
    reused: bool

    @classmethod
    def of(cls, row: ItemRow) -> Self:
        return cls.model_validate(row, from_attributes=True)


class WithPeopleDocument(BaseModel):
    answers: int = Field(description="answers that have a level of this side and one by people")
    same_level: int
    within_one: int
    kappa: float | None = Field(description="Cohen's, with quadratic weights; null where it is undefined")


class CriterionReportDocument(BaseModel):
    criterion_id: str
    before: list[int] = Field(description="answers at levels 1 to 5, then those without a level")
    after: list[int]
    moves: list[list[int]] = Field(description="row: level 1 to 5 before; column: after")
    compared: int = Field(description="answers with a level on both sides")
    same_level: int
    rank_correlation: float | None = Field(description="Spearman's, of expected levels; null where it is undefined")
    up: int = Field(description="answers that rose to the cut or over it")
    down: int = Field(description="answers that fell under it")
    rated: int = Field(description="answers to which people gave levels (reviews)")
    rated_unseen: int = Field(description="of these, given without a judge's levels in sight")
    people_before: WithPeopleDocument
    people_after: WithPeopleDocument


class CrossingDocument(BaseModel):
    interview_id: str
    answer_id: str
    question_id: str
    criterion_id: str
    before: int
    after: int

    @classmethod
    def of(cls, row: Changed) -> Self:
        return cls(
            interview_id=row.interview_id,
            answer_id=row.answer_id,
            question_id=row.question_id,
            criterion_id=row.criterion,
            before=row.before or 0,
            after=row.after or 0,
        )


class RunReportDocument(BaseModel):
    """Levels are hints of a judge; what they mean for a candidate is for people to decide."""

    object: Literal["scoring_run_report"] = "scoring_run_report"
    run_id: str
    cut: int
    criteria: list[CriterionReportDocument]
    crossing: list[CrossingDocument] = Field(description="the first hundred; the CSV has every answer")
    crossing_total: int

    @classmethod
    def of(cls, run_id: str, report: RunReport) -> Self:
        return cls(
            run_id=run_id,
            cut=report.cut,
            criteria=[CriterionReportDocument.model_validate(c, from_attributes=True) for c in report.criteria],
            crossing=[CrossingDocument.of(row) for row in report.crossing],
            crossing_total=report.crossing_total,
        )
