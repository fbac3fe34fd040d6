"""How long to wait after words that sound so and so final: the silence that is expected to cost least (turn policy
``least-cost``, which interviews were held with before ``fates``).

    cost of ending the turn after w seconds of silence
      = finality · w                                              the answer was over: the candidate waits for nothing
      + (1 - finality) · CUT_IN_S · (longest - w) / longest       it was not: a pause of any length may be cut

Nothing is assumed of how long a pause in mid-turn lasts but that it is ``longest`` at most, so both terms are straight
lines in w and the least of their sum lies at an end: the shortest silence or the longest one. Which of them depends on
the odds that the answer is over alone, and on what a cut-in is taken to be worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from interviewer.conversation.pace import WEIGHT_OF_PACE, Pace

__all__ = ["FEW_WORDS", "FINAL", "LONG_PAUSE_S", "PRICES", "Price", "doubt", "least_costly_s"]

LONG_PAUSE_S = 1.0
"""A pause of the candidate's from here on would have been cut by who answers at once."""
FEW_WORDS = 3
"""Fewer are a beginning more often than an answer, however they sound ("Well, no")."""
FINAL = 0.5
"""What sounds at least this final says something about the silence after a finished sentence when it goes on."""


@dataclass(frozen=True, slots=True)
class Price:
    """``cut_in_s``: seconds of waiting for nothing that one cut-in is as bad as. ``shortest_s``: after what sounds
    final; below about 0.9 s even good detectors cut one pause in twenty (eot-bench), and the words are not there yet.
    ``longest_s``: as long as people search for words. ``few_s``: at least, while hardly anything was said."""

    cut_in_s: float
    shortest_s: float
    longest_s: float
    few_s: float


PRICES: Mapping[Pace, Price] = MappingProxyType(
    {
        # Measured by the benchmark ``turns``, on speakers that finality was not fitted to: normal cuts 8 % of long
        # pauses at a median gap of 1.25 s, relaxed 1.2 % at 5.3 s. At 25 normal would cut 6 to 7 %, at 5 s and more.
        Pace.BRISK: Price(4.0, 0.9, 4.1, 2.2),
        Pace.NORMAL: Price(15.0, 1.1, 6.2, 3.0),
        Pace.RELAXED: Price(18.0, 5.1, 6.6, 5.0),
    }
)


def doubt(pauses: Sequence[float]) -> float:
    """By how much the odds that an answer is over are to be divided for this candidate, 1 at least. ``pauses``: theirs
    that followed what sounded final and were no end, in seconds, cut-ins with them. Who goes on after long ones again
    and again is believed less; short ones are how everybody speaks."""
    long = sum(p >= LONG_PAUSE_S for p in pauses)
    return 1.0 + WEIGHT_OF_PACE * long / (WEIGHT_OF_PACE + len(pauses))


def least_costly_s(price: Price, finality: float, pauses: Sequence[float] = ()) -> float:
    """Seconds of silence. ``finality`` from 0 to 1."""
    for_nothing = finality / doubt(pauses)
    cut = (1.0 - finality) * price.cut_in_s / price.longest_s
    return price.shortest_s if for_nothing >= cut else price.longest_s
