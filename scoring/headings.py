"""A sentence without what is not part of it: a label before it, and words in another script.

"Thought process: at first ..." says what "at first ..." says. The label would lend the sentence a meaning that it does
not have; so would a word that somebody put in front of a whole sentence: "Solution I like to cook". Who speaks is no
label: "Beginners ask: ...".
"""

from __future__ import annotations

import re

from scoring.lexicon import FUNCTION_WORDS
from scoring.sentences import WORD

__all__ = ["without_heading"]

LONGEST_LABEL = 3  # words before a colon
_SPEAKING = frozenset(
    {"ask", "asks", "asked", "say", "says", "said", "wonder", "wonders", "wondered", "write", "wrote"}
)
FEWEST_LEFT = 3  # words; a label with less behind it is what the sentence says
_SELF = frozenset({"I", "I'm", "I've", "I'd", "I'll", "I’m", "I’ve", "I’d", "I’ll"})
_ADVERBS = frozenset({"yesterday", "today", "tomorrow", "sometimes", "maybe", "perhaps", "once", "personally", "well"})
_FOREIGN = re.compile(r"(?:(?![A-Za-z\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff])[^\W\d_]){2,}[，。、；：！？]*")
"""Two letters or more that are not Latin, with the marks behind them; one alone may be a symbol."""


def without_heading(text: str, *, label: bool = True) -> str:
    """The text itself where it has none. ``label``: what ends in a colon counts too; at the beginning of a line it is
    a person's own order, as in "Question: ..."."""
    if not text.isascii():
        text = " ".join(_FOREIGN.sub(" ", text).split())
    at = _body(text, label)
    return text[at:] if at and len(WORD.findall(text, at)) >= FEWEST_LEFT else text


def _body(text: str, label: bool) -> int:
    """Where the sentence begins: after words without grammar that end in a colon, or after a single one before "I"."""
    end, first = 0, ""
    for count, word in enumerate(WORD.finditer(text), start=1):
        if count == 2 and word.group() in _SELF:
            told = first.endswith("ly") or first in _ADVERBS or not text[end : word.start()].isspace()
            return 0 if told else word.start()
        plain = word.group().casefold().replace("’", "'")
        if plain in FUNCTION_WORDS or count > LONGEST_LABEL:
            return 0
        end, first = word.end(), first or plain
        if label and text[end : end + 2] == ": ":
            return 0 if count > 1 and plain in _SPEAKING else end + 2
    return 0
