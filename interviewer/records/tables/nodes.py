"""The processes that hold interviews, and what they leave where all of them can reach it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base

__all__ = ["Node", "RecordingPart", "SharedSecret"]


class Node(Base):
    """One ``interviewer serve``. ``state``: ready, draining or gone; one whose ``heartbeat_at`` is old is dead,
    whatever its state says. ``address`` is the URL under which candidates' pages reach it, '' where that is the
    address of all."""

    __tablename__ = "nodes"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("node"))
    address: Mapped[str]
    host: Mapped[str]
    version: Mapped[str]
    state: Mapped[str]
    interviews: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    heartbeat_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RecordingPart(Base):
    """One side's sound between ``start`` and ``end`` (samples at 16 kHz on the interview's clock, half open): the
    object holds the stretches in ``spans``, one after the other, as 16-bit little-endian samples. ``lease`` is that
    under which it was heard: where two parts overlap, the later lease's counts. ``object_key`` is None once the
    finished recording holds the sound; which stretches were received stays known.
    """

    __tablename__ = "recording_parts"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("part"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    side: Mapped[str]
    start: Mapped[int] = mapped_column("start_sample", BigInteger)
    end: Mapped[int] = mapped_column("end_sample", BigInteger)
    spans: Mapped[list[tuple[int, int]]] = mapped_column(JSONB)
    lease: Mapped[int]
    sha256: Mapped[str]
    object_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index(None, "interview_id", "side", "start_sample", "end_sample", "lease", unique=True),)


class SharedSecret(Base):
    """A secret that all nodes know: what one of them signs, the others believe."""

    __tablename__ = "shared_secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
