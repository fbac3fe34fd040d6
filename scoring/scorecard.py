"""Scorecards: levels per criterion with evidence, confidence and provenance. Immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from scoring.calls import CallRecord

__all__ = ["CriterionScore", "Evidence", "OverallScore", "Provenance", "ScoreStatus", "Scorecard"]


class ScoreStatus(StrEnum):
    SCORED = "scored"
    INSUFFICIENT_EVIDENCE = "insufficient evidence"
    UNHEARD = "unheard"  # the recording or its recognition is too doubtful to judge
    JUDGE_FAILED = "judge failed"  # the judge was down, slow, rate-limited or lied; never a low level


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote at [start, end) of the answer's text, checked by code; audio times in seconds where it was spoken."""

    start: int
    end: int
    quote: str
    key_point: str | None = None
    similarity: float | None = None
    audio_start: float | None = None
    audio_end: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start, "end": self.end, "quote": self.quote, "key_point": self.key_point,
            "similarity": self.similarity, "audio_start": self.audio_start, "audio_end": self.audio_end,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """``probabilities`` over levels 1..5 sum to 1; level, expected and confidence are derived from them by code.
    All three are None unless status is ``scored``, and so are ``interval`` (of the expected level) and ``agreement``
    (0 to 1, of a panel), which not every judge gives."""

    criterion_id: str
    status: ScoreStatus
    reason: str
    probabilities: tuple[float, float, float, float, float] | None = None
    level: int | None = None
    expected: float | None = None
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()  # key point ids that the answer does not cover
    interval: tuple[float, float] | None = None
    agreement: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "criterion_id": self.criterion_id, "status": self.status, "reason": self.reason,
            "probabilities": self.probabilities, "level": self.level, "expected": self.expected,
            "confidence": self.confidence, "evidence": tuple(e.to_dict() for e in self.evidence),
            "missing": self.missing, "interval": self.interval, "agreement": self.agreement,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class OverallScore:
    """The level of the answer as a whole, of a judge fitted to people's overall ratings of this question.

    It stands beside the criteria and is no sum of them: they may still be uncalibrated hints. ``calibration`` is this
    level's own, and ``interval`` holds people's level in 90 % of answers.
    """

    probabilities: tuple[float, float, float, float, float]
    level: int
    expected: float
    confidence: float
    interval: tuple[float, float]
    calibration: str  # "provisional" or "calibrated"
    reason: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OverallScore:
        return cls(**(dict(data) | {k: tuple(data[k]) for k in ("probabilities", "interval")}))


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was scored with what. Equal provenance but for ``created_at`` means an equal scorecard."""

    rubric: str
    rubric_version: int
    rubric_hash: str
    answer_hash: str
    judge: str
    judge_version: str
    model: str
    calibration: str  # "uncalibrated", "provisional" or "calibrated"
    created_at: str  # ISO 8601, UTC
    masking: str = ""  # version of what was hidden from the judge; empty on scorecards made before anything was

    def to_dict(self) -> dict[str, Any]:
        return {
            "rubric": self.rubric, "rubric_version": self.rubric_version, "rubric_hash": self.rubric_hash,
            "answer_hash": self.answer_hash, "judge": self.judge, "judge_version": self.judge_version,
            "model": self.model, "calibration": self.calibration, "created_at": self.created_at,
            "masking": self.masking,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scorecard:
    question_id: str
    criteria: tuple[CriterionScore, ...]
    provenance: Provenance
    calls: tuple[CallRecord, ...] = ()
    overall: OverallScore | None = None
    passing_failure: bool = False
    """The judge failed, and may answer when it is asked again: this scorecard gives way to the next one it makes."""

    def to_dict(self) -> dict[str, Any]:
        """The same as ``asdict``, which copies every value and takes twenty times as long."""
        return {
            "question_id": self.question_id,
            "criteria": tuple(c.to_dict() for c in self.criteria),
            "provenance": self.provenance.to_dict(),
            "calls": tuple(asdict(call) for call in self.calls),
            "overall": None if self.overall is None else asdict(self.overall),
            "passing_failure": self.passing_failure,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scorecard:
        return cls(
            question_id=str(data["question_id"]),
            criteria=tuple(
                CriterionScore(
                    criterion_id=c["criterion_id"],
                    status=ScoreStatus(c["status"]),
                    reason=c["reason"],
                    probabilities=tuple(c["probabilities"]) if c["probabilities"] else None,
                    level=c["level"],
                    expected=c["expected"],
                    confidence=c["confidence"],
                    evidence=tuple(Evidence(**e) for e in c["evidence"]),
                    missing=tuple(c["missing"]),
                    interval=(c["interval"][0], c["interval"][1]) if c.get("interval") else None,
                    agreement=c.get("agreement"),
                )
                for c in data["criteria"]
            ),
            provenance=Provenance(**data["provenance"]),
            calls=tuple(CallRecord.from_dict(call) for call in data.get("calls", ())),
            overall=OverallScore.from_dict(data["overall"]) if data.get("overall") else None,
            passing_failure=bool(data.get("passing_failure", False)),
        )
