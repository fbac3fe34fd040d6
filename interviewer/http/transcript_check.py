"""The transcript as its candidate checks it: question by question, every spoken turn open to correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.conversation.script import Script
from interviewer.http.spoken_text import clock
from interviewer.records.tables import Interview, TranscriptRow
from interviewer.records.transcripts import best_transcript
from scoring.correction import corrected
from scoring.transcript import Mode, Side, Transcript

__all__ = [
    "CheckedQuestion", "CheckedTurn", "TooLong", "Written", "as_text", "checked_questions", "correct", "written_out",
]  # fmt: skip

LIMIT = 20_000
"""Characters of a corrected turn; twice as many as were heard where that is more."""


class TooLong(ValueError):
    """A corrected text has more than ``limit`` characters; ``index`` is its turn's place in the transcript."""

    def __init__(self, index: int, length: int, limit: int) -> None:
        super().__init__(f"turn {index} has {length} characters of {limit}")
        self.index, self.length, self.limit = index, length, limit


@dataclass(frozen=True, slots=True)
class CheckedTurn:
    """``index`` is the turn's place in the transcript; the form sends it back. ``asked`` is the follow-up question
    that this turn answers, or ''."""

    index: int
    typed: bool
    text: str
    asked: str

    @property
    def rows(self) -> int:
        """Lines that a text box needs to show it without scrolling, at about 70 characters a line."""
        return min(24, max(3, sum(1 + len(line) // 70 for line in self.text.splitlines() or [""]) + 1))

    @property
    def limit(self) -> int:
        """Characters that its correction may have."""
        return _limit(self.text)


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    number: int
    id: str
    title: str
    text: str
    turns: tuple[CheckedTurn, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """How far the writing out is. ``row`` is None while it goes on; ``done`` of ``total`` spoken stretches.
    ``first_draft`` says that the better transcript could not be made, and this is what was heard live."""

    row: TranscriptRow | None
    done: int = 0
    total: int = 0
    first_draft: bool = False

    @property
    def transcript(self) -> Transcript | None:
        return None if self.row is None else Transcript.from_dict(self.row.body)


async def written_out(session: AsyncSession, interview: Interview) -> Written:
    """The transcript to check: the one made from the recording. What was heard live stands in where nothing was
    spoken, or where the recording cannot be written out."""
    row = await best_transcript(session, interview.id)
    progress: Mapping[str, Any] = interview.progress or {}
    waiting = Written(None, int(progress.get("done", 0)), int(progress.get("total", 0)))
    if row is None:
        return waiting
    if row.source != "live":
        return Written(row)
    spoken = any(t.side is Side.CANDIDATE and t.mode is Mode.SPOKEN for t in Transcript.from_dict(row.body).turns)
    if not spoken:
        return Written(row)
    given_up = progress.get("stage") == "failed" or interview.status == "scored"
    return Written(row, first_draft=True) if given_up else waiting


def checked_questions(script: Script, transcript: Transcript) -> list[CheckedQuestion]:
    """Every question of the script in its order; one without turns was skipped or not reached."""
    found: list[CheckedQuestion] = []
    for number, question in enumerate(script.questions, start=1):
        turns: list[CheckedTurn] = []
        asked = ""
        for index, turn in enumerate(transcript.turns):
            if turn.question_id != question.id:
                continue
            if turn.side is Side.MELVIN:
                # The question stands in the heading; a lead-in before it ("Thank you.") is no reason to show it again.
                text = turn.text.strip()
                known = any(one.endswith(text) or text.endswith(one) for one in (question.text, question.rephrase))
                asked = "" if known else text
            elif turn.text.strip() and not turn.request:
                turns.append(CheckedTurn(index, turn.mode is Mode.TYPED, turn.text.strip(), asked))
        found.append(CheckedQuestion(number, question.id, question.title, question.text, tuple(turns)))
    return found


def correct(transcript: Transcript, texts: Mapping[int, str]) -> Transcript | None:
    """The transcript with the candidate's texts in place, or None where they changed nothing.

    Only the candidate's spoken turns can be corrected; a text for any other turn is left out. Raises :class:`TooLong`.
    """
    turns = list(transcript.turns)
    for index, text in texts.items():
        if not 0 <= index < len(turns):
            continue
        turn = turns[index]
        text = text.replace("\r\n", "\n").strip()
        if turn.side is Side.CANDIDATE and turn.mode is Mode.SPOKEN and text != turn.text.strip():
            if len(text) > _limit(turn.text):
                raise TooLong(index, len(text), _limit(turn.text))
            turns[index] = corrected(turn, text)
    changed = tuple(turns)
    return None if changed == transcript.turns else replace(transcript, turns=changed)


def _limit(heard: str) -> int:
    return max(LIMIT, 2 * len(heard))


def as_text(title: str, transcript: Transcript) -> str:
    """The candidate's copy: plain text, one paragraph a turn."""
    lines = [title, "=" * len(title), ""]
    for turn in transcript.turns:
        if not turn.text.strip():
            continue
        who = "Melvin" if turn.side is Side.MELVIN else "You"
        typed = ", typed" if turn.mode is Mode.TYPED else ""
        lines += [f"{who} ({clock(turn.start)}{typed}):", turn.text.strip(), ""]
    return "\n".join(lines)
