"""One interview as documents: what recruiters download, and what ``interviewer export`` writes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from interviewer.http.problems import Problem
from interviewer.http.review import AnswerSection, Review
from interviewer.http.run_report import safe_cell
from interviewer.records.reviews import GivenReview
from interviewer.records.tables import CameraSegment, Recording, ScorecardRow, TranscriptRow
from scoring.export import webvtt
from scoring.transcript import Transcript

__all__ = [
    "answers_csv", "interview_document", "scorecards_document", "shown_version", "transcript_document",
    "webvtt_document",
]  # fmt: skip

_COLUMNS = (
    "question", "title", "kind", "status", "answer", "criterion", "level", "confidence", "low", "high", "score_status",
    "calibration", "judge", "reason", "evidence",
)  # fmt: skip


def interview_document(review: Review, cards: Sequence[ScorecardRow]) -> dict[str, Any]:
    """Everything that is stored of an interview, sound apart; ``cards`` are all its scorecards."""
    interview = review.interview
    return {
        "object": "interview.export",
        "id": interview.id,
        "status": interview.status,
        "end_reason": interview.end_reason,
        "created_at": interview.created_at,
        "started_at": interview.started_at,
        "ended_at": interview.ended_at,
        "submitted_at": interview.submitted_at,
        "scored_at": interview.scored_at,
        "candidate": {"id": interview.invitation.candidate_id, "name": interview.invitation.candidate.name},
        "invitation": {
            "id": interview.invitation_id,
            "variables": interview.invitation.variables,
            "accommodation": interview.invitation.accommodation,
        },
        "plan": interview.invitation.plan.body,
        "consent": review.consent and {
            "notice_hash": review.consent.notice_hash,
            "notice": review.consent.notice_text,
            "language": review.consent.language,
            "accepted_at": review.consent.accepted_at,
        },
        "answers": [
            {"id": a.id, "question_id": a.question_id, "position": a.position, "kind": a.kind, "status": a.status}
            for a in review.answers
        ],
        "transcripts": [_version(t) for t in review.transcripts],
        "scorecards": [
            _card(c) for c in cards
        ],
        "reviews": [_given(r) for r in review.reviews],
        "recordings": [_recording(r) for r in review.recordings],
        "camera": [_segment(s) for s in review.camera],
        "events": [{"seq": e.seq, "at": e.at, "kind": e.kind, "body": e.body} for e in review.events],
    }  # fmt: skip


def scorecards_document(review: Review, cards: Sequence[ScorecardRow]) -> dict[str, Any]:
    return {"object": "list", "interview_id": review.interview.id, "data": [_card(card) for card in cards]}


def answers_csv(review: Review) -> str:
    """A line for each criterion of each answer, for a spreadsheet; one that was not scored has a single line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    transcript = Transcript.from_dict(review.shown.body) if review.shown else Transcript("en", ())
    for section in review.sections:
        for cells in _cells(section, transcript.answer(section.question_id).text):
            writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def _cells(section: AnswerSection, said: str) -> Iterator[list[Any]]:
    start = [section.number, section.title, section.kind, section.status, said]
    if section.scored is None:
        yield [*start, *[""] * (len(_COLUMNS) - len(start))]
        return
    made = section.scored.card.provenance
    for row in section.scored.criteria:
        low, high = row.score.interval or ("", "")
        confidence = row.score.confidence
        quotes = " | ".join(evidence.quote for evidence in row.score.evidence)
        yield [
            *start, row.criterion.title, row.score.level or "", "" if confidence is None else confidence, low, high,
            row.score.status.value, made.calibration, made.judge, row.score.reason, quotes,
        ]  # fmt: skip


def _card(card: ScorecardRow) -> dict[str, Any]:
    return {"id": card.id, "answer_id": card.answer_id, "transcript_version": card.transcript_version, **card.body}


def _given(given: GivenReview) -> dict[str, Any]:
    row = given.row
    return {"id": row.id, "answer_id": row.answer_id, "transcript_version": row.transcript_version,
            "rubric_hash": row.rubric_hash, "levels": row.levels, "comment": row.comment, "hints_seen": row.hints_seen,
            "reviewer": given.reviewer, "created_at": row.created_at}  # fmt: skip


def transcript_document(review: Review) -> dict[str, Any]:
    """The shown transcript with what it is. Raises ``transcript-not-ready`` (404)."""
    return {"object": "transcript", "interview_id": review.interview.id, **_version(shown_version(review))}


def webvtt_document(review: Review) -> str:
    row = shown_version(review)
    note = {"interview": review.interview.id, "version": str(row.version), "source": row.source}
    return webvtt(Transcript.from_dict(row.body), note)


def _version(row: TranscriptRow) -> dict[str, Any]:
    created = row.created_at.isoformat()
    return {"version": row.version, "source": row.source, "created_at": created, **row.body}


def _recording(row: Recording) -> dict[str, Any]:
    return {"id": row.id, "side": row.side, "sha256": row.sha256, "rate": row.rate, "samples": row.samples,
            "media_type": row.media_type}  # fmt: skip


def _segment(row: CameraSegment) -> dict[str, Any]:
    """``at`` and ``samples`` at 16 kHz, on the interview's clock."""
    return {"id": row.id, "sha256": row.sha256, "at": row.at, "samples": row.samples, "bytes": row.size,
            "media_type": row.media_type}  # fmt: skip


def shown_version(review: Review) -> TranscriptRow:
    """Raises ``transcript-not-ready`` (404)."""
    if review.shown is None:
        raise Problem(404, "transcript-not-ready", "There is no transcript yet", "It is made after the interview.")
    return review.shown
