"""What the conversation wants done. ``live`` carries these out; none of them is logged, for replay brings them back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Action", "AskCoverage", "CloseAnswer", "Decided", "Finish", "Listen", "Notify", "PauseInterview", "Phase", "Say",
    "SayKind", "Show", "StopSaying",
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
    """Play ``texts`` in order as one utterance; each is a separately cached sound."""

    utterance: int
    kind: SayKind
    texts: tuple[str, ...]
    question_id: str | None = None
    probe_id: str | None = None


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
class Decided(Action):
    """Why a turn was ended, for the log. Also marks a tick that changed the state, so that replay sees it too."""

    why: str


@dataclass(frozen=True, slots=True)
class Notify(Action):
    """A line for the page alone, never spoken: it would talk over the candidate. ``code``: time-warning, ..."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Show(Action):
    """The page's state changed; ``live`` sends ``state`` (see Conversation.view) to the page."""

    phase: Phase
