"""Quotes that are checked by code before anyone sees them.

A quote is evidence only if it stands at its offsets in the answer it belongs to, spans at most two sentences, and is
not the whole answer. Where the answer is a single sentence, a clause of it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from scoring.judges.base import Citation
from scoring.scorecard import Evidence
from scoring.sentences import WORD, clauses, sentences
from scoring.transcript import Answer

__all__ = ["DOUBTFUL_BELOW", "is_quotable", "parts", "recognition_confidence", "verified"]

MOST_SENTENCES = 2

DOUBTFUL_BELOW = 0.5
"""Mean word confidence under which a stretch counts as unheard. Whisper gives clear speech 0.8 to 0.95; at an even
chance for each word, a quote is as likely wrong as right. Chosen, not fitted."""


@lru_cache(maxsize=4096)
def is_quotable(text: str, start: int, end: int) -> bool:
    """True where [start, end) of an answer's text may be shown as evidence."""
    if not 0 <= start < end <= len(text) or not WORD.search(text, start, end):
        return False
    touched = sum(s.start < end and s.end > start for s in sentences(text))
    whole = not WORD.search(text, 0, start) and not WORD.search(text, end)
    return touched <= MOST_SENTENCES and not whole


def verified(answer: Answer, citations: Iterable[Citation], *, quotable: bool = False) -> tuple[Evidence, ...]:
    """The citations that hold, with audio times, in order of place; each stretch once. The rest are dropped.

    ``quotable``: what they may span was looked at already, in the text that the judge read. Where one word stands for a
    name of four, sentences are cut in other places than in the answer as it was said.
    """
    held: dict[tuple[int, int, str | None], Evidence] = {}
    for c in citations:
        if c.start < 0 or answer.text[c.start : c.end] != c.quote:
            continue
        if not quotable and not is_quotable(answer.text, c.start, c.end):
            continue
        heard = (answer.audio_span(c.start, c.end) if answer.words else None) or (None, None)
        held.setdefault(
            (c.start, c.end, c.key_point),
            Evidence(c.start, c.end, c.quote, c.key_point, c.similarity, audio_start=heard[0], audio_end=heard[1]),
        )
    return tuple(held[k] for k in sorted(held, key=lambda k: (k[0], k[1], k[2] or "")))


def parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Stretches of one sentence that may stand for it: its clauses, or its halves where it has only one."""
    found = clauses(text, start, end)
    if len(found) > 1:
        return found
    tokens = list(WORD.finditer(text, start, end))
    if len(tokens) < 2:
        return []
    middle = len(tokens) // 2
    return [(tokens[0].start(), tokens[middle - 1].end()), (tokens[middle].start(), tokens[-1].end())]


def recognition_confidence(answer: Answer, spans: Iterable[tuple[int, int]]) -> float | None:
    """Mean confidence (0 to 1) of the recognised words that overlap the spans; None where nothing there was spoken.

    Words that a person typed or corrected count as certain.
    """
    if not answer.words:
        return None
    everywhere = range(len(answer.words))
    inside = {i for start, end in spans for i in everywhere[answer.words_in(start, end)]}
    if not inside:
        return None
    heard = [answer.words[i].confidence for i in sorted(inside)]
    return sum(1.0 if confidence is None else confidence for confidence in heard) / len(heard)
