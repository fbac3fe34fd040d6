"""What the conversation is told. Facts only; every event is appended to the log before its actions are carried out.

``at`` is the interview's clock in samples at 16 kHz. Events of one interview come in order of ``at`` as far as the
caller can tell; ``SpeechStarted`` and ``SpeechEnded`` carry the acoustic time, a little before their arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar

from interviewer.conversation.pace import Pace
from interviewer.conversation.script import RATE, SENT_AGAIN_S

__all__ = [
    "Abandoned", "Button", "Connected", "Covered", "Disconnected", "Draft", "Event", "Heard", "ModeChanged",
    "PaceChosen", "Pressed", "SayingEnded", "SayingReached", "SpeechEnded", "SpeechStarted", "Tick", "Typed",
    "event_from_dict", "event_to_dict",
]  # fmt: skip

NOT_TYPED_TWICE = 30
"""Characters: nobody types a text of this length twice to one question; "yes" they may, to it and to its probe."""


class Button(StrEnum):
    DONE = "done"  # "I'm done"
    REPEAT = "repeat"
    SKIP = "skip"  # "Skip for now"
    MOMENT = "moment"  # "I need a moment"
    RESUME = "resume"  # "Go on", after a pause or a moment
    PAUSE = "pause"
    END = "end"  # end the interview; the page has asked for confirmation
    KEEP = "keep"  # "Keep going", where Melvin has asked whether to end it


@dataclass(frozen=True, slots=True)
class Event:
    at: int
    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Connected(Event):
    """The candidate's page is there. ``audio`` is False where it has no microphone (typing alone). ``recovered``: the
    page recorded speech while it was away, and that was heard before this."""

    kind: ClassVar[str] = "connected"
    epoch: int
    audio: bool
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Disconnected(Event):
    kind: ClassVar[str] = "disconnected"
    epoch: int


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    kind: ClassVar[str] = "speech-started"


@dataclass(frozen=True, slots=True)
class SpeechEnded(Event):
    """``at`` is where the speech ended; ``segment`` is what recognition will call it in ``Heard``. A segment may go on
    after a short pause: then it ends again under the same number, and is heard once."""

    kind: ClassVar[str] = "speech-ended"
    segment: int


@dataclass(frozen=True, slots=True)
class Heard(Event):
    """Recognition of one finished segment. ``start`` and ``end`` in samples; empty text where nothing was said.
    ``question_id`` is the question that was open when the segment began. ``finality``: how likely a turn ends
    after its last word, by how it sounds, 0 to 1; None where the recogniser does not say."""

    kind: ClassVar[str] = "heard"
    segment: int
    start: int
    end: int
    text: str
    question_id: str
    finality: float | None = None


@dataclass(frozen=True, slots=True)
class Covered(Event):
    """Which key points the answer so far covers, judged by meaning. ``revision`` is that of the ask it answers."""

    kind: ClassVar[str] = "covered"
    question_id: str
    revision: int
    key_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SayingReached(Event):
    """A text of an utterance begins to sound: ``part`` counts ``Say.texts`` from 0."""

    kind: ClassVar[str] = "saying-reached"
    utterance: int
    part: int


@dataclass(frozen=True, slots=True)
class SayingEnded(Event):
    """The last sample of an utterance was played. ``cut`` where it was stopped before."""

    kind: ClassVar[str] = "saying-ended"
    utterance: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    kind: ClassVar[str] = "pressed"
    button: Button


@dataclass(frozen=True, slots=True)
class PaceChosen(Event):
    """How long the candidate wants Melvin to wait when they pause."""

    kind: ClassVar[str] = "pace-chosen"
    pace: Pace


@dataclass(frozen=True, slots=True)
class ModeChanged(Event):
    """The candidate changed between speaking and typing."""

    kind: ClassVar[str] = "mode-changed"
    typing: bool


@dataclass(frozen=True, slots=True)
class Draft(Event):
    """What stands in the text box so far; kept so that nothing typed is lost."""

    kind: ClassVar[str] = "draft"
    question_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Typed(Event):
    """A typed answer (or part of one) was submitted. ``sent_as``: the page's own name for this message, the same when
    it sends it again; '' where there is none. ``once``: however late the same long text comes again, it counts once
    (logs from before there was this say False)."""

    kind: ClassVar[str] = "typed"
    question_id: str
    text: str
    once: bool = False
    sent_as: str = ""

    def repeats(self, text: str, sent_as: str, samples_ago: int) -> bool:
        """Whether this is that typed text, sent again because no reply to it came."""
        if self.sent_as and sent_as == self.sent_as:
            return True
        named = bool(self.sent_as and sent_as)  # two messages, then: "Yes" may be meant twice
        long = self.once and len(text) >= NOT_TYPED_TWICE
        return self.text.strip() == text and (long or (not named and samples_ago < SENT_AGAIN_S * RATE))


@dataclass(frozen=True, slots=True)
class Abandoned(Event):
    """The link's time is long over and nobody came back; what was said until then is an interview too."""

    kind: ClassVar[str] = "abandoned"


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """Time passes. Given at least every 0.2 s while an interview runs; logged only where it had an effect."""

    kind: ClassVar[str] = "tick"


_KINDS: dict[str, type[Event]] = {
    c.kind: c
    for c in (Abandoned, Connected, Disconnected, SpeechStarted, SpeechEnded, Heard, Covered, SayingReached,
              SayingEnded, Pressed, PaceChosen, ModeChanged, Draft, Typed, Tick)
}  # fmt: skip


def event_to_dict(event: Event) -> dict[str, Any]:
    return {"kind": event.kind, **asdict(event)}


def event_from_dict(data: Mapping[str, Any]) -> Event:
    """Inverse of :func:`event_to_dict`; what else stands in ``data`` (decisions, see ``actions``) is passed over.
    Raises ``ValueError`` for a kind that this version does not know."""
    cls = _KINDS.get(str(data["kind"]))
    if cls is None:
        raise ValueError(f"unknown event kind {data['kind']!r}")
    values = {f.name: data[f.name] for f in fields(cls) if f.name in data}
    if cls is Covered:
        values["key_points"] = tuple(values["key_points"])
    if cls is Pressed:
        values["button"] = Button(values["button"])
    if cls is PaceChosen:
        values["pace"] = Pace(values["pace"])
    return cls(**values)
