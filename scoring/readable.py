"""Whether a sentence is English that can be read: not noise, not a list of words, not another language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from wordfreq import zipf_frequency

from scoring.lexicon import FUNCTION_WORDS, looks_like_verb
from scoring.sentences import words

__all__ = ["is_list", "is_noise"]

LONGEST_RUN = 9  # words between blanks alone, none of them a function word; more are a list
LANGUAGE_AT = 0.18  # least share of distinct function words in a sentence (of its first 15 words)
LEAST_KNOWN = 1.5  # zipf; a word seen less often is not English for us
KNOWN_AT = 0.6  # least share of words that English has
LONGEST_WORD = 24  # letters and digits; longer is a code, not a word
SHORT = 6  # words; a sentence of so few needs one function word or verb

_NAME = re.compile(r"(?<=[\w,] )[A-Z][^\W\d_]*(?:[’'-][^\W\d_]+)*")
_RUN = re.compile(r"\b[^\W\d_]+(?: [^\W\d_]+){9,}\b")
_ITEM_END = re.compile(r"[,;/|•]|\band\b")


def is_noise(text: str, tokens: tuple[str, ...]) -> bool:
    """True where most words are not English, or one is a code. ``tokens`` are the words of ``text``."""
    unknown = list(filter(_unknown, tokens))
    most = (1 - KNOWN_AT) * len(tokens)
    if len(unknown) > most:
        # Names are words that no list has; they stand in capitals inside a sentence.
        names = {w.casefold() for w in _NAME.findall(text)}
        if sum(w not in names for w in unknown) > most:
            return True
    return max(map(len, tokens), default=0) >= LONGEST_WORD and any(
        len(w) >= LONGEST_WORD and w.isalnum() for w in tokens
    )


def is_list(text: str, tokens: tuple[str, ...]) -> bool:
    """True for words without the grammar of a sentence."""
    function = FUNCTION_WORDS.intersection(tokens)
    verb = any(map(looks_like_verb, tokens))
    if len(tokens) <= SHORT:
        return not (function or verb)
    if not verb and sum(bool(part.strip()) for part in _ITEM_END.split(text)) >= 4:
        return True
    # Punctuation only breaks runs, so what is short without it need not be looked at closely.
    if len(tokens) > LONGEST_RUN and _longest(tokens) > LONGEST_RUN and _longest_run(text) > LONGEST_RUN:
        return True
    share = len(function) / min(len(tokens), 15)
    return share < LANGUAGE_AT and not (verb and share >= LANGUAGE_AT / 2)


def _longest_run(text: str) -> int:
    """Words without punctuation or a function word between them."""
    return max((_longest(words(stretch)) for stretch in _RUN.findall(text)), default=0)


def _longest(tokens: Sequence[str]) -> int:
    """Words without a function word between them."""
    longest = run = 0
    for word in tokens:
        run = 0 if word in FUNCTION_WORDS else run + 1
        longest = max(longest, run)
    return longest


@lru_cache(maxsize=50_000)
def _unknown(word: str) -> bool:
    return not word[0].isdigit() and zipf_frequency(word, "en") <= LEAST_KNOWN
