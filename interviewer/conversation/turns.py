"""When is a candidate's turn over? Policies are small objects that answer with a silence in seconds, and say why.

    speech ──────────┐                        ┌── speech
                     │◄──── silence ─────────►│
                     └─ SpeechEnded           └─ SpeechStarted: the turn is held
                     │◄── wait_s ──►│ the turn is over, unless a segment is still being recognised

A policy is a pure function of what is in the event log, so any of them can be asked afterwards what it would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from interviewer.conversation.cues import FEW_CHARACTERS, OPENING_SPEECH_S, OPENING_WORDS, Cue, cue_of
from interviewer.conversation.fates import PRICE_OF_PACE, UNTOLD, weighed_s
from interviewer.conversation.pace import (
    FINAL_WAITS,
    FINALITY_LANGUAGES,
    FINALITY_STEPS,
    PACES,
    Pace,
    after_final_s,
    learned_s,
    patience_s,
)
from interviewer.conversation.waiting import FEW_WORDS, PRICES, Price, least_costly_s

__all__ = [
    "POLICIES", "Finality", "FixedSilence", "LeastCost", "Paced", "TailAware", "TurnPolicy", "TurnSoFar", "Wait",
    "Weighed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TurnSoFar:
    """``text``: everything recognised since Melvin's last question or probe; ``speech_s``: seconds of speech in it.
    ``pauses``: the candidate's own pauses that were followed by more words, in seconds, oldest first. ``finality``: how
    likely a turn ends after the last word, by how it sounds, 0 to 1; None where the recogniser does not say.
    ``wordless_s``: seconds of speech after the last word in which no words were recognised."""

    text: str
    speech_s: float
    pace: Pace = Pace.NORMAL
    pauses: tuple[float, ...] = ()
    language: str = "en"
    finality: float | None = None
    wordless_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds of silence after which the turn is taken to be over, and what that rests on."""

    wait_s: float
    cue: Cue
    learned_s: float | None = None
    finality: float | None = None


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


@dataclass(frozen=True, slots=True)
class Weighed:
    """The silence that is expected to cost least by how the words sound and by the candidate's own pauses, unless the
    words cannot be an end (see ``fates``).

    Without a judgement of the sound (another recogniser), and in languages that it was never measured in, this is
    ``Paced``.
    """

    name: str = "weighed"
    prices: Mapping[Pace, Price] = field(default_factory=lambda: PRICE_OF_PACE)

    def wait(self, turn: TurnSoFar) -> Wait:
        wait = Paced().wait(turn)
        if turn.finality is None or turn.language not in FINALITY_LANGUAGES or wait.cue is Cue.OPEN:
            return Wait(wait.wait_s, wait.cue, wait.learned_s, turn.finality)
        price = self.prices[turn.pace]
        finality = min(turn.finality, UNTOLD) if turn.wordless_s else turn.finality
        wait_s = weighed_s(price, finality, turn.pauses)
        if len(turn.text) < FEW_CHARACTERS and len(turn.text.split()) < FEW_WORDS:
            wait_s = max(wait_s, price.few_s)
        return Wait(wait_s, wait.cue, wait.learned_s, finality)


@dataclass(frozen=True, slots=True)
class LeastCost:
    """The silence that is expected to cost least by how the words sound, unless they cannot be an end (see
    ``waiting``); what interviews were held with before ``Weighed``.

    Without a judgement of the sound (an old log, another recogniser), and in languages that it was never measured in,
    this is ``Paced``.
    """

    name: str = "least-cost"
    prices: Mapping[Pace, Price] = field(default_factory=lambda: PRICES)

    def wait(self, turn: TurnSoFar) -> Wait:
        wait = Paced().wait(turn)
        if turn.finality is None or turn.language not in FINALITY_LANGUAGES or wait.cue is Cue.OPEN:
            return Wait(wait.wait_s, wait.cue, wait.learned_s, turn.finality)
        price = self.prices[turn.pace]
        wait_s = least_costly_s(price, turn.finality, turn.pauses)
        if len(turn.text) < FEW_CHARACTERS and len(turn.text.split()) < FEW_WORDS:
            wait_s = max(wait_s, price.few_s)
        return Wait(wait_s, wait.cue, wait.learned_s, turn.finality)


@dataclass(frozen=True, slots=True)
class Finality:
    """Silences by steps of finality, set by hand; what interviews were held with before ``LeastCost``.

    Without a judgement of the sound (an old log, another recogniser), and in languages that it was never measured in,
    this is ``Paced``.
    """

    name: str = "finality"

    def wait(self, turn: TurnSoFar) -> Wait:
        wait = Paced().wait(turn)
        if turn.finality is None or turn.language not in FINALITY_LANGUAGES or wait.cue is Cue.OPEN:
            return Wait(wait.wait_s, wait.cue, wait.learned_s, turn.finality)
        step = sum(turn.finality < least for least in FINALITY_STEPS)
        waits = FINAL_WAITS[turn.pace]
        wait_s = after_final_s(turn.pace, turn.pauses) if step == 0 else waits[step]
        if wait.cue is Cue.OPENING and len(turn.text) < FEW_CHARACTERS and len(turn.text.split()) < OPENING_WORDS:
            wait_s = max(wait_s, PACES[turn.pace].opening_s)
        return Wait(wait_s, wait.cue, wait.learned_s, turn.finality)


POLICIES: Mapping[str, TurnPolicy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Weighed(),
            LeastCost(),
            Finality(),
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
