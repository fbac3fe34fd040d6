"""When is a candidate's turn over? Policies are small objects that answer with a silence in seconds, and say why.

    speech ──────────┐                        ┌── speech
                     │◄──── silence ─────────►│
                     └─ SpeechEnded           └─ SpeechStarted: the turn is held
                     │◄── wait_s ──►│ the turn is over, unless a segment is still being recognised

A policy is a pure function of what is in the event log, so any of them can be asked afterwards what it would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from interviewer.conversation.cues import OPENING_SPEECH_S, Cue, cue_of
from interviewer.conversation.pace import PACES, Pace, learned_s, patience_s

__all__ = ["POLICIES", "FixedSilence", "Paced", "TailAware", "TurnPolicy", "TurnSoFar", "Wait"]


@dataclass(frozen=True, slots=True)
class TurnSoFar:
    """``text``: everything recognised since Melvin's last question or probe; ``speech_s``: seconds of speech in it.
    ``pauses``: the candidate's own pauses that were followed by more words, in seconds, oldest first. ``finality``: how
    likely the recogniser found the end of a sentence after the last word, 0 to 1; None where it does not say."""

    text: str
    speech_s: float
    pace: Pace = Pace.NORMAL
    pauses: tuple[float, ...] = ()
    language: str = "en"
    finality: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds of silence after which the turn is taken to be over, and what that rests on."""

    wait_s: float
    cue: Cue
    learned_s: float | None = None


class TurnPolicy(Protocol):
    @property
    def name(self) -> str: ...

    def wait(self, turn: TurnSoFar) -> Wait: ...


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """The baseline: the same silence whatever was said."""

    silence_s: float

    @property
    def name(self) -> str:
        return f"fixed-{self.silence_s:g}"

    def wait(self, turn: TurnSoFar) -> Wait:
        return Wait(self.silence_s, cue_of(turn.text, turn.speech_s, turn.language))


@dataclass(frozen=True, slots=True)
class TailAware:
    """Waits longer where the words end in no end of a sentence, or hardly anything was said; the same for everybody."""

    complete_s: float = 1.6
    unfinished_s: float = 2.6
    opening_s: float = 3.0
    name: str = "tail-aware"

    def wait(self, turn: TurnSoFar) -> Wait:
        cue = cue_of(turn.text, turn.speech_s, turn.language)
        waits = {
            Cue.OPENING: self.opening_s,
            Cue.OPEN: self.opening_s if turn.speech_s < OPENING_SPEECH_S else self.unfinished_s,
            Cue.UNFINISHED: self.unfinished_s,
            Cue.COMPLETE: self.complete_s,
        }
        return Wait(waits[cue], cue)


@dataclass(frozen=True, slots=True)
class Paced:
    """The candidate's own pace: chosen on the page, and learned from the pauses that they went on after."""

    name: str = "paced"

    def wait(self, turn: TurnSoFar) -> Wait:
        patience = PACES[turn.pace]
        cue = cue_of(turn.text, turn.speech_s, turn.language)
        complete = patience_s(turn.pace, turn.pauses)
        # Who pauses long between sentences pauses long within them; who does not still gets the pace's own patience.
        longer = max(0.0, complete - patience.complete_s)
        waits = {
            Cue.OPENING: patience.opening_s + longer,
            Cue.OPEN: patience.open_s,
            Cue.UNFINISHED: patience.unfinished_s + longer,
            Cue.COMPLETE: complete,
        }
        return Wait(waits[cue], cue, learned_s(turn.pauses))


POLICIES: Mapping[str, TurnPolicy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Paced(),
            TailAware(),
            FixedSilence(0.7),
            FixedSilence(1.0),
            FixedSilence(1.5),
            FixedSilence(2.0),
        )
    }
)
"""By name; a script names the one that its interview is held with."""
