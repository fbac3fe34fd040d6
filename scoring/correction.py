"""A candidate's correction of what was recognised: words that stay keep their times, new ones get times between."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

from scoring.sentences import words
from scoring.transcript import Turn, Word

__all__ = ["corrected", "spread"]


def corrected(turn: Turn, text: str) -> Turn:
    """The turn with ``text`` in place of its own.

    A word that differs in case or punctuation alone keeps its times (seconds) and confidence. A new word has confidence
    None, and times that share the place of the words it replaced by length, or the gap it was put into.
    """
    if not turn.words:
        return replace(turn, text=text)
    tokens = text.split()
    old = [_same(w.text) for w in turn.words]
    matcher = SequenceMatcher(None, old, [_same(t) for t in tokens], autojunk=False)
    result: list[Word] = []
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            result += [
                Word(token, w.start, w.end, w.confidence) for token, w in zip(tokens[c:d], turn.words[a:b], strict=True)
            ]
        elif c < d:
            result += spread(tokens[c:d], *_place(turn, a, b))
    return replace(turn, text=text, words=tuple(result))


def _same(token: str) -> str:
    return " ".join(words(token)) or token.strip()


def _place(turn: Turn, a: int, b: int) -> tuple[float, float]:
    """Where the words [a, b) were, or the gap before word a where there were none."""
    if a < b:
        return turn.words[a].start, turn.words[b - 1].end
    start = turn.words[a - 1].end if a else min(turn.start, turn.words[0].start)
    end = turn.words[a].start if a < len(turn.words) else max(turn.end, turn.words[-1].end)
    return start, max(start, end)


def spread(tokens: list[str], start: float, end: float) -> list[Word]:
    """Words with times that share [start, end) by their length, without confidence."""
    letters = sum(len(t) for t in tokens)
    placed: list[Word] = []
    done = 0
    for token in tokens:
        at = start + (end - start) * done / letters
        done += len(token)
        placed.append(Word(token, round(at, 3), round(start + (end - start) * done / letters, 3)))
    return placed
