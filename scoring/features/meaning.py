"""coverage and on-topic: the measures that compare meanings."""

from __future__ import annotations

from scoring.coverage import COVERED_AT, covered
from scoring.features.reading import Context, Reading, ramp

__all__ = ["OFF_TOPIC_BELOW", "coverage", "on_topic"]

OFF_TOPIC_BELOW = 0.3

# A key point counts in part a little under the threshold and in full a little above it, so the value does not jump.
SLACK = 0.1


def coverage(context: Context) -> Reading:
    """Share of the criterion's key points that the answer covers."""
    points = context.criterion.key_points
    similarity = {p.id: context.matches[p.id].similarity for p in points if p.id in context.matches}
    share = sum(ramp(s, COVERED_AT - SLACK, COVERED_AT + SLACK) for s in similarity.values()) / len(points)
    found = covered(context.matches)
    note = f"It covers {len(found)} of {len(points)} key points."
    if missing := [p.text.rstrip(".") for p in points if p.id not in found]:
        note += " Not found: " + "; ".join(missing) + "."
    return Reading(share, note)


def on_topic(context: Context) -> Reading:
    """How near the answer as a whole is to what was asked."""
    value = ramp(context.relevance, OFF_TOPIC_BELOW, 0.6)
    where = "on" if value >= 0.6 else "partly on" if value >= 0.3 else "only loosely on"
    return Reading(value, f"It is {where} the question.")
