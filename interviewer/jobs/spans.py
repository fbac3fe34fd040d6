"""Which stretches of the candidate's recording to write out, so that every turn has its own words and no word is
heard twice.

    turns     ....[=== a ===]..............[== b ==][= c =]....
    spans     ...[--- a -----]............[-- b ---|- c ---]...     0.3 s of margin, met halfway where there is less
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.conversation.history import HistoryTurn
from interviewer.conversation.script import RATE

__all__ = ["Span", "received_share", "spoken_spans"]

MARGIN = int(0.3 * RATE)


@dataclass(frozen=True, slots=True)
class Span:
    """Samples [start, end) of the candidate's side for ``turns[index]``."""

    index: int
    start: int
    end: int


def spoken_spans(turns: Sequence[HistoryTurn], length: int) -> list[Span]:
    """One for each spoken turn of the candidate, within ``length`` samples; a turn without room has none."""
    spoken = sorted(
        (i for i, t in enumerate(turns) if t.side == "candidate" and t.mode == "spoken"), key=lambda i: turns[i].start
    )
    spans: list[Span] = []
    floor = 0
    for place, index in enumerate(spoken):
        turn = turns[index]
        ceiling = length
        if place + 1 < len(spoken):
            ceiling = min(ceiling, (turn.end + turns[spoken[place + 1]].start) // 2)
        start, end = max(turn.start - MARGIN, floor), min(turn.end + MARGIN, ceiling)
        if end > start:
            spans.append(Span(index, start, end))
            floor = end
    return spans


def received_share(span: Span, received: Sequence[tuple[int, int]]) -> float:
    """How much of the span was recorded, 0 to 1. ``received`` is half open and without overlaps."""
    there = sum(max(0, min(end, span.end) - max(start, span.start)) for start, end in received)
    return there / (span.end - span.start)
