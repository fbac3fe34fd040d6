"""What the reference text of a clip says about a place between two words: does a sentence end there?

The recogniser's words are laid beside the reference's, so that nothing depends on the marks that a recogniser writes,
nor on what any judge makes of the sound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

__all__ = ["sentence_ends_after"]

_SAID = re.compile(r"[\w'’]+")
_ENDS_SENTENCE = re.compile(r"(?<!\.)[.?!](?!\.)")


def sentence_ends_after(reference: str, words: Sequence[str]) -> list[bool | None]:
    """For each of the recogniser's ``words`` but the last. None where the reference does not say: it carries no marks
    at all, as some sets do, or neither the word nor the one after it is in it. Three dots are no end of a sentence."""
    marks = _marks_after(reference)
    if not any(_ENDS_SENTENCE.search(mark) for _, mark in marks):
        return [None] * max(0, len(words) - 1)
    place = _places([_plain(word) for word in words], [word for word, _ in marks])
    found: list[bool | None] = []
    for i in range(len(words) - 1):
        here, following = place.get(i), place.get(i + 1)
        at = here if here is not None else following - 1 if following else None
        found.append(None if at is None else _ENDS_SENTENCE.search(marks[at][1]) is not None)
    return found


def _marks_after(reference: str) -> list[tuple[str, str]]:
    """Each word, and all that stands between it and the next one."""
    said = list(_SAID.finditer(reference))
    ends = [*(m.start() for m in said[1:]), len(reference)]
    return [(_plain(m.group()), reference[m.end() : end]) for m, end in zip(said, ends, strict=True)]


def _places(heard: Sequence[str], reference: Sequence[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, heard, reference, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}


def _plain(word: str) -> str:
    return re.sub(r"[^\w]", "", word.lower())
