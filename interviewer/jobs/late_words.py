"""What a new record transcript changes besides: what counts as answered, and a correction of an older version."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.conversation.history import HistoryTurn
from interviewer.records.answers import turned_out_answered
from interviewer.records.tables import TranscriptRow
from interviewer.records.transcripts import add_transcript, correction_of, transcripts_of
from scoring.correction import carried_over
from scoring.transcript import Side, Transcript

__all__ = ["carry_correction", "count_recovered"]

log = structlog.get_logger(__name__)


async def count_recovered(
    session: AsyncSession, interview_id: str, turns: Sequence[HistoryTurn], filled: Sequence[tuple[int, int]]
) -> None:
    """A question to which words were recovered was answered, whatever the conversation thought of it.

    ``turns``: with those for recovered speech; ``filled``: what was recovered, half open, in samples. The words are in
    the newest record transcript.
    """
    asked = {t.question_id for t in turns if t.question_id and any(a < t.end and t.start < b for a, b in filled)}
    newest = _newest(await transcripts_of(session, interview_id), "record")
    if not asked or newest is None:
        return
    said = Transcript.from_dict(newest.body).turns
    worded = {t.question_id for t in said if t.side is Side.CANDIDATE and not t.request and t.text.strip()}
    answered = [q for q in asked if q in worded]
    if answered:
        await turned_out_answered(session, interview_id, answered)


async def carry_correction(session: AsyncSession, interview_id: str) -> None:
    """The candidate's correction, made again on a record transcript that is newer than the one they read: else what
    came late would stand nowhere that is read or scored. Idempotent."""
    rows = await transcripts_of(session, interview_id)
    correction, newest = _newest(rows, "candidate"), _newest(rows, "record")
    if correction is None or newest is None:
        return
    base = next((r for r in rows if correction.made_from == correction_of(r.version)), None)
    if base is None or base.version >= newest.version:
        return
    read = (Transcript.from_dict(r.body) for r in (base, correction, newest))
    carried, made_from = carried_over(*read), correction_of(newest.version)
    version = await add_transcript(session, interview_id, "candidate", carried.to_dict(), made_from=made_from)
    log.info("transcript.correction_carried_over", interview=interview_id, version=version, record=newest.version)


def _newest(rows: Sequence[TranscriptRow], source: str) -> TranscriptRow | None:
    return max((r for r in rows if r.source == source), key=lambda r: r.version, default=None)
