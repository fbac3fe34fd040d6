"""structure: connected reasoning, by the words that join thoughts."""

from __future__ import annotations

import re

from scoring.features.reading import Context, Reading, ramp

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
    found = {n: {m.group().casefold() for s in sentences for m in p.finditer(s.text)} for n, p in _PATTERNS.items()}
    families = [name for name, own in found.items() if own]
    distinct = sum(len(own) for own in found.values())
    joined = [s for s in sentences if any(p.search(s.text) for p in _PATTERNS.values())]
    value = 0.4 * ramp(len(families), 0, 4) + 0.4 * ramp(distinct, 0, 8) + 0.2 * ramp(len(sentences), 1, 6)
    if not families:
        return Reading(value, "Its sentences stand beside each other without joining words.")
    note = "It " + (", ".join(families[:-1]) + " and " if families[1:] else "") + families[-1] + "."
    best = sorted(joined, key=lambda s: (-sum(bool(p.search(s.text)) for p in _PATTERNS.values()), s.start))
    return Reading(value, note, tuple(best[:2]))
