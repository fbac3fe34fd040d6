"""What a judge may not see is masked before it reads, and everything it cites is led back to the words as said.

said      "My name is Ana and he is from Hanoi."       displays, scorecards, hashes
masked    "My name is [name] and they are from Hanoi." judges
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scoring.identity.edit import Edit
from scoring.identity.edits import edits
from scoring.identity.folding import capitalised
from scoring.judges.base import Citation
from scoring.rubric import Rubric
from scoring.transcript import Answer

__all__ = ["MASKING", "Masked", "kept", "mask", "reading"]

MASKING = "2"
"""Changes whenever an answer could be masked in another way."""


def reading(judge_version: str) -> str:
    """What tells one judgement of an answer from another, besides judge and rubric: the judge's version and what it may
    see. An answer that is masked in another way is another one to the judge."""
    return f"{judge_version}, masking {MASKING}"


@dataclass(frozen=True, slots=True)
class Masked:
    """``answer`` is what a judge reads; ``changes`` are in the original's offsets, in order, without overlap."""

    answer: Answer
    original: Answer
    changes: tuple[Edit, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the masked text as it stands in the original; a mask that it touches is taken whole."""
        shift = 0
        a, b = start, end
        for old_start, old_end, new in self.changes:
            new_start = old_start + shift
            new_end = new_start + len(new)
            shift += len(new) - (old_end - old_start)
            if start >= new_end:
                a = start - shift
            elif start >= new_start:
                a = old_start
            if end >= new_end:
                b = end - shift
            elif end > new_start:
                b = old_end
        return a, b

    def citation(self, cited: Citation) -> Citation | None:
        """The citation with the words as said; None where its quote does not stand in what the judge read."""
        if self.answer.text[cited.start : cited.end] != cited.quote or cited.start < 0:
            return None
        if not self.changes:
            return cited
        start, end = self.span(cited.start, cited.end)
        return replace(cited, start=start, end=end, quote=self.original.text[start:end])


def mask(answer: Answer, names: Sequence[str] = (), keep: frozenset[str] = frozenset()) -> Masked:
    """Names, gendered pronouns and schools replaced; the same object where there are none.

    ``names`` are the candidate's own, in any form; ``keep`` are words (see ``kept``) that are the answer's subject.
    Masking what is masked changes nothing.
    """
    changes = edits(answer.text, answer.language, names, keep)
    if not changes:
        return Masked(answer, answer)
    parts: list[str] = []
    at = 0
    for start, end, new in changes:
        parts += (answer.text[at:start], new)
        at = end
    parts.append(answer.text[at:])
    shifted = _Shift(changes)
    masked = replace(
        answer,
        text="".join(parts),
        words=tuple(w.at(shifted.start(w.start), shifted.end(w.end)) for w in answer.words),
        turn_offsets=tuple(shifted.start(o) for o in answer.turn_offsets),
    )
    return Masked(masked, answer, changes)


def kept(rubric: Rubric, question_text: str) -> frozenset[str]:
    """The proper names of a question and its rubric, which stay: they are what is asked about."""
    known = _kept.get((id(rubric), question_text))
    if known is not None and known[0] is rubric:
        return known[1]
    words = _words(rubric, question_text)
    if len(_kept) >= 256:
        _kept.clear()
    _kept[id(rubric), question_text] = (rubric, words)
    return words


_kept: dict[tuple[int, str], tuple[Rubric, frozenset[str]]] = {}
"""By identity, because hashing a rubric costs more than masking an answer."""


def _words(rubric: Rubric, question_text: str) -> frozenset[str]:
    texts = [question_text, rubric.title]
    for c in rubric.criteria:
        texts += [c.title, c.description, *(c.anchors[level] for level in range(1, 6))]
        texts += [t for p in c.key_points for t in (p.text, *p.examples)]
    return capitalised("\n".join(texts))


class _Shift:
    """Where offsets of the original lie in the masked text; within a mask, at its start or its end."""

    def __init__(self, changes: tuple[Edit, ...]) -> None:
        self._changes = changes

    def start(self, offset: int) -> int:
        shift = 0
        for start, end, new in self._changes:
            if offset <= start:
                break
            if offset < end:
                return start + shift
            shift += len(new) - (end - start)
        return offset + shift

    def end(self, offset: int) -> int:
        shift = 0
        for start, end, new in self._changes:
            if offset <= start:
                break
            shift += len(new) - (end - start)
            if offset < end:
                return end + shift
        return offset + shift
