"""What a silence may turn out to be, and the wait that is then expected to cost least.

    the end of the answer             waiting w seconds is for nothing        over · w
    a search for words                lasts any time up to ``longest_s``      searching · PRICE · (1 - w / longest)
    a breath between two sentences    lasts as the candidate's others did     between · PRICE · share longer than w

How final the last words sound parts the first and the third from the second. What the candidate has done so far parts
the first from the third: who went on after a finished sentence will again. A wait that is worth its while is the
shortest, the longest, or one that outlasts pauses which the candidate has made, since between these the cost is a
straight line or bends the other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from interviewer.conversation.pace import WEIGHT_OF_PACE, Pace
from interviewer.conversation.waiting import Price

__all__ = ["PRICE_OF_PACE", "UNTOLD", "weighed_s"]

UNTOLD = 0.5
"""Finality of a silence before which the candidate said something that gave no words (a word begun, a cough): what the
last words sounded like belongs to another silence. As many ends as pauses were followed by such."""
NEAREST, FARTHEST = 0.7, 1.4
"""A pause of p s foretells others of this many times p, evenly spread."""

PRICE_OF_PACE: Mapping[Pace, Price] = MappingProxyType(
    {
        # By the benchmark ``turns``, on speakers that finality was not fitted to: normal is to cut at most 3 % of long
        # pauses and relaxed 1 %, with smart-turn and without, and to answer most ends after the shortest wait.
        Pace.BRISK: Price(4.0, 0.9, 4.1, 2.2),
        Pace.NORMAL: Price(20.0, 1.05, 6.2, 3.0),
        Pace.RELAXED: Price(40.0, 4.0, 6.6, 5.0),
    }
)


def weighed_s(price: Price, finality: float, pauses: Sequence[float] = ()) -> float:
    """Seconds of silence. ``finality`` from 0 to 1. ``pauses``: the candidate's own that followed what sounded final
    and were no end, in seconds, cut-ins with them."""
    reaching = [p for p in pauses if p * FARTHEST > price.shortest_s]
    seen = sum(_longer(p, price.shortest_s) for p in reaching)
    # Until many were seen it is a guess that this candidate's go on so; the choice of a pace weighs as it does there.
    went_on = WEIGHT_OF_PACE * seen / (WEIGHT_OF_PACE + len(pauses))
    over = finality / (1.0 + went_on)
    between = finality - over

    def cost(wait_s: float) -> float:
        searching = (1.0 - finality) * (price.longest_s - wait_s) / price.longest_s
        breathing = between * sum(_longer(p, wait_s) for p in reaching) / seen if seen > 0.0 else 0.0
        return over * wait_s + price.cut_in_s * (searching + breathing)

    outlasting = {p * FARTHEST for p in reaching if p * FARTHEST < price.longest_s}
    return min(sorted({price.shortest_s, *outlasting, price.longest_s}), key=cost)


def _longer(pause_s: float, wait_s: float) -> float:
    """How likely one that is foretold by ``pause_s`` lasts for longer than ``wait_s``."""
    return min(1.0, max(0.0, (pause_s * FARTHEST - wait_s) / (pause_s * (FARTHEST - NEAREST))))
