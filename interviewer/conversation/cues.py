"""How the words so far end: is a sentence over, may it go on, or must it?

Reads the words alone, never how they sound: no pitch, pace or accent. Recognition puts a full stop after most
stretches of speech, finished or not, so the last word counts more than the mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = ["FEW_CHARACTERS", "OPENING_SPEECH_S", "OPENING_WORDS", "Cue", "cue_of"]

OPENING_WORDS = 4
OPENING_SPEECH_S = 4.0
"""While less than this was said, people clear their throat, repeat the question, think."""
FEW_CHARACTERS = 80
"""No four words take more; in a longer text only the end has to be read."""


class Cue(StrEnum):
    OPENING = "opening"  # hardly anything was said
    OPEN = "open"  # ends on a word that cannot end a sentence
    UNFINISHED = "unfinished"  # no end of a sentence, or a word that seldom ends one
    COMPLETE = "complete"


# Words after which something must come. A recogniser's full stop behind them is a guess.
_CANNOT_END: Mapping[str, str] = MappingProxyType(
    {
        "en": (
            "a an the my our your their its his and but or nor because although unless whereas if whether of from into "
            "onto during than as at by with for i we i'm i've i'd i'll we're we've um uh er erm uhm mm hmm"
        ),
        # "của tôi", "giúp em" and "vậy à" end sentences: those words do not stand here.
        "vi": ("và nhưng hoặc hay vì bởi do nếu mà thì là rằng của với cho về đến trong bằng các những một mỗi ờ ừ ừm"),
        "ro": (
            "și dar sau ori iar pentru că fiindcă deoarece dacă deși de din la cu prin pe în spre despre între fără "
            "către un o unui unei niște al ale cel cea cei cele care să își îmi îți mă se ăă îî ăm mm"
        ),
    }
)
# Words that seldom end a sentence.
_SELDOM_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "en": (
            "about after all also are be been before can could each even every had has have her in is just like may "
            "maybe might more most no not on over perhaps really she should since so some such that then there these "
            "they this those though through to was well were what when where which while who whose will would you"
        ),
        "vi": "rồi nên khi lúc để có đã đang sẽ không cũng còn thế vậy này như tại từ tôi em",
        "ro": "deci atunci este sunt era am are ai a fi mai foarte nu ca când unde cum apoi adică eu după până",
    }
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")


def _words_of(table: Mapping[str, str], language: str) -> frozenset[str]:
    return frozenset(table.get(language, "").split())


_OPEN = {language: _words_of(_CANNOT_END, language) for language in _CANNOT_END}
_UNFINISHED = {language: _words_of(_SELDOM_ENDS, language) for language in _SELDOM_ENDS}


def cue_of(text: str, speech_s: float, language: str = "en") -> Cue:
    """``text``: all words since Melvin asked; ``speech_s``: seconds of speech in it."""
    few = len(text) < FEW_CHARACTERS
    words = _WORD.findall(text.lower() if few else text[-FEW_CHARACTERS:].lower())
    last = words[-1].replace("’", "'") if words else ""
    if last in _OPEN.get(language, ()):
        return Cue.OPEN
    if (few and len(words) < OPENING_WORDS) or speech_s < OPENING_SPEECH_S:
        return Cue.OPENING
    tail = text.rstrip().rstrip("\"'”’)")
    if not tail.endswith((".", "!", "?", "。")) or tail.endswith("..") or last in _UNFINISHED.get(language, ()):
        return Cue.UNFINISHED
    return Cue.COMPLETE
