"""A candidate's correction of what was recognised: words that stay keep their times, new ones get times between.

A correction outlives the version it was made on: :func:`carried_over` makes it again on a newer one.
"""

from __future__ import annotations

from dataclasses import replace

from scoring.matching import WordMatcher
from scoring.sentences import words
from scoring.transcript import Transcript, Turn, Word

__all__ = ["carried_over", "corrected", "spread"]


def corrected(turn: Turn, text: str) -> Turn:
    """The turn with ``text`` in place of its own.

    A word that differs in case or punctuation alone keeps its times (seconds) and confidence. A new word has confidence
    None, and times that share the place of the words it replaced by length, or the gap it was put into.
    """
    if not turn.words:
        return replace(turn, text=text)
    tokens = text.split()
    old = [_same(w.text) for w in turn.words]
    matcher = WordMatcher(old, [_same(t) for t in tokens])
    result: list[Word] = []
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            result += [
                Word(token, w.start, w.end, w.confidence) for token, w in zip(tokens[c:d], turn.words[a:b], strict=True)
            ]
        elif c < d:
            result += spread(tokens[c:d], *_place(turn, a, b))
    return replace(turn, text=text, words=tuple(result))


def carried_over(base: Transcript, mended: Transcript, newer: Transcript) -> Transcript:
    """``newer`` with what the candidate changed from ``base`` to ``mended``: turn by turn, and within a turn that has
    other words now, change by change where the words that were changed are still there. A changed turn in whose
    place nothing is said any more stands as it stood."""
    turns = list(newer.turns)
    for was, now in zip(base.turns, mended.turns, strict=True):
        if was == now:
            continue
        at = max(range(len(turns)), key=lambda i: _shared(was, turns[i]), default=None)
        if at is not None and _shared(was, turns[at]) > 0:
            text = _changed_alike(was.text, now.text, turns[at].text)
            turns[at] = corrected(turns[at], text)
        elif now.text.strip() and not any(_overlap(now, t) > 0 for t in turns if t.side is now.side):
            turns.insert(next((i for i, t in enumerate(turns) if t.start > now.start), len(turns)), now)
    return replace(newer, turns=tuple(turns))


def _shared(one: Turn, other: Turn) -> float:
    """Seconds that two turns of the same side, way and question have in common."""
    if (one.side, one.mode, one.question_id) != (other.side, other.mode, other.question_id):
        return 0.0
    return _overlap(one, other)


def _overlap(one: Turn, other: Turn) -> float:
    """Seconds; less than 0 where they lie apart."""
    return min(one.end, other.end) - max(one.start, other.start)


def _changed_alike(was: str, now: str, newer: str) -> str:
    """Words of ``newer`` with the changes from ``was`` to ``now``; where what was changed is gone, nothing is."""
    if was.split() == newer.split():
        return now
    old, new, mine = was.split(), now.split(), newer.split()
    known = [_same(t) for t in old]
    place: dict[int, int] = {}
    for a, b, size in WordMatcher(known, [_same(t) for t in mine]).get_matching_blocks():
        place |= {a + i: b + i for i in range(size)}
    out = list(mine)
    changes = WordMatcher(old, new).get_opcodes()
    for op, a, b, c, d in reversed(changes):
        spots = [place[i] for i in range(a, b) if i in place]
        if op == "insert":
            before, after = place.get(a - 1), place.get(a)
            spot = before + 1 if before is not None else after
            if spot is not None:
                out[spot:spot] = new[c:d]
        elif op != "equal" and len(spots) == b - a == spots[-1] - spots[0] + 1:
            out[spots[0] : spots[-1] + 1] = new[c:d]
    return " ".join(out)


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
