"""coverage and on-topic: the measures that compare meanings."""

from __future__ import annotations

from scoring.coverage import COVERED_AT, covered
from scoring.features.reading import Context, Reading, ramp

__all__ = ["OFF_TOPIC_BELOW", "ON_TOPIC_PEAK", "coverage", "on_topic"]

OFF_TOPIC_BELOW = 0.3
ON_TOPIC_PEAK = 0.45
"""An answer is off the topic where its sentences have a mean under the first, and its nearest three under the second.

Measured on the worked examples (``about`` of the embedded judge): refuses 3 of 72 answers of level 2 and more, none of
them above level 3, and 74 % of answers that were given to another question.
"""

WELL_ON_TOPIC = 0.55

# A key point counts in part a little under the threshold and in full a little above it, so the value does not jump.
SLACK = 0.15


def coverage(context: Context) -> Reading:
    """Share of the criterion's key points that the answer covers."""
    points = context.criterion.key_points
    margins = {p.id: context.matches[p.id].margin for p in points if p.id in context.matches}
    share = sum(ramp(m, COVERED_AT - SLACK, COVERED_AT + SLACK) for m in margins.values()) / len(points)
    found = covered(context.matches)
    note = f"It covers {len(found)} of {len(points)} key points."
    if missing := [p.text.rstrip(".") for p in points if p.id not in found]:
        note += " Not found: " + "; ".join(missing) + "."
    return Reading(share, note)


def on_topic(context: Context) -> Reading:
    """How near its sentences are to what was asked, on average."""
    value = ramp(context.relevance, OFF_TOPIC_BELOW, WELL_ON_TOPIC)
    where = "on" if value >= 0.6 else "partly on" if value >= 0.3 else "only loosely on"
    return Reading(value, f"It is {where} the question.")
