"""Applicant tracking systems that send candidates and want to hear how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json
from interviewer.records.tables.interviews import Invitation

__all__ = ["AtsAssessment", "AtsConnection"]


class AtsConnection(Base):
    """One system that may call us. ``kind``: greenhouse or ashby; the secret that it sends is stored hashed. No
    ``plans`` means all. ``callback_url`` and ``callback_secret`` are for Ashby, which is told at one address with a
    key of its own; Greenhouse names an address with each candidate, and its host must end with ``callback_host``."""

    __tablename__ = "ats_connections"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ats"))
    kind: Mapped[str]
    name: Mapped[str]
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    secret_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    plans: Mapped[list[str]] = mapped_column(default=list)
    callback_host: Mapped[str | None]
    callback_url: Mapped[str | None]
    callback_secret: Mapped[str | None]
    private_allowed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AtsAssessment(Base):
    """An invitation that such a system asked for, and the report that goes back. ``about`` is what it sent to name the
    candidate's application, echoed and never read. ``report``: none, pending, delivered or failed; ``stage`` is what
    the report tells: started, completed or cancelled."""

    __tablename__ = "ats_assessments"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("asm"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("ats_connections.id", ondelete="CASCADE"))
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), unique=True)
    asked_with: Mapped[str]
    callback_url: Mapped[str | None]
    about: Mapped[Json] = mapped_column(default=dict)
    stage: Mapped[str] = mapped_column(default="invited")
    report: Mapped[str] = mapped_column(default="none")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    connection: Mapped[AtsConnection] = relationship(lazy="raise")
    invitation: Mapped[Invitation] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("connection_id", "asked_with"),
        Index(None, "report", "due_at"),
    )
