"""What was deleted, and the rule by which it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, func, true
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json

__all__ = ["Deletion", "RetentionRule"]


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
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    erased_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "livemode", "created_at", "id"),)


class RetentionRule(Base):
    """One row: after how many days what candidates said is deleted. It stands here and not in a process's settings, so
    that all workers keep to the same rule."""

    __tablename__ = "retention_rule"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
