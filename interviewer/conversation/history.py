"""The turns of an interview, read off its event log by running the conversation again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from interviewer.conversation.actions import Action, Listen, Say, SayKind
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Connected,
    Disconnected,
    Draft,
    Event,
    Heard,
    SayingEnded,
    SpeechEnded,
    SpeechStarted,
    Typed,
)
from interviewer.conversation.script import RATE, SENT_AGAIN_S, Script

__all__ = ["History", "HistoryTurn", "replay", "turns"]


@dataclass(frozen=True, slots=True)
class HistoryTurn:
    """``start`` and ``end`` in samples on the interview's clock. ``question_id`` is None for Melvin's phrases and for
    what a candidate said before the first question. ``probe_id`` names the probe that Melvin asks here, or that the
    candidate answers."""

    side: Literal["candidate", "melvin"]
    mode: Literal["spoken", "typed"]
    text: str
    start: int
    end: int
    question_id: str | None = None
    probe_id: str | None = None


class History:
    """Collects turns while a conversation runs; give it every event with the actions that it brought about."""

    def __init__(self) -> None:
        self._said: list[tuple[Say, int, int | None]] = []
        self._parts: list[HistoryTurn] = []
        self._drafts: dict[str, Draft] = {}
        self._last = 0
        self._question = ""
        self._speech_from = 0
        self._in_speech = False
        self._unheard: dict[int, HistoryTurn] = {}

    def add(self, event: Event, actions: Iterable[Action]) -> None:
        self._last = max(self._last, event.at)
        match event:
            case SayingEnded():
                self._said = [(s, a, event.at if s.utterance == event.utterance else b) for s, a, b in self._said]
            case SpeechStarted():
                self._speech_from, self._in_speech = event.at, True
            case SpeechEnded():
                self._in_speech = False
                before = self._unheard.get(event.segment)  # a segment may go on after a short pause
                self._unheard[event.segment] = (before and replace(before, end=event.at)) or HistoryTurn(
                    "candidate", "spoken", "", self._speech_from, event.at, self._question or None
                )
            case Heard():
                self._unheard.pop(event.segment, None)
                if event.text.strip():
                    question_id = event.question_id or None
                    self._parts.append(
                        HistoryTurn("candidate", "spoken", event.text.strip(), event.start, event.end, question_id)
                    )
            case Typed() if event.text.strip():
                typed = HistoryTurn("candidate", "typed", event.text.strip(), event.at, event.at, event.question_id)
                again = (p for p in self._parts if p.mode == "typed" and event.at - p.end < SENT_AGAIN_S * RATE)
                if not any(p.text == typed.text and p.question_id == typed.question_id for p in again):
                    self._parts.append(typed)
                self._drafts.pop(event.question_id, None)
            case Draft():
                self._drafts[event.question_id] = event
            case Connected() | Disconnected():
                if self._in_speech and event.at > self._speech_from:  # cut off in mid-word: the recording has it
                    self._unheard[-event.at] = HistoryTurn(
                        "candidate", "spoken", "", self._speech_from, event.at, self._question or None
                    )
                self._in_speech = False
                # A sound that the connection cut off ends here.
                self._said = [(s, a, event.at if b is None else b) for s, a, b in self._said]
        for action in actions:
            if isinstance(action, Listen):
                self._question = action.question_id
            if isinstance(action, Say):
                self._said = [(s, a, event.at if b is None else b) for s, a, b in self._said]
                self._said.append((action, event.at, None))

    def turns(self) -> tuple[HistoryTurn, ...]:
        """All turns in order of time. Speech to one prompt is one turn, however many pauses it had."""
        prompts = [(a, s) for s, a, _ in self._said if s.kind in (SayKind.QUESTION, SayKind.PROBE)]
        parts = [
            *self._parts,
            *self._unheard.values(),  # said, recorded, and never recognised: the record transcript will have it
            *(
                HistoryTurn("candidate", "typed", d.text.strip(), d.at, d.at, d.question_id)
                for d in self._drafts.values()
                if d.text.strip()  # still in the text box when the interview ended: it was written as an answer
            ),
        ]
        joined: list[HistoryTurn] = []
        groups: list[tuple[object, ...]] = []
        for part in sorted(parts, key=lambda p: p.start):
            before = [s for a, s in prompts if a <= part.start and s.question_id == part.question_id]
            probe = before[-1].probe_id if before else None
            group = (part.question_id, probe, part.mode)
            if groups and groups[-1] == group and part.mode == "spoken":
                last = joined[-1]
                joined[-1] = HistoryTurn(
                    last.side, last.mode, f"{last.text} {part.text}".strip(), last.start, max(last.end, part.end),
                    last.question_id, probe,
                )  # fmt: skip
            else:
                joined.append(
                    HistoryTurn(part.side, part.mode, part.text, part.start, part.end, part.question_id, probe)
                )
                groups.append(group)
        said = [
            HistoryTurn("melvin", "spoken", " ".join(s.texts), a, self._last if b is None else b, s.question_id,
                        s.probe_id)
            for s, a, b in self._said
        ]  # fmt: skip
        return tuple(sorted([*said, *joined], key=lambda t: (t.start, t.end)))


def replay(script: Script, events: Iterable[Event]) -> tuple[Conversation, History]:
    """The conversation as it stood after these events."""
    conversation, history = Conversation(script), History()
    for event in events:
        history.add(event, conversation.handle(event))
    return conversation, history


def turns(script: Script, events: Iterable[Event]) -> tuple[HistoryTurn, ...]:
    return replay(script, events)[1].turns()
