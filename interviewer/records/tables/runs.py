"""Scoring runs: one judge and rubric version over many answers, and what keeps their workers in step."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json

__all__ = ["AnswerEmbeddings", "JudgeAllowance", "JudgeSlot", "ScoringRun", "ScoringRunItem"]


class ScoringRun(Base):
    """``status``: preparing, running, paused, completed, cancelled. ``asked`` says which answers; ``rubric`` is the
    rubric as it was given, None where each answer is judged by that of its own plan. ``judge`` is a kind of judge.

    ``problem`` is a plain sentence while something outside holds the run up, until ``waits_until`` or until a person
    mends it. ``total``, ``done``, ``failed`` and ``reused`` count its items; where ``total`` is None, somebody has to.
    """

    __tablename__ = "scoring_runs"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("run"))
    status: Mapped[str] = mapped_column(default="preparing")
    asked: Mapped[Json]
    rubric: Mapped[Json | None]
    judge: Mapped[str]
    dry_run: Mapped[bool]
    requested_by: Mapped[str]
    problem: Mapped[str | None]
    waits_until: Mapped[datetime | None]
    total: Mapped[int | None]
    done: Mapped[int | None]
    failed: Mapped[int | None]
    reused: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_at", "id"), Index(None, "status"))


class ScoringRunItem(Base):
    """One answer of a run. ``status``: todo, done, failed (set aside after its last try). ``tries`` counts those begun.

    ``before`` and ``after`` hold {criterion id: [level, expected level]} of the scorecard that stood when the run was
    made and of the new one; ``reused`` where that had been made before. A dry run stores no scorecard.
    """

    __tablename__ = "scoring_run_items"

    run_id: Mapped[str] = mapped_column(ForeignKey("scoring_runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    transcript_version: Mapped[int]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    status: Mapped[str] = mapped_column(default="todo")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    error: Mapped[str | None]
    scorecard_id: Mapped[str | None]
    reused: Mapped[bool] = mapped_column(default=False)
    finished_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("run_id", "answer_id"), Index(None, "run_id", "status", "finished_at"))


class AnswerEmbeddings(Base):
    """Sentence embeddings of an answer, so that another rubric costs no second reading. ``texts`` holds 16 bytes of
    SHA-256 for each text, ``vectors`` a row of little-endian float32 for each. Deleted with the answer."""

    __tablename__ = "answer_embeddings"

    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[bytes]
    vectors: Mapped[bytes]


class JudgeAllowance(Base):
    """A token bucket for each endpoint of a judge. A crash may forget it: a count that starts anew harms nobody."""

    __tablename__ = "judge_allowances"

    endpoint: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime]

    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class JudgeSlot(Base):
    """A request to an endpoint that is in flight, of the worker ``holder``, which renews it while it lives."""

    __tablename__ = "judge_slots"

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str] = mapped_column(index=True)
    holder: Mapped[str]
    until: Mapped[datetime]

    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy reads a plain dict
