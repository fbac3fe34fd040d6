"""Where a quote stands in an answer, however a language model wrote its quotation marks, spaces and capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from scoring.evidence import is_quotable, parts
from scoring.judges.base import Citation
from scoring.sentences import sentences

__all__ = ["cited", "find"]

FEWEST_WORDS = 2  # a single word stands in too many answers to show anything
_AROUND = " \t\n\r\"'“”‘’«»„…"
_SAME = str.maketrans(dict(zip("’‘ʼ“”„«»–—‑‹›", '\'\'\'"""""---<>', strict=True)))
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_IRREGULAR = re.compile(r"\s\s|[^\S ]|^\s|…|" + _UNSEEN.pattern)
"""Where a text has none of these, and no letter of which the small form is longer, offsets stay as they are."""


def cited(text: str, quote: str, key_point: str | None) -> Citation | None:
    """The quote by its true offsets and in the answer's own writing; None where the answer does not hold it.

    Of a quote that is too long to be evidence, the longest part of it that may be shown.
    """
    found = find(text, quote)
    if found is None:
        return None
    start, end = found
    if not is_quotable(text, start, end):
        inside = [(max(s.start, start), min(s.end, end)) for s in sentences(text) if s.start < end and s.end > start]
        choices = inside if len(inside) > 1 else parts(text, start, end)
        choices = [c for c in choices if is_quotable(text, *c)]
        if not choices:
            return None
        start, end = max(choices, key=lambda c: (c[1] - c[0], -c[0]))
    return Citation(start, end, text[start:end], key_point)


def find(text: str, quote: str) -> tuple[int, int] | None:
    """[start, end) of the first place where the quote stands as whole words; None where it stands nowhere."""
    bare = quote.strip(_AROUND).removeprefix("...").removesuffix("...").strip(_AROUND)
    wanted = _normal(bare)[0].strip()
    if len(wanted.split()) < FEWEST_WORDS:
        return None
    # A model may end a quote in the middle of a sentence with a full stop.
    return _place(text, wanted) or _place(text, wanted.rstrip(".,;:!?"))


def _place(text: str, wanted: str) -> tuple[int, int] | None:
    flat, offsets = _normal_answer(text)
    at = flat.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        within_before = at > 0 and flat[at - 1].isalnum() and wanted[0].isalnum()
        within_after = end < len(flat) and flat[end].isalnum() and wanted[-1].isalnum()
        if not (within_before or within_after):
            return offsets[at], offsets[end - 1] + 1
        at = flat.find(wanted, at + 1)
    return None


def _normal(text: str) -> tuple[str, Sequence[int]]:
    """The text in lower case with plain marks and single spaces; and for each character where it came from."""
    plain = text.translate(_SAME).casefold()
    if len(plain) == len(text) and not _IRREGULAR.search(text):
        return plain, range(len(text))
    out: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        if _UNSEEN.match(char):
            continue
        new = "..." if char == "…" else " " if char.isspace() else char.translate(_SAME).casefold()
        if new == " " and (not out or out[-1] == " "):
            continue
        out += new
        offsets += [index] * len(new)
    return "".join(out), offsets


_normal_answer = lru_cache(maxsize=128)(_normal)
"""One answer is searched for many quotes."""
