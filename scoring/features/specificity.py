"""specificity: names, numbers, and what the speaker did in the first person and the past."""

from __future__ import annotations

import re
from functools import lru_cache

from scoring.features.reading import REMEMBERED, Context, Reading, ramp

__all__ = ["specificity", "specifics"]

_NUMBER = re.compile(
    r"[$€£%]|\b\d[\d.,]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen|half|twice|percent|monday|tuesday|wednesday|"
    r"thursday|friday|january|february|march|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?…]\s)(?<!^)\b(?!I\b|I')[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*")
_PAST = (
    "was were had did built made wrote ran found kept took led gave went told taught got sent chose began saw knew set "
    "put cut read came held met paid sold spent left lost won broke caught drew grew spoke thought understood brought"
)
_DID = re.compile(
    rf"\b(?:i|we)\b(?:\s+(?:then|also|first|just|actually|finally|even|once|always|never|personally)\b)?\s+"
    rf"(?:\w{{2,}}ed|{'|'.join(_PAST.split())})\b",
    re.IGNORECASE,
)
_INSTANCE = re.compile(
    r"\b(?:for example|for instance|such as|last (?:year|month|week|summer|spring|autumn|winter)|one time|once|"
    r"at my|in my|named|called|specifically)\b",
    re.IGNORECASE,
)

# Distinct specifics in an answer: from none to about one in each of eight sentences.
FULL = 8.0
DENSE = 0.05  # specifics per word above which nothing more is gained; long vague answers stay low


def specificity(context: Context) -> Reading:
    by_sentence = [(s, specifics(s.text)) for s in context.content.sentences]
    distinct = {x for _, own in by_sentence for x in own}
    total = len(context.content.words)
    if not total:
        return Reading(0.0, "")
    value = 0.6 * ramp(len(distinct), 0, FULL) + 0.4 * ramp(len(distinct) / total, 0, DENSE) * ramp(len(distinct), 0, 4)
    concrete = sum(1 for _, own in by_sentence if own)
    if not concrete:
        return Reading(value, "It stays general: no names, numbers or things done were found.")
    note = f"{concrete} of {len(by_sentence)} sentences give names, numbers or things done."
    best = sorted(by_sentence, key=lambda pair: (-len(pair[1]), pair[0].start))
    return Reading(value, note, tuple(s for s, own in best[:3] if own))


@lru_cache(maxsize=REMEMBERED)
def specifics(text: str) -> frozenset[str]:
    """What a sentence has that could be checked: numbers, names, things done, instances; in lower case."""
    return frozenset(
        m.group().casefold() for pattern in (_NUMBER, _NAME, _DID, _INSTANCE) for m in pattern.finditer(text)
    )
