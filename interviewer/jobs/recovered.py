"""Turns for speech that nobody heard live: the browser recorded it, and it came when the conversation had gone on.

turns       [== a ==]                      [== b ==]
recovered         [~~~~~~~~~]        [~~~~~~~]
turns       [== a ==========]        [==== b =====]     what no turn touches becomes one of its own
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interviewer.conversation.history import HistoryTurn
from interviewer.conversation.script import RATE

__all__ = ["with_recovered"]

SHORTEST = round(1.0 * RATE)
"""What is left of a recovered stretch beside the turns there are; less is the quiet around them."""
NEAR = round(1.5 * RATE)


def with_recovered(turns: Sequence[HistoryTurn], recovered: Sequence[tuple[int, int]]) -> tuple[HistoryTurn, ...]:
    """``recovered``: half open, in samples, in order. The words of what is added are for the recording to give; where
    it has none, a turn without text is no turn."""
    out = list(turns)
    for start, end in recovered:
        for left_start, left_end in _beside(out, start, end):
            if left_end - left_start >= SHORTEST:
                _put(out, left_start, left_end)
    return tuple(sorted(out, key=lambda t: (t.start, t.end)))


def _spoken(turn: HistoryTurn) -> bool:
    return turn.side == "candidate" and turn.mode == "spoken"


def _beside(turns: Sequence[HistoryTurn], start: int, end: int) -> list[tuple[int, int]]:
    """What of [start, end) lies in no spoken turn of the candidate."""
    left: list[tuple[int, int]] = []
    at = start
    for turn in sorted((t for t in turns if _spoken(t)), key=lambda t: t.start):
        if turn.end <= at or turn.start >= end:
            continue
        if turn.start > at:
            left.append((at, turn.start))
        at = max(at, turn.end)
    return [*left, (at, end)] if at < end else left


def _put(turns: list[HistoryTurn], start: int, end: int) -> None:
    before = max((t for t in turns if _spoken(t) and t.end <= start + NEAR), key=lambda t: t.end, default=None)
    after = min((t for t in turns if _spoken(t) and t.start >= end - NEAR), key=lambda t: t.start, default=None)
    if before is not None and start - before.end <= NEAR and not before.request:
        turns[turns.index(before)] = replace(before, end=max(before.end, end))
    elif after is not None and after.start - end <= NEAR and not after.request:
        turns[turns.index(after)] = replace(after, start=min(after.start, start))
    else:
        asked = [t for t in turns if t.question_id is not None and t.start <= start]
        last = max(asked, key=lambda t: t.start, default=None)
        question, probe = (last.question_id, last.probe_id) if last is not None else (None, None)
        turns.append(HistoryTurn("candidate", "spoken", "", start, end, question, probe))
