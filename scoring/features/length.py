"""length-fit: not too short and not too long for the listener. Repeats and copies do not count as length."""

from __future__ import annotations

from scoring.features.reading import Context, Reading, ramp

__all__ = ["length_fit"]

SHORTEST = 0.2  # of the least fitting length: there nothing is left
LONGEST = 2.5  # of the most fitting length: there nothing is left


def length_fit(context: Context) -> Reading:
    bounds = context.criterion.words
    if bounds is None:
        raise ValueError(f"criterion {context.criterion.id!r} uses length-fit without bounds")
    least, most = bounds
    count = len(context.content.words)
    if count < least:
        return Reading(
            ramp(count, SHORTEST * least, least), f"With {count} words it is shorter than fits ({least} to {most})."
        )
    if count > most:
        return Reading(
            1 - ramp(count, most, LONGEST * most), f"With {count} words it is longer than fits ({least} to {most})."
        )
    return Reading(1.0, f"With {count} words its length fits.")
