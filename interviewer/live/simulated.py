"""A candidate made of text, for test mode: a whole interview in milliseconds, through the engine that people meet.

    virtual clock  0.0 s ......... 12.3 s ............ 13.3 s ........... 18 s ...
                   Melvin speaks   he falls silent     the answer is typed  next question

No sound is made and none is recognised; Melvin's texts take as long as they would be spoken. Key points are not looked
for, so he asks the probes that he asks where an answer has covered nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from interviewer.conversation.actions import Action, AskCoverage, Phase, Say, SayKind, StopSaying
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import Connected, Covered, Event, SayingEnded, SayingReached, Tick, Typed
from interviewer.conversation.log import EventLog
from interviewer.conversation.script import RATE, Script

__all__ = ["NeverEnded", "SimulatedCandidate"]

STEP_S = 0.1
CHARACTERS_A_SECOND = 15.0
THINKS_S = 1.0
"""Between Melvin's last word and the answer."""
LONGEST_S = 3 * 3600.0
_OPEN = (Phase.LISTENING, Phase.WRITING)


class NeverEnded(RuntimeError):
    """The plan's interview did not come to an end in three hours of its own time."""


class SimulatedCandidate:
    """``answers`` by question id; a probe is answered with the same words and its number, for the same text sent twice
    within a moment counts as once."""

    def __init__(self, script: Script, answers: Mapping[str, str]) -> None:
        self.conversation = Conversation(script)
        self.entries: list[dict[str, Any]] = []
        """The event log, as a live interview writes it."""
        self._answers = answers
        self._log = EventLog()
        self._at = 0
        self._due: list[Event] = []
        self._prompts = 0
        self._answered = 0
        self._quiet_since: int | None = None
        self._given: dict[str, int] = {}

    @property
    def seconds(self) -> float:
        return self._at / RATE

    def talk(self) -> Iterator[None]:
        """The interview; it hands control back after every second of it. Raises :class:`NeverEnded`."""
        self._feed(Connected(0, 1, False))
        steps = 0
        while not self.conversation.finished:
            self._at += round(STEP_S * RATE)
            for event in [e for e in self._due if e.at <= self._at]:
                self._due.remove(event)
                self._feed(replace(event, at=self._at))
            self._feed(Tick(self._at))
            self._answer_when_asked()
            steps += 1
            if steps % 10 == 0:
                yield
            if self._at > LONGEST_S * RATE:
                raise NeverEnded

    def _answer_when_asked(self) -> None:
        if self._due or self._prompts == self._answered or self.conversation.view().phase not in _OPEN:
            self._quiet_since = None
            return
        if self._quiet_since is None:
            self._quiet_since = self._at
        if self._at - self._quiet_since < THINKS_S * RATE:
            return
        self._quiet_since = None
        self._answered = self._prompts
        question_id = self.conversation.current_question
        number = self._given[question_id] = self._given.get(question_id, 0) + 1
        text = self._answers[question_id]
        self._feed(Typed(self._at, question_id, text if number == 1 else f"{text} ({number})"))

    def _feed(self, event: Event) -> None:
        if self.conversation.finished:
            return
        actions = self.conversation.handle(event)
        self.entries += self._log.entries(event, actions)
        for action in actions:
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        match action:
            case Say():
                at = self._at
                for part, text in enumerate(action.texts):
                    self._due.append(SayingReached(at, action.utterance, part))
                    at += round(len(text) / CHARACTERS_A_SECOND * RATE)
                self._due.append(SayingEnded(at, action.utterance))
                if action.kind in (SayKind.QUESTION, SayKind.PROBE) and not action.again:
                    self._prompts += 1
            case StopSaying():
                self._due = [
                    e for e in self._due
                    if not (isinstance(e, (SayingReached, SayingEnded)) and e.utterance == action.utterance)
                ]  # fmt: skip
            case AskCoverage():
                self._feed(Covered(self._at, action.question_id, action.revision, ()))
            case _:
                pass
