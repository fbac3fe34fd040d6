"""A scripted candidate and a virtual clock: whole interviews in milliseconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from interviewer.conversation.actions import (
    Action,
    AskCoverage,
    Finish,
    PauseInterview,
    Say,
    SayKind,
    StopSaying,
)  # fmt: skip
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Connected,
    Covered,
    Event,
    Heard,
    Pressed,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Tick,
    Typed,
    event_from_dict,
)  # fmt: skip
from interviewer.conversation.log import EventLog
from interviewer.conversation.script import RATE, Limits, Script, ScriptProbe, ScriptQuestion
from interviewer.plans.library import default_folder

PHRASES = {
    key: (f"<{key} a>", f"<{key} b>")
    for key in (
        "greeting", "written-intro", "acknowledge", "skip", "moment", "resume", "offer-1", "offer-2", "offer-3",
        "pause", "warn-time", "time-up", "repeat", "rephrase", "confirm-end", "back-to-skipped", "welcome-back",
        "closing", "ended-early",
    )
}  # fmt: skip


REQUESTS: dict[str, tuple[str, ...]] = {
    key: tuple(ways)
    for key, ways in yaml.safe_load((default_folder() / "requests" / "en.yaml").read_text("utf-8"))["requests"].items()
}


def question(name: str, kind: str = "spoken", **changes: object) -> ScriptQuestion:
    values: dict[str, object] = {
        "id": name,
        "kind": kind,
        "title": name,
        "text": f"Question {name}?",
        "rephrase": f"Rephrased {name}?",
        "time_limit_s": 240.0,
        "probes": (
            ScriptProbe(f"{name}-deep", f"Deepen {name}?"),
            ScriptProbe(f"{name}-why", f"Why {name}?", ("why",)),
            ScriptProbe(f"{name}-how", f"How {name}?", ("how", "when")),
        )
        if kind == "spoken"
        else (),
        "max_probes": 1,
        "key_points": ("why", "how", "when"),
    }
    return ScriptQuestion(**{**values, **changes})  # type: ignore[arg-type] # a test's own defaults


def script(*questions: ScriptQuestion, accommodation: float = 1.0) -> Script:
    asked = questions or (question("one"), question("two"))
    return Script("Test", "en", asked, PHRASES, accommodation, Limits(), REQUESTS)


class Candidate:
    """Feeds a conversation; Melvin's utterances last a second (or ``part_s`` for each of their texts), recognition
    takes 0.3 s, coverage comes at once."""

    def __init__(
        self, conversation: Conversation, *, covers: tuple[str, ...] = (), part_s: float | None = None
    ) -> None:
        self.part_s = part_s
        self.conversation = conversation
        self.covers = covers
        self.at = 0
        self.actions: list[tuple[float, Action]] = []
        self.log: list[Event] = []
        self.entries: list[dict[str, Any]] = []
        self._log = EventLog()
        self.segment = 0
        self._ends: dict[int, int] = {}
        self._reaches: list[tuple[int, SayingReached]] = []
        self._recognised: list[tuple[int, Heard]] = []
        self.recogniser_works = True
        self._answered = 0  # prompts that the candidate has replied to

    @property
    def seconds(self) -> float:
        return self.at / RATE

    def feed(self, event: Event) -> None:
        actions = self.conversation.handle(event)
        entries = self._log.entries(event, actions)
        self.entries += entries
        self.log += [event_from_dict(entry) for entry in entries]
        self.actions += [(self.seconds, action) for action in actions]
        for action in actions:
            match action:
                case Say():
                    part = round((self.part_s or 1 / max(1, len(action.texts))) * RATE)
                    self._ends[action.utterance] = self.at + part * max(1, len(action.texts))
                    starts = [self.at + i * part for i in range(len(action.texts))]
                    self._reaches = [(t, SayingReached(t, action.utterance, i)) for i, t in enumerate(starts)]
                case StopSaying():
                    self._ends.pop(action.utterance, None)
                    self._reaches = []
                case AskCoverage():
                    self.feed(Covered(self.at, action.question_id, action.revision, self.covers))
                case _:
                    pass

    def connect(self, *, audio: bool = True, epoch: int = 1) -> None:
        self.feed(Connected(self.at, epoch, audio))

    def wait(self, seconds: float) -> None:
        until = self.at + round(seconds * RATE)
        while self.at < until:
            self.at = min(until, self.at + RATE // 10)
            due = [reached for t, reached in self._reaches if t <= self.at]
            self._reaches = [(t, reached) for t, reached in self._reaches if t > self.at]
            for reached in due:
                self.feed(replace(reached, at=self.at))
            for utterance, end in list(self._ends.items()):
                if end <= self.at:
                    del self._ends[utterance]
                    self.feed(SayingEnded(self.at, utterance))
            ready = [h for t, h in self._recognised if t <= self.at]
            self._recognised = [(t, h) for t, h in self._recognised if t > self.at]
            for heard in ready:
                self.feed(heard)
            self.feed(Tick(self.at))

    def wait_for_prompt(self, limit: float = 60.0) -> Say:
        """Until Melvin has asked something and fallen silent."""
        began = self.at
        while self.at - began < limit * RATE:
            seen = [a for _, a in self.actions if isinstance(a, Say) and a.kind in (SayKind.QUESTION, SayKind.PROBE)]
            if (
                len(seen) > self._answered
                and not self._ends
                and self.conversation.view().phase.value in ("listening", "writing")
            ):
                return seen[-1]
            self.wait(0.1)
        raise AssertionError(f"Melvin asked nothing within {limit} s: {self.conversation.view()}")

    def wait_until_listening(self, limit: float = 60.0) -> None:
        """Until Melvin has fallen silent and it is the candidate's turn."""
        began = self.at
        while self._ends or self.conversation.view().phase.value not in ("listening", "writing"):
            assert self.at - began < limit * RATE, f"Melvin did not fall silent: {self.conversation.view()}"
            self.wait(0.1)

    def speak(self, text: str, seconds: float = 5.0) -> None:
        start = self.at
        self._answered = len(self.prompts())
        question_id = self.conversation.current_question
        self.feed(SpeechStarted(self.at))
        self.wait(seconds)
        self.segment += 1
        self.feed(SpeechEnded(self.at, self.segment))
        if self.recogniser_works:
            self._recognised.append(
                (self.at + round(0.3 * RATE), Heard(self.at, self.segment, start, self.at, text, question_id))
            )

    def press(self, button: str) -> None:
        from interviewer.conversation.events import Button

        self.feed(Pressed(self.at, Button(button)))

    def type(self, text: str) -> None:
        self._answered = len(self.prompts())
        self.feed(Typed(self.at, self.conversation.current_question, text))

    def said(self) -> list[str]:
        return [" ".join(a.texts) for _, a in self.actions if isinstance(a, Say)]

    def prompts(self) -> list[str]:
        return [
            a.texts[-1] for _, a in self.actions if isinstance(a, Say) and a.kind in (SayKind.QUESTION, SayKind.PROBE)
        ]

    def of(self, kind: type[Action]) -> list[tuple[float, Action]]:
        return [(t, a) for t, a in self.actions if isinstance(a, kind)]

    @property
    def finished(self) -> bool:
        return bool(self.of(Finish))

    @property
    def paused(self) -> bool:
        return bool(self.of(PauseInterview))
