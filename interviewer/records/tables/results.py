"""What an interview leaves: answers, transcripts, scorecards, reviews, recordings, what the camera saw."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json

__all__ = ["AnswerRow", "CameraSegment", "Recording", "ReviewRow", "ScorecardRow", "TranscriptRow"]


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
    """Immutable. ``body`` is ``Scorecard.to_dict()``; the other columns say what was scored with what.

    Of an answer's scorecards for its newest transcript the one with the latest ``counted_at`` counts: the newest, or an
    older one to which a scoring run came back.
    """

    __tablename__ = "scorecards"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("scd"))
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    transcript_version: Mapped[int]
    rubric_hash: Mapped[str]
    judge: Mapped[str]
    judge_version: Mapped[str]
    body: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    counted_at: Mapped[datetime] = mapped_column(server_default=func.now())

    answer: Mapped[AnswerRow] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("answer_id", "transcript_version", "rubric_hash", "judge", "judge_version",
                         name="uq_scorecards_scored_with"),
    )  # fmt: skip


class ReviewRow(Base):
    """A person's levels and comment beside a scorecard. Never changed: of one person's reviews of an answer the newest
    counts.

    ``levels``: 1 to 5 by criterion, without those that were given none, by the anchors of the rubric ``rubric_hash``.
    ``hints_seen``: a judge's levels stood on the page; such a review says little about whether judge and people agree.
    """

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rev"))
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    transcript_version: Mapped[int]
    rubric_hash: Mapped[str]
    levels: Mapped[Json]
    comment: Mapped[str]
    hints_seen: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Recording(Base):
    """One side's sound, or both mixed. ``samples`` at ``rate`` a second; position 0 is the interview clock's zero.

    ``side``: candidate, melvin or mix; received, where the candidate's side has sound of the browser's own recording in
    it: what the service itself had. ``made_from`` names the browser's chunks that were known when it was made.
    """

    __tablename__ = "recordings"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rec"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    side: Mapped[str]
    object_key: Mapped[str]
    sha256: Mapped[str]
    rate: Mapped[int]
    samples: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    made_from: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("interview_id", "side"),)


class CameraSegment(Base):
    """A playable piece of what the candidate's camera recorded: one run of the browser's recorder.

    ``at`` and ``samples``: where it begins on the interview's clock and how long it is, both at 16 kHz. ``size`` in
    bytes. ``made_from`` names the chunks that it was made from.
    """

    __tablename__ = "camera_segments"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rec"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    stretch: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[int] = mapped_column(BigInteger)
    object_key: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    made_from: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("interview_id", "stretch"),)
