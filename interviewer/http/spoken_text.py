"""A transcript cut up for the page: turns by question, words with their times, doubtful words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.transcript import Mode, Side, Transcript, Turn

__all__ = ["DOUBTFUL_BELOW", "OPENING", "Piece", "ShownTurn", "clock", "turns_by_question"]

DOUBTFUL_BELOW = 0.5
"""A word whose recogniser gave it less than this probability is marked: more likely wrong than right."""
OPENING = ""
"""The "question" of what is said before the first one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a turn's text. Only recognised words have times (seconds)."""

    text: str
    start: float | None = None
    end: float | None = None
    doubtful: bool = False
    confidence: int | None = None  # per cent


@dataclass(frozen=True, slots=True)
class ShownTurn:
    side: Side
    typed: bool
    start: float
    end: float
    pieces: tuple[Piece, ...]

    @property
    def time(self) -> str:
        return clock(self.start)


def clock(seconds: float) -> str:
    """``4:07`` or ``1:04:07``."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _pieces(turn: Turn) -> tuple[Piece, ...]:
    """The turn's text with its words placed by searching forward, so that no character is lost."""
    pieces: list[Piece] = []
    cursor = 0
    for word in turn.words:
        token = word.text.strip()
        at = turn.text.find(token, cursor) if token else -1
        if at < 0:
            continue
        if at > cursor:
            pieces.append(Piece(turn.text[cursor:at]))
        cursor = at + len(token)
        doubtful = word.confidence is not None and word.confidence < DOUBTFUL_BELOW
        percent = None if word.confidence is None else round(word.confidence * 100)
        pieces.append(Piece(token, word.start, word.end, doubtful, percent))
    if cursor < len(turn.text):
        pieces.append(Piece(turn.text[cursor:]))
    return tuple(pieces)


def turns_by_question(transcript: Transcript, question_ids: Sequence[str]) -> dict[str, list[ShownTurn]]:
    """Turns under the question they belong to, in order of time. What Melvin says belongs to the question named in
    his turn, or else to that of the candidate's next turn; before any question it is the opening."""
    shown: dict[str, list[ShownTurn]] = {OPENING: [], **{q: [] for q in question_ids}}
    waiting: list[Turn] = []
    last = OPENING
    for turn in transcript.turns:
        if turn.question_id is None:
            waiting.append(turn)
            continue
        before, last = last, turn.question_id if turn.question_id in shown else OPENING
        shown[OPENING if before == OPENING else last] += [_shown(one) for one in waiting]
        shown[last].append(_shown(turn))
        waiting = []
    for turn in waiting:
        shown[last].append(_shown(turn))
    return shown


def _shown(turn: Turn) -> ShownTurn:
    return ShownTurn(turn.side, turn.mode is Mode.TYPED, turn.start, turn.end, _pieces(turn))
