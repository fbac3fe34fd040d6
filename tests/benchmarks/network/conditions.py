"""The bad networks that are tried, and when in the talk they are bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.media.relay import CLEAN, Impairment

__all__ = ["CONDITIONS", "Condition"]


@dataclass(frozen=True, slots=True)
class Condition:
    """``when``: ``whole`` lasts as long as there is speech; ``once`` happens in the middle of it, for ``lasts_s``.
    ``new_address``: the page's address changes as it begins."""

    name: str
    impairment: Impairment = CLEAN
    when: Literal["whole", "once"] = "whole"
    lasts_s: float = 0.0
    new_address: bool = False


CONDITIONS = (
    Condition("clean"),
    Condition("loss 1 %", Impairment(loss=0.01)),
    Condition("loss 3 %", Impairment(loss=0.03)),
    Condition("loss 5 %", Impairment(loss=0.05)),
    # Mean burst of 4 packets (80 ms), 3.8 % of all packets.
    Condition("bursts", Impairment(burst_start=0.01, burst_end=0.25)),
    Condition("jitter 80±30 ms", Impairment(delay_s=0.08, jitter_s=0.03)),
    # As netem's "delay 30ms reorder 10%": what is not held overtakes what is.
    Condition("reordering", Impairment(delay_s=0.03, overtaking=0.1)),
    Condition("blackout 10 s", Impairment(dead=True), "once", 10.0),
    Condition("new address", CLEAN, "once", 0.0, new_address=True),
)
