"""What the conversation wants done. ``live`` carries these out. Replay brings them back, so only decisions are logged,
beside the event that brought them about, for those who ask why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from interviewer.conversation.asking import Ask

__all__ = [
    "Action", "AskCoverage", "CloseAnswer", "Decided", "Decision", "Finish", "Listen", "Notify", "PauseInterview",
    "Phase", "Requested", "Say", "SayKind", "Show", "StopSaying",
]  # fmt: skip


class SayKind(StrEnum):
    GREETING = "greeting"
    QUESTION = "question"
    PROBE = "probe"
    PHRASE = "phrase"


class Phase(StrEnum):
    """What the page shows the candidate."""

    WAITING = "waiting"  # not connected yet
    SPEAKING = "speaking"  # Melvin speaks
    LISTENING = "listening"
    HOLDING = "holding"  # "I need a moment"
    WRITING = "writing"  # a written question, or typing instead
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Action:
    pass


@dataclass(frozen=True, slots=True)
class Say(Action):
    """Play ``texts`` in order as one utterance; each is a separately cached sound, a sentence or little more.

    The first ``lead`` of them come before the question or probe itself ("Thank you."). ``again``: this goes on where
    Melvin was interrupted.
    """

    utterance: int
    kind: SayKind
    texts: tuple[str, ...]
    question_id: str | None = None
    probe_id: str | None = None
    lead: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class StopSaying(Action):
    utterance: int


@dataclass(frozen=True, slots=True)
class Listen(Action):
    """From now on speech belongs to this question."""

    question_id: str


@dataclass(frozen=True, slots=True)
class AskCoverage(Action):
    """Judge which key points ``text`` covers and answer with ``Covered`` of the same revision."""

    question_id: str
    revision: int
    text: str


@dataclass(frozen=True, slots=True)
class CloseAnswer(Action):
    """The question is over. ``status``: answered, no-answer, skipped or not-reached."""

    question_id: str
    status: str


@dataclass(frozen=True, slots=True)
class PauseInterview(Action):
    reason: str


@dataclass(frozen=True, slots=True)
class Finish(Action):
    """All questions are over, or the candidate ended the interview."""

    reason: str


@dataclass(frozen=True, slots=True)
class Requested(Action):
    """The words of this segment ask Melvin for something: they stay in the record, and are no part of any answer."""

    segment: int
    ask: Ask


class Decision(StrEnum):
    TURN_HELD = "turn-held"  # the candidate went on after a pause
    TURN_OVER = "turn-over"
    WAITS = "waits"  # the candidate fell silent, and may not be done: the page says that Melvin waits
    MOMENT_OVER = "moment-over"  # the one that the candidate asked for; nobody ended it
    TIME_UP = "time-up"
    NO_WORDS = "no-words"  # recognition gave nothing back
    INTERRUPTED = "interrupted"  # the candidate speaks while Melvin does: he stops
    WENT_ON = "went-on"  # it was nothing: Melvin says the sentence again
    YIELDED = "yielded"  # it was something: the candidate has the turn
    REQUEST = "request"
    CONFIRM = "confirm"
    UNSAID = "unsaid"  # the end of an utterance was never told


@dataclass(frozen=True, slots=True)
class Decided(Action):
    """Why a turn was held or ended, or Melvin fell silent or went on. Logged beside its event, and marks a tick that
    changed the state, so that replay sees it too. ``facts``: what it rests on; seconds end in ``_s``."""

    what: Decision
    why: str
    facts: Mapping[str, str | int | float | None] = field(default_factory=dict)

    def to_dict(self) -> dict[str, str | int | float | None]:
        """JSON-safe."""
        return {"what": self.what.value, "why": self.why, **self.facts}


@dataclass(frozen=True, slots=True)
class Notify(Action):
    """A line for the page alone, never spoken: it would talk over the candidate. ``code``: time-warning, ..."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Show(Action):
    """The page's state changed; ``live`` sends ``state`` (see Conversation.view) to the page."""

    phase: Phase
