"""The candidate's own pace: how long Melvin waits when they pause, chosen by them and learned from their pauses.

pauses of this candidate that were followed by more words   ──▶  90 % of them, and a quarter more
what their pace begins with                                 ──▶  weighs as much as six pauses
both, never below the pace's floor nor above its ceiling    ──▶  the silence that ends a finished sentence
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = [
    "FINALITY_LANGUAGES", "FINALITY_STEPS", "FINAL_WAITS", "KEPT_PAUSES", "LEARNED_FROM_S", "LEARNED_TO_S", "PACES",
    "Pace", "Patience", "after_final_s", "learned_s", "patience_s",
]  # fmt: skip

LEARNED_FROM_S = 0.5
"""Shorter pauses belong to breathing and to consonants (planning begins at about 0.25 s; a segment ends at 0.7 s)."""
LEARNED_TO_S = 8.0
"""Longer ones are not a way of speaking: somebody knocked, or the thought was lost. One such must not slow the rest."""
KEPT_PAUSES = 30
"""The newest ones; people warm up in the course of an interview."""
LEAST_PAUSES = 4
"""Fewer say nothing about the ninth of ten."""
QUANTILE = 0.9
"""Nine of ten pauses; the margin is for the tenth. Higher quantiles of so few pauses are the one longest pause."""
MARGIN = 1.25
"""Only pauses that Melvin waited through are seen, so what was seen is too short by what he cut."""
WEIGHT_OF_PACE = 6
"""The choice counts as much as six pauses: after six the two weigh the same, after thirty the candidate's own rules."""


class Pace(StrEnum):
    """Chosen by the candidate on the page, at any time; never scored."""

    BRISK = "brisk"
    NORMAL = "normal"
    RELAXED = "relaxed"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence, by how the words so far end (see ``cues``); the accommodation factor comes on top.

    ``floor_s`` and ``ceiling_s`` hold what is learned about pauses after a whole sentence.
    """

    floor_s: float
    complete_s: float
    ceiling_s: float
    unfinished_s: float
    open_s: float
    opening_s: float


PACES: Mapping[Pace, Patience] = MappingProxyType(
    {
        # For those who hate to wait. 0.9 s: below about 0.85 s even good detectors of the end of a turn cut one pause
        # in twenty (eot-bench).
        Pace.BRISK: Patience(0.9, 1.1, 1.6, 1.8, 5.0, 2.2),
        # 1.6, 2.6 and 3.0 s are what interviews have been held with so far. After a word that cannot end a sentence
        # ("because", "the", "um") people who search for words take up to 6 s, and waiting costs nothing where they do
        # go on: 6.5 s.
        Pace.NORMAL: Patience(1.2, 1.6, 2.4, 2.6, 6.5, 3.0),
        # For those who think aloud or in a second language: nothing is taken for an end that normal would still hold.
        Pace.RELAXED: Patience(2.4, 2.8, 4.5, 4.5, 9.0, 5.0),
    }
)


FINALITY_LANGUAGES = frozenset({"en"})
"""In which finality was measured; melody differs between languages."""
FINALITY_STEPS = (0.7, 0.6, 0.4)
"""At least this final, step by step. Measured on other speakers than it was fitted to, on ends of answers and silences
spliced in mid-clause: 0.7 is reached by half of the ends (two thirds without one speaker's short phrases) and 5 % of
the silences, 0.6 by 72 % and 7 %, 0.4 by nine tenths and 12 %."""
FINAL_WAITS: Mapping[Pace, tuple[float, float, float, float]] = MappingProxyType(
    {
        # Seconds of silence, by step. Half of all ends are quick; what sounds unfinished is waited for as long as
        # people search for words (up to 6 s), since being cut off is the worst.
        Pace.BRISK: (0.9, 1.6, 2.6, 4.1),
        Pace.NORMAL: (1.1, 4.1, 6.2, 6.2),
        Pace.RELAXED: (5.1, 6.2, 6.6, 6.6),
    }
)
FINAL_CEILING_S: Mapping[Pace, float] = MappingProxyType({Pace.BRISK: 1.6, Pace.NORMAL: 2.4, Pace.RELAXED: 6.2})
"""The most that is learned after what sounds final."""


def after_final_s(pace: Pace, pauses: Sequence[float]) -> float:
    """Silence after what sounds final that ends the turn, in seconds: the pace's own, and longer for who went on after
    longer ones. Never shorter: before a candidate is known, half of what may be cut is cut at this step."""
    own = FINAL_WAITS[pace][0]
    learned = learned_s(pauses)
    if learned is None:
        return own
    count = len(pauses)
    mixed = (WEIGHT_OF_PACE * own + count * learned) / (WEIGHT_OF_PACE + count)
    return min(max(mixed, own), FINAL_CEILING_S[pace])


def learned_s(pauses: Sequence[float]) -> float | None:
    """What the candidate's own pauses ask for, in seconds; None while there are too few. Takes those that are kept:
    ``KEPT_PAUSES`` at most, each between ``LEARNED_FROM_S`` and ``LEARNED_TO_S``."""
    own = sorted(pauses)
    if len(own) < LEAST_PAUSES:
        return None
    place = QUANTILE * (len(own) - 1)
    below = int(place)
    above = min(below + 1, len(own) - 1)
    return MARGIN * (own[below] + (place - below) * (own[above] - own[below]))


def patience_s(pace: Pace, pauses: Sequence[float]) -> float:
    """Silence after a whole sentence that ends the turn, in seconds."""
    patience = PACES[pace]
    learned = learned_s(pauses)
    if learned is None:
        return patience.complete_s
    count = len(pauses)
    mixed = (WEIGHT_OF_PACE * patience.complete_s + count * learned) / (WEIGHT_OF_PACE + count)
    return min(max(mixed, patience.floor_s), patience.ceiling_s)
