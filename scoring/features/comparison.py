"""concrete-comparison: "like a ...", "as big as ...", "imagine ...": comparisons with everyday things."""

from __future__ import annotations

import re
from functools import lru_cache

from wordfreq import zipf_frequency

from scoring.features.reading import REMEMBERED, Context, Reading
from scoring.lexicon import FUNCTION_WORDS, looks_like_verb
from scoring.sentences import words

__all__ = ["compares", "concrete_comparison"]

_DETERMINER = r"(?:a|an|the|your|our|my|when|if|being|having|going|jumping|riding|swimming|\w+ing|\w+s)\b"
_PATTERN = re.compile(
    rf"(?<!would )(?<!i )(?<!you )(?<!we )(?<!they )(?<!i'd )(?<!you'd )(?<!didn't )(?<!don't )\blike {_DETERMINER}"
    r"|\bas \w+ as\b|\bas (?:if|though)\b"
    r"|\bjust (?:like|as)\b|\b(?:same|similar) (?:way )?(?:as|to)\b|\bsort of like\b|\bkind of like\b|\ba bit like\b"
    r"|\b(?:imagine|pretend|picture|think of|remember when|you know (?:how|when)|if you could|if you were)\b"
    r"|\b(?:\w+er|more \w+|less \w+) than (?:a|an|the|your|our|my|any|\w+ing)\b"
    r"|\bthe size of\b|\bhalf as\b|\btimes (?:the|as|bigger|taller|higher|longer|faster|farther|further)\b",
    re.IGNORECASE,
)
COMMON = 3.6  # zipf: a thing that is compared with should be an everyday thing
NEXT = 9  # words after the sign of a comparison in which that thing is looked for
_NOT_A_THING_TEXT = """
    things thing way lot bit kind sort people something everything anything time times
"""
_NOT_A_THING = frozenset(_NOT_A_THING_TEXT.split())

# Values for 0, 1, 2, ... comparisons. The anchors of such a criterion ask for one, then for several.
VALUES = (0.0, 0.4, 0.65, 0.85, 1.0)


def concrete_comparison(context: Context) -> Reading:
    found = [s for s in context.content.sentences if compares(s.text)]
    value = VALUES[min(len(found), len(VALUES) - 1)]
    if not found:
        return Reading(value, "No comparison with an everyday thing was found.")
    many = "One sentence compares" if len(found) == 1 else f"{len(found)} sentences compare"
    return Reading(value, f"{many} something with an everyday thing.", tuple(found[:3]))


@lru_cache(maxsize=REMEMBERED)
def compares(text: str) -> bool:
    """True where a sign of a comparison is followed by an everyday thing."""
    for sign in _PATTERN.finditer(text):
        for word in words(text[sign.start() :])[1 : NEXT + 1]:
            if word in FUNCTION_WORDS or word in _NOT_A_THING or word == "like" or len(word) < 3:
                continue
            if zipf_frequency(word, "en") >= COMMON and (not looks_like_verb(word) or word.endswith("ing")):
                return True
    return False
