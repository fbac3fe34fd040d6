"""Putting a text before, inside or after an answer. The answer's own words all stay, in their order."""

from __future__ import annotations

from typing import Literal, get_args

from scoring.sentences import WORD, sentences

__all__ = ["PLACES", "Place", "placed"]

Place = Literal["start", "middle", "end"]
PLACES: tuple[Place, ...] = get_args(Place)


def placed(answer: str, text: str, place: Place) -> str:
    """Set apart by a blank, or by a line break where the text itself has lines."""
    gap = "\n" if "\n" in text else " "
    at = {"start": 0, "middle": _middle(answer), "end": len(answer)}[place]
    parts = (answer[:at].strip(), text.strip(), answer[at:].strip())
    return gap.join(part for part in parts if part)


def _middle(answer: str) -> int:
    """The end of the sentence that comes nearest to half of the answer; of a single sentence, its middle word's end."""
    found = sentences(answer)
    ends = [s.end for s in found[:-1]] or [m.end() for m in WORD.finditer(answer)][:-1]
    return min(ends, key=lambda end: abs(end - len(answer) / 2), default=len(answer))
