"""What a candidate's browser recorded itself and sent in chunks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.tables.base import Base

__all__ = ["BrowserChunk", "BrowserManifest", "BrowserStretch"]


class BrowserStretch(Base):
    """One run of a browser's recorder: its chunks, joined in order, are one file of ``media_type``.

    ``kind``: microphone or camera. ``at``: where it begins on the interview's clock (16 kHz), as the page estimates it.
    ``chunks`` and ``sha256`` (of all chunks' hashes in hex, joined by line feeds) come with the manifest.
    """

    __tablename__ = "browser_stretches"

    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    stretch: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    media_type: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)
    chunks: Mapped[int | None]
    sha256: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BrowserChunk(Base):
    """``number`` counts from 0. The bytes lie in the object store."""

    __tablename__ = "browser_chunks"

    interview_id: Mapped[str] = mapped_column(primary_key=True)
    stretch: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str]
    size: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        ForeignKeyConstraint(
            ["interview_id", "stretch"], ["browser_stretches.interview_id", "browser_stretches.stretch"],
            ondelete="CASCADE",
        ),
    )  # fmt: skip


class BrowserManifest(Base):
    """A browser said that it records no more. Its stretches have their number of chunks since then."""

    __tablename__ = "browser_manifests"

    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
