"""Every table. Times are UTC; ids are prefixed text (see ``ids``); documents are JSONB.

Relationships are never loaded by accident: reading one that the query did not ask for raises.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from interviewer.records.ids import new_id

__all__ = [
    "Account", "AnswerRow", "ApiKey", "Base", "Candidate", "Consent", "Deletion", "Interview", "InterviewEvent",
    "Invitation", "KeyUsage", "LoginSession", "PlanVersion", "Recording", "RetentionRule", "ScorecardRow",
    "StoredReply", "TranscriptRow", "WebhookDelivery", "WebhookEndpoint", "WebhookEvent",
]  # fmt: skip

Json = dict[str, Any]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain dict
        datetime: DateTime(timezone=True),
        str: Text,
        bytes: LargeBinary,
        Json: JSONB,
        list[str]: ARRAY(Text),
    }


class Account(Base):
    """A recruiter. ``email`` is stored in lower case."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("acc"))
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]


class LoginSession(Base):
    """A recruiter who is signed in; the cookie's token is stored hashed."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("key"))
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]  # last four characters, so that people can tell their keys apart
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeyUsage(Base):
    """How many requests a key has made in the window that began at ``window_start``. A crash may forget it: unlogged
    tables cost no write to the log, and a count that starts anew harms nobody."""

    __tablename__ = "key_usage"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    window_start: Mapped[datetime]
    requests: Mapped[int]

    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class StoredReply(Base):
    """The reply to a POST with an Idempotency-Key. ``body`` is sealed with the caller's own API key, of which we hold
    only a hash: it may carry a link or a secret. ``location`` is the address of what was made; ``subject`` that, or the
    address that was asked, by which a deletion finds it."""

    __tablename__ = "stored_replies"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    location: Mapped[str | None]
    subject: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class Candidate(Base):
    __tablename__ = "candidates"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cand"))
    name: Mapped[str]
    email: Mapped[str | None]
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
    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("inv"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidates.id"), index=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan_versions.id"), index=True)
    variables: Mapped[Json] = mapped_column(default=dict)
    accommodation: Mapped[float] = mapped_column(default=1.0)
    livemode: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[str | None]

    candidate: Mapped[Candidate] = relationship(lazy="raise")
    plan: Mapped[PlanVersion] = relationship(lazy="raise")
    interview: Mapped[Interview | None] = relationship(lazy="raise", back_populates="invitation", viewonly=True)

    __table_args__ = (Index(None, "created_at", "id"),)


class Consent(Base):
    """What the candidate agreed to, word for word, and the hash of those words."""

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("con"))
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), unique=True)
    notice_hash: Mapped[str]
    notice_text: Mapped[Json]
    language: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Interview(Base):
    """One run of a plan. ``status``: created, live, paused, checking, submitted, scored.

    ``progress`` says how far the record transcript is: {"stage", "done", "total"} in spoken stretches.
    ``failure`` is a plain sentence for the recruiter while a job cannot finish.
    """

    __tablename__ = "interviews"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("int"))
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitations.id"), unique=True)
    script: Mapped[Json]
    status: Mapped[str] = mapped_column(default="created")
    end_reason: Mapped[str | None]
    node: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    scored_at: Mapped[datetime | None]
    progress: Mapped[Json | None]
    failure: Mapped[str | None]

    invitation: Mapped[Invitation] = relationship(lazy="raise", back_populates="interview")

    __table_args__ = (Index(None, "created_at", "id"), Index(None, "status", "created_at", "id"))


class InterviewEvent(Base):
    """One event of the log. ``at`` counts samples at 16 kHz; ``seq`` starts at 1 and has no gaps."""

    __tablename__ = "interview_events"

    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    body: Mapped[Json]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AnswerRow(Base):
    """``status``: answered, no-answer, skipped or not-reached. The words are in the transcripts."""

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ans"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    question_id: Mapped[str]
    position: Mapped[int]
    kind: Mapped[str]
    status: Mapped[str]

    __table_args__ = (UniqueConstraint("interview_id", "question_id"),)


class TranscriptRow(Base):
    """A version of what was said. ``source``: live, record or candidate; ``body``: ``Transcript.to_dict()``.

    ``made_from`` names what it was made from and with (recognition model, recording hash), so that a job that runs
    twice stores one version; None for what people typed.
    """

    __tablename__ = "transcripts"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tr"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    version: Mapped[int]
    source: Mapped[str]
    made_from: Mapped[str | None]
    body: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("interview_id", "version"), UniqueConstraint("interview_id", "made_from"))


class ScorecardRow(Base):
    """Immutable. ``body`` is ``Scorecard.to_dict()``; the other columns say what was scored with what."""

    __tablename__ = "scorecards"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("scd"))
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    transcript_version: Mapped[int]
    rubric_hash: Mapped[str]
    judge: Mapped[str]
    judge_version: Mapped[str]
    body: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    answer: Mapped[AnswerRow] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("answer_id", "transcript_version", "rubric_hash", "judge", "judge_version",
                         name="uq_scorecards_scored_with"),
    )  # fmt: skip


class Recording(Base):
    """One side's sound, or both mixed. ``samples`` at ``rate`` a second; position 0 is the interview clock's zero."""

    __tablename__ = "recordings"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rec"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    side: Mapped[str]
    object_key: Mapped[str]
    sha256: Mapped[str]
    rate: Mapped[int]
    samples: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("interview_id", "side"),)


class Deletion(Base):
    """That an invitation and its interview were deleted: ids and numbers, nothing of what was said or by whom.

    ``requested_by`` is an API key's id, "command line" or "retention"; ``removed`` counts rows by table. ``erased_at``
    is set when the files are gone too.
    """

    __tablename__ = "deletions"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("del"))
    invitation_id: Mapped[str] = mapped_column(unique=True)
    interview_id: Mapped[str | None] = mapped_column(unique=True)
    requested_by: Mapped[str]
    removed: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    erased_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_at", "id"),)


class RetentionRule(Base):
    """One row: after how many days what candidates said is deleted. It stands here and not in a process's settings, so
    that all workers keep to the same rule."""

    __tablename__ = "retention_rule"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class WebhookEndpoint(Base):
    """Where events go. No ``events`` means all. ``private_allowed`` is given on the command line alone: who may only
    use the API cannot make this machine talk to its own network."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("whk"))
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    events: Mapped[list[str]] = mapped_column(default=list)
    private_allowed: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_at", "id"),)


class WebhookEvent(Base):
    """What happened: a type and ids, never what a candidate said. ``once`` keeps a job that runs twice from telling it
    twice."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("evt"))
    type: Mapped[str]
    data: Mapped[Json]
    once: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class WebhookDelivery(Base):
    """One event for one endpoint. ``status``: pending, delivered or failed. ``problem`` is why the last try failed."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("dlv"))
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    event: Mapped[WebhookEvent] = relationship(lazy="raise")
    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"), Index(None, "created_at", "id"), Index(None, "status", "due_at"),
        Index(None, "endpoint_id", "created_at", "id"),
    )  # fmt: skip
