"""Answers that were given elsewhere and are brought here to be scored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, text, true
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base

__all__ = ["AnswerImport", "AnswerImportRow"]


class AnswerImport(Base):
    """One file of answers. ``status``: waiting, running (all lines are read, and the sound of ``pending`` rows is not
    written out), done or failed; ``failure`` says in plain words why, or what it waits for. The file lies in the object
    store under ``object_key`` until its lines are read. ``plan_id`` and ``question_id`` say what the answers answer."""

    __tablename__ = "answer_imports"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("imp"))
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_by: Mapped[str]
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan_versions.id"))
    question_id: Mapped[str]
    object_key: Mapped[str | None]
    media_type: Mapped[str]
    status: Mapped[str] = mapped_column(default="waiting")
    failure: Mapped[str | None]
    rows: Mapped[int] = mapped_column(default=0)
    stored: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "livemode", "created_at", "id"),)


class AnswerImportRow(Base):
    """``number`` counts the file's lines from 1. ``status``: stored, known (the same key was imported before) or failed
    (``error``); before that, where the answer is sound: waiting (for the file that it calls ``audio``), queued,
    transcribing (``error`` says what it trips over, while it does). A row goes with the interview that it became when
    that is deleted.

    ``candidate``: the name, until the row is done. The sound lies in the object store under ``object_key`` until then.
    """

    __tablename__ = "answer_import_rows"

    import_id: Mapped[str] = mapped_column(ForeignKey("answer_imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_key: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), index=True)
    answer_id: Mapped[str | None]
    audio: Mapped[str | None]
    candidate: Mapped[str | None]
    object_key: Mapped[str | None]
    sha256: Mapped[str | None]

    __table_args__ = (Index(None, "import_id", "status", "number"),)
