"""concrete-comparison: "like a ...", "as big as ...", "imagine ...": comparisons with everyday things.

Learners of English leave articles out, so "is like star" and "bigger than house" are signs too: there the thing has to
follow at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    r"|\bjust (?:like|as)\b|\b(?:same|similar) (?:way )?(?:as|to)\b|\bsort of like\b|\bkind of like\b|\bbit like\b"
    r"|\b(?:imagine|pretend|picture|think of|remember when|you know (?:how|when)|if you could|if you were)\b"
    r"|\b(?:\w+er|more \w+|less \w+) than (?:a|an|the|your|our|my|any|\w+ing)\b"
    r"|\bsize of\b|\bhalf as\b|\btimes (?:the|as|bigger|taller|higher|longer|faster|farther|further)\b",
    re.IGNORECASE,
)
COMMON = 3.6  # zipf: a thing that is compared with should be an everyday thing
NEXT = 9  # words after the sign of a comparison in which that thing is looked for
_NOT_A_THING_TEXT = """
    things thing way lot bit kind sort people something everything anything time times okay yeah yes well really pretty
    hello maybe said crazy
"""
_NOT_A_THING = frozenset(_NOT_A_THING_TEXT.split())

_LIKERS_TEXT = """
    i you we they i'd you'd we'd he'd she'd would should could will might do does did don't doesn't didn't there there's
"""
_LIKERS = frozenset(_LIKERS_TEXT.split())  # after them "like" is a verb or a filler
_NO_COMPARATIVE_TEXT = """
    rather other never over ever after whether either neither better later
"""
_NO_COMPARATIVE = frozenset(_NO_COMPARATIVE_TEXT.split())

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
        if any(map(_is_thing, words(text[sign.start() :])[1 : NEXT + 1])):
            return True
    said = words(text)
    return any(_is_bare_sign(said, i) and _is_thing(said[i + 1]) for i in range(1, len(said) - 1))


def _is_bare_sign(said: Sequence[str], at: int) -> bool:
    """True for "like" that is no verb, and for "than" after a comparative."""
    before = said[at - 1]
    if said[at] == "than":
        return (before.endswith("er") and before not in _NO_COMPARATIVE) or said[max(0, at - 2)] in ("more", "less")
    if said[at] != "like":
        return False
    return before not in _LIKERS and not (at > 1 and said[at - 2] == "there")


def _is_thing(word: str) -> bool:
    if word in FUNCTION_WORDS or word in _NOT_A_THING or word == "like" or len(word) < 3:
        return False
    return zipf_frequency(word, "en") >= COMMON and (not looks_like_verb(word) or word.endswith("ing"))
