"""How long each stage of a turn takes, from the end of what the candidate says to Melvin's first sound.

candidate ▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁▁
Melvin    ▁▁▁▁▁▁▁▁▁▁▁▆▆▆▆▆
               ├──┤        recognition of the tail: melvin_recognition_seconds{purpose="live"}
               ├────┤      decided that the turn is over
               ├─────┤     first sound
"""

from __future__ import annotations

from prometheus_client import Histogram

from interviewer.conversation.actions import Say
from interviewer.conversation.events import Event, SpeechEnded, SpeechStarted
from interviewer.conversation.script import RATE

__all__ = ["TurnStages"]

_BUCKETS = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)
DECISION = Histogram(
    "melvin_turn_decision_seconds",
    "From the end of the candidate's speech to what Melvin does about it.",
    buckets=_BUCKETS,
)
FIRST_SOUND = Histogram(
    "melvin_first_sound_seconds", "From the end of the candidate's speech to Melvin's next sound.", buckets=_BUCKETS
)


class TurnStages:
    """Positions are samples on the interview's clock. What Melvin says into a silence of long standing is no answer to
    a turn: each end of speech is counted once."""

    def __init__(self) -> None:
        self._ended: int | None = None
        self._answered: int | None = None

    def came(self, event: Event) -> None:
        if isinstance(event, SpeechEnded):
            self._ended = event.at
        elif isinstance(event, SpeechStarted):
            self._ended = self._answered = None

    def decided(self, action: Say, now: int) -> None:
        if self._ended is None or action.again:
            return
        DECISION.observe(max(0, now - self._ended) / RATE)
        self._ended, self._answered = None, self._ended

    def sounded(self, now: int) -> None:
        if self._answered is not None:
            FIRST_SOUND.observe(max(0, now - self._answered) / RATE)
            self._answered = None
