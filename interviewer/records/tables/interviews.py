"""From a plan's version to the log of its interview."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, func, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json

__all__ = ["Candidate", "Consent", "Interview", "InterviewEvent", "Invitation", "PlanVersion"]


class Candidate(Base):
    __tablename__ = "candidates"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cand"))
    name: Mapped[str]
    email: Mapped[str | None]
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_candidates_lower_email", text("lower(email)")),)


class PlanVersion(Base):
    """A plan as it was when somebody was invited to it, with its rubrics, persona, phrases and notice (``body``)."""

    __tablename__ = "plan_versions"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("plan"))
    name: Mapped[str]
    version: Mapped[int]
    hash: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    body: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Invitation(Base):
    """``source``: interview, or import where only an imported answer stands on it. ``plan_name`` and ``begun_at`` (when
    its interview began) repeat what other tables say: with them a list of any length is read off one index."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("inv"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidates.id"), index=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan_versions.id"), index=True)
    variables: Mapped[Json] = mapped_column(default=dict)
    accommodation: Mapped[float] = mapped_column(default=1.0)
    livemode: Mapped[bool] = mapped_column(default=True)
    plan_name: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(default="interview", server_default="interview")
    begun_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[str | None]

    candidate: Mapped[Candidate] = relationship(lazy="raise")
    plan: Mapped[PlanVersion] = relationship(lazy="raise")
    interview: Mapped[Interview | None] = relationship(lazy="raise", back_populates="invitation", viewonly=True)

    __table_args__ = (
        Index(None, "livemode", "source", "created_at", "id"),
        Index(None, "livemode", "source", "plan_name", "created_at", "id"),
        Index("ix_invitations_unused", "livemode", "created_at", "id", "expires_at",
              postgresql_where=text("begun_at IS NULL AND revoked_at IS NULL")),
        Index("ix_invitations_revoked", "livemode", "created_at", "id",
              postgresql_where=text("revoked_at IS NOT NULL")),
    )  # fmt: skip


class Consent(Base):
    """What the candidate agreed to, word for word, and the hash of those words.

    ``camera``: whether the camera may be recorded; None where it was not asked. ``camera_off_at``: since when it may
    not any more. Neither is shown to recruiters: declining is no mark against anybody.
    """

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("con"))
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), unique=True)
    notice_hash: Mapped[str]
    notice_text: Mapped[Json]
    language: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    camera: Mapped[bool | None]
    camera_off_at: Mapped[datetime | None]


class Interview(Base):
    """One run of a plan. ``status``: created, live, paused, checking, submitted, scored.

    ``progress`` says how far the record transcript is: {"stage", "done", "total"} in spoken stretches.
    ``failure`` is a plain sentence for the recruiter while a job cannot finish. ``source``: interview, or import for
    answers that came from elsewhere, each once by its ``import_key``. ``livemode`` and ``plan_name`` are the
    invitation's: with them a list of any length is read off one index. ``node`` holds the interview, None where nobody
    does; ``lease`` counts its holders, so that what a former one writes late is told from the present one's.
    """

    __tablename__ = "interviews"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("int"))
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitations.id"), unique=True)
    script: Mapped[Json]
    status: Mapped[str] = mapped_column(default="created")
    end_reason: Mapped[str | None]
    node: Mapped[str | None]
    lease: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    scored_at: Mapped[datetime | None]
    progress: Mapped[Json | None]
    failure: Mapped[str | None]
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    plan_name: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = mapped_column(default="interview", server_default="interview")
    import_key: Mapped[str | None] = mapped_column(unique=True)

    invitation: Mapped[Invitation] = relationship(lazy="raise", back_populates="interview")

    __table_args__ = (
        Index(None, "livemode", "source", "created_at", "id"),
        Index(None, "livemode", "source", "status", "created_at", "id"),
        Index(None, "livemode", "source", "plan_name", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
    )  # fmt: skip


class InterviewEvent(Base):
    """One event of the log. ``at`` counts samples at 16 kHz; ``seq`` starts at 1 and has no gaps."""

    __tablename__ = "interview_events"

    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    body: Mapped[Json]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
