"""structure: connected reasoning, by the words that join thoughts."""

from __future__ import annotations

import re
from functools import lru_cache

from scoring.features.reading import REMEMBERED, Context, Reading, ramp

__all__ = ["structure"]

_FAMILIES = {
    "gives reasons": r"because|since|that's why|which is why|the reason|due to|so that|in order to",
    "draws conclusions": r"so (?=i|we|they|you|the|it|he|she)|therefore|as a result|that means|which means|"
    r"and that's how|in the end|overall|finally|that is how",
    "puts things in order": r"first|second|third|next|then|after that|before that|afterwards?|once|when|to begin with|"
    r"a long time ago|the last",
    "gives examples": r"for example|for instance|such as|like when|say,|imagine",
    "weighs one thing against another": r"but|however|although|though|instead|rather than|on the other hand|whereas|"
    r"while|unless|except|even if|if",
}
_PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _FAMILIES.items()}


def structure(context: Context) -> Reading:
    sentences = context.content.sentences
    by_sentence = [(s, joining(s.text)) for s in sentences]
    found = {pair for _, own in by_sentence for pair in own}
    families = [name for name in _PATTERNS if any(name == family for family, _ in found)]
    distinct = len(found)
    joined = [(s, {family for family, _ in own}) for s, own in by_sentence if own]
    value = 0.4 * ramp(len(families), 0, 4) + 0.4 * ramp(distinct, 0, 8) + 0.2 * ramp(len(sentences), 1, 6)
    if not families:
        return Reading(value, "Its sentences stand beside each other without joining words.")
    note = "It " + (", ".join(families[:-1]) + " and " if families[1:] else "") + families[-1] + "."
    best = sorted(joined, key=lambda pair: (-len(pair[1]), pair[0].start))
    return Reading(value, note, tuple(s for s, _ in best[:2]))


@lru_cache(maxsize=REMEMBERED)
def joining(text: str) -> frozenset[tuple[str, str]]:
    """(family, words) of each sign in a sentence that joins thoughts."""
    return frozenset((name, m.group().casefold()) for name, p in _PATTERNS.items() for m in p.finditer(text))
