"""warmth: speaks to the listener, asks, invites to imagine, shares wonder."""

from __future__ import annotations

import re

from scoring.features.reading import Context, Reading, ramp

__all__ = ["warmth"]

_YOU_TEXT = """
    you your yours you're you've you'll you'd yourself let's together sweetie honey kiddo buddy friend
"""
_YOU = frozenset(_YOU_TEXT.split())
_ASKS = re.compile(
    r"\?|\b(?:do you know|can you|have you ever|did you know|guess (?:what|how|who)|what do you think|would you"
    r"|you know (?:what|how|when|the)|want to)\b",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"\b(?:imagine|pretend|picture (?:this|yourself|a|it)|close your eyes|let's|look up|guess|remember when"
    r"|think (?:of|about)|try to)\b",
    re.IGNORECASE,
)
_WONDER = re.compile(
    r"\b(?:wow|amazing|isn't (?:that|it)|wonderful|magical|incredible|so cool|pretty cool|fun|brave|proud|excit\w+"
    r"|one day you|maybe you|maybe one day|don't worry|good question|great question|sorry|i understand"
    r"|happy to|glad)\b",
    re.IGNORECASE,
)
# Thanking or praising whoever asked is manners towards the interviewer, not warmth towards the listener.
_FLATTERY = re.compile(
    r"\b(?:thank you|thanks|appreciate|you are (?:so|very|the)|you're (?:so|very|the)|best interviewer|great interview"
    r"|opportunity|your company|your team)\b",
    re.IGNORECASE,
)


def warmth(context: Context) -> Reading:
    sentences = [s for s in context.content.sentences if not _FLATTERY.search(s.text)]
    total = sum(len(s.words) for s in sentences)
    if not total:
        return Reading(0.0, "Nobody is spoken to.")
    to_you = [s for s in sentences if _YOU & set(s.words)]
    asks = [s for s in sentences if _ASKS.search(s.text)]
    invites = [s for s in sentences if _INVITES.search(s.text)]
    wonder = [s for s in sentences if _WONDER.search(s.text)]
    you_rate = sum(w in _YOU for s in sentences for w in s.words) / total
    value = (
        0.35 * ramp(you_rate, 0.0, 0.06)
        + 0.3 * ramp(len(asks), 0, 3)
        + 0.2 * ramp(len(invites), 0, 2)
        + 0.15 * ramp(len(wonder), 0, 2)
    )
    signs = [
        name
        for name, found in (
            ("speaks to the listener", to_you),
            ("asks", asks),
            ("invites to imagine or guess", invites),
            ("shares wonder or kindness", wonder),
        )
        if found
    ]
    note = "It " + _listed(signs) + "." if signs else "The listener is never spoken to."
    best = sorted(
        {s.start: s for s in (*asks, *invites, *wonder, *to_you)}.values(),
        key=lambda s: (-sum(s in group for group in (to_you, asks, invites, wonder)), s.start),
    )
    return Reading(value, note, tuple(best[:3]))


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
