"""Where the time of a response gap goes, by the interview's own event log beside what the browser measured.

::

    voice     ▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
    log             end  │ patience  │ late │ first sample        one clock of samples
    browser        ├────────────── gap ──────────────┤            another clock
    on the way      what of the gap the log does not have: both ways' network and buffers, and how far voice
                    activity is from the last loud frame
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.clips import RATE

__all__ = ["Stages", "parts", "stages_of", "table"]

GAP_PARTS = ("patience_s", "late_s", "voice_s", "on_the_way_s")


@dataclass(frozen=True, slots=True)
class Stages:
    """``words_s``: from the end of the speech to its words in the log. ``patience_s``: what the turn policy asked for.
    ``late_s``: decided so much later than that, words included. ``voice_s``: from there to Melvin's first sample.
    ``on_the_way_s``: the rest of the gap. ``finality`` as in
    the log; None where it does not say."""

    words_s: float
    patience_s: float
    late_s: float
    voice_s: float
    on_the_way_s: float
    finality: float | None


def stages_of(entries: Iterable[Mapping[str, Any]], gap_s: float) -> Stages | None:
    """``entries``: of the event log, those that came with this answer and its reply. None where silence did not end the
    turn."""
    ended = heard = decided = sounded = None
    facts: Mapping[str, Any] = {}
    for entry in entries:
        if entry["kind"] == "speech-ended":
            ended, heard = entry["at"], None
        elif entry["kind"] == "heard":
            heard = entry["at"]
        elif entry["kind"] == "saying-reached" and decided is not None and sounded is None:
            sounded = entry["at"]
        for decision in entry.get("decided", ()):
            if decision["what"] == "turn-over" and "limit_s" in decision:
                decided, facts, sounded = entry["at"], decision, None
    if ended is None or heard is None or decided is None or sounded is None:
        return None
    patience_s = float(facts["limit_s"])
    in_log_s = (sounded - ended) / RATE
    return Stages(
        (heard - ended) / RATE,
        patience_s,
        (decided - ended) / RATE - patience_s,
        (sounded - decided) / RATE,
        gap_s - in_log_s,
        facts.get("finality"),
    )


def parts(stages: Stages) -> str:
    sounds = "no judgement" if stages.finality is None else f"finality {stages.finality:.2f}"
    return (
        f"patience {stages.patience_s:.2f} ({sounds}) + late {stages.late_s:.2f} + voice {stages.voice_s:.2f} "
        f"+ on the way {stages.on_the_way_s:.2f}; words {stages.words_s:.2f}"
    )


def table(found: Sequence[Stages]) -> list[str]:
    """Median and largest of each part."""
    if not found:
        return []
    every = [
        f"{part.removesuffix('_s').replace('_', ' ')} {median(values):.2f} ({max(values):.2f})"
        for part in ("words_s", *GAP_PARTS)
        for values in [[getattr(s, part) for s in found]]
    ]
    return [f"of {len(found)} gaps, median (largest), s: " + ", ".join(every)]
