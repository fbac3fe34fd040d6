"""When is a candidate's turn over? Policies are small objects that answer with a patience in seconds.

    speech ──────────┐                        ┌── speech
                     │◄──── silence ─────────►│
                     └─ SpeechEnded           └─ SpeechStarted: the turn goes on
                     │◄─ wait_s() ─►│ the turn is over, unless a segment is still being recognised

A policy sees only what was said, never how: no pitch, pace or accent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

__all__ = ["FixedSilence", "TailAware", "TurnPolicy", "TurnSoFar"]


@dataclass(frozen=True, slots=True)
class TurnSoFar:
    """``text``: everything recognised since Melvin's last question or probe; ``speech_s``: seconds of speech in it."""

    text: str
    speech_s: float


class TurnPolicy(Protocol):
    def wait_s(self, turn: TurnSoFar) -> float:
        """Seconds of silence after which the turn is taken to be over."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """The baseline: the same silence whatever was said."""

    silence_s: float

    def wait_s(self, turn: TurnSoFar) -> float:
        return self.silence_s


# Words that promise more. A sentence that ends on one of these is not over, whatever the recogniser's full stop says.
_OPEN_ENDED = (
    "a about after all also although an and are as at be because been before but by can could each even "
    "every for from had has have her his i if in into is its just like maybe may might more most my no "
    "not of on or our over perhaps really she should since so some such than that the their them then "
    "there these they this those though through to um uh er erm hmm mm was we well were what when where "
    "which while who whose will with would you your "
)
_PROMISES_MORE = frozenset(_OPEN_ENDED.split())
_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class TailAware:
    """Waits longer where the tail of the transcript is no end of a sentence, or hardly anything was said."""

    complete_s: float = 1.6
    incomplete_s: float = 2.6
    opening_s: float = 3.0
    """While hardly anything was said: people clear their throat, repeat the question, think."""
    opening_words: int = 4
    opening_speech_s: float = 4.0

    def wait_s(self, turn: TurnSoFar) -> float:
        words = _WORD.findall(turn.text.lower())
        if len(words) < self.opening_words or turn.speech_s < self.opening_speech_s:
            return self.opening_s
        tail = turn.text.rstrip().rstrip("\"'”’)")
        if not tail.endswith((".", "!", "?")) or tail.endswith("..") or words[-1] in _PROMISES_MORE:
            return self.incomplete_s
        return self.complete_s
