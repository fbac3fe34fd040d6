"""The turns of an interview, read off its event log by running the conversation again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from interviewer.conversation.actions import Action, Listen, Requested, Say, SayKind, StopSaying
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Connected,
    Disconnected,
    Draft,
    Event,
    Heard,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Typed,
)
from interviewer.conversation.script import Script

__all__ = ["History", "HistoryTurn", "replay", "turns"]


@dataclass(frozen=True, slots=True)
class HistoryTurn:
    """``start`` and ``end`` in samples on the interview's clock. ``question_id`` is None for Melvin's phrases and for
    what a candidate said before the first question. ``probe_id`` names the probe that Melvin asks here, or that the
    candidate answers. ``request`` is what the candidate asks for in these words (see ``asking``); such a turn is no
    part of the answer."""

    side: Literal["candidate", "melvin"]
    mode: Literal["spoken", "typed"]
    text: str
    start: int
    end: int
    question_id: str | None = None
    probe_id: str | None = None
    request: str = ""


@dataclass(slots=True)
class _Said:
    """``part``: the text that sounded last, -1 before the first. ``asked``: where its question or probe itself began;
    None where it never did."""

    say: Say
    began: int
    ended: int | None = None
    part: int = -1
    asked: int | None = None
    cut: bool = False

    @property
    def text(self) -> str:
        if not self.cut:
            return " ".join(self.say.texts)
        return " ".join((*self.say.texts[: self.part + 1], "…")) if self.part >= 0 else ""


class History:
    """Collects turns while a conversation runs; give it every event with the actions that it brought about."""

    def __init__(self) -> None:
        self._said: list[_Said] = []
        self._parts: list[HistoryTurn] = []
        self._drafts: dict[str, Draft] = {}
        self._sent_as: dict[HistoryTurn, str] = {}
        self._last = 0
        self._question = ""
        self._speech_from = 0
        self._in_speech = False
        self._unheard: dict[int, HistoryTurn] = {}

    def add(self, event: Event, actions: Iterable[Action]) -> None:
        self._last = max(self._last, event.at)
        match event:
            case SayingReached() if self._said and self._said[-1].say.utterance == event.utterance:
                said = self._said[-1]
                said.part = max(said.part, event.part)
                if said.asked is None and event.part >= said.say.lead:
                    said.asked = event.at
            case SayingEnded() if self._said and self._said[-1].say.utterance == event.utterance:
                said = self._said[-1]
                said.ended = said.ended or event.at
                if not event.cut and not said.cut and said.asked is None:
                    said.asked = said.began
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
                earlier = (p for p in self._parts if p.mode == "typed" and p.question_id == typed.question_id)
                if not any(event.repeats(p.text, self._sent_as.get(p, ""), event.at - p.end) for p in earlier):
                    self._parts.append(typed)
                    self._sent_as[typed] = event.sent_as
                self._drafts.pop(event.question_id, None)
            case Draft():
                own = (p.text for p in self._parts if p.mode == "typed" and p.question_id == event.question_id)
                if event.text.strip() not in own:  # or it was overtaken by the answer that it became
                    self._drafts[event.question_id] = event
            case Connected() | Disconnected():
                if self._in_speech and event.at > self._speech_from:  # cut off in mid-word: the recording has it
                    self._unheard[-event.at] = HistoryTurn(
                        "candidate", "spoken", "", self._speech_from, event.at, self._question or None
                    )
                self._in_speech = False
                self._cut(event.at)  # a sound that the connection cut off ends here
        for action in actions:
            match action:
                case Listen():
                    self._question = action.question_id
                case Requested():
                    self._parts[-1] = replace(self._parts[-1], request=action.ask.value)
                case StopSaying():
                    self._cut(event.at)
                case Say():
                    self._cut(event.at)
                    self._said.append(_Said(action, event.at))

    @property
    def prompt(self) -> Say | None:
        """The newest question or probe, where it was said whole."""
        said = next((s for s in reversed(self._said) if s.say.kind in (SayKind.QUESTION, SayKind.PROBE)), None)
        return said.say if said is not None and said.ended is not None and not said.cut else None

    def _cut(self, at: int) -> None:
        """Whatever Melvin is saying ends here."""
        if self._said and self._said[-1].ended is None:
            self._said[-1].ended, self._said[-1].cut = at, True

    def turns(self) -> tuple[HistoryTurn, ...]:
        """All turns in order of time. Speech to one prompt is one turn, however many pauses it had."""
        prompts = [
            (s.asked, s.say)
            for s in self._said
            if s.asked is not None and s.say.kind in (SayKind.QUESTION, SayKind.PROBE)
        ]
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
            group = (part.question_id, probe, part.mode, part.request)
            if groups and groups[-1] == group and part.mode == "spoken":
                last = joined[-1]
                joined[-1] = replace(last, text=f"{last.text} {part.text}".strip(), end=max(last.end, part.end))
            else:
                joined.append(replace(part, probe_id=probe))
                groups.append(group)
        said = [
            HistoryTurn(
                "melvin", "spoken", s.text, s.began, self._last if s.ended is None else s.ended, s.say.question_id,
                s.say.probe_id,
            )
            for s in self._said
            if s.text
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
