"""length-fit: not too short and not too long for the listener. Repeats and copies do not count as length.

Articles are not counted but reckoned with at their usual share, so that who leaves them out is not shorter.
"""

from __future__ import annotations

from scoring.features.reading import Context, Reading, ramp
from scoring.lexicon import but_articles

__all__ = ["length_fit"]

SHORTEST = 0.2  # of the least fitting length: there nothing is left
ARTICLES_SHARE = 0.087  # of the words of our worked answers
LONGEST = 2.5  # of the most fitting length: there nothing is left


def length_fit(context: Context) -> Reading:
    bounds = context.criterion.words
    if bounds is None:
        raise ValueError(f"criterion {context.criterion.id!r} uses length-fit without bounds")
    least, most = bounds
    count = round(but_articles(context.content.words) / (1 - ARTICLES_SHARE))
    if count < least:
        return Reading(
            ramp(count, SHORTEST * least, least),
            f"With about {count} words it is shorter than fits ({least} to {most}).",
        )
    if count > most:
        return Reading(
            1 - ramp(count, most, LONGEST * most),
            f"With about {count} words it is longer than fits ({least} to {most}).",
        )
    return Reading(1.0, f"With about {count} words its length fits.")
