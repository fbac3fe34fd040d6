"""A half-hour interview as a list of events, made once; what is timed is the engine taking it.

``python -m tests.conversation.long_interview`` prints the time on this machine; the target is 50 ms.
"""

from __future__ import annotations

import time

from interviewer.conversation.actions import Action, AskCoverage, Say
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Connected,
    Covered,
    Event,
    Heard,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Tick,
)
from interviewer.conversation.script import RATE, Script
from tests.conversation.scripted import question, script

__all__ = ["best_of", "long_interview", "take"]

TICK = RATE // 5
SENTENCE = "We looked at every part of it again and wrote down what we found there."
MELVIN_S, SPEECH_S, PAUSE_S, RECOGNITION_S = 6.0, 7.0, 1.0, 0.3


class _Recorded:
    """Holds the interview with a candidate who answers in four stretches of speech, a second apart."""

    def __init__(self, s: Script) -> None:
        self.events: list[Event] = []
        self.at = 0
        self._conversation = Conversation(s)
        self._said: Say | None = None
        self._segment = 0

    def hold(self) -> None:
        self._feed(Connected(self.at, 1, True))
        while not self._conversation.finished:
            if self._said is not None:
                said, self._said = self._said, None
                for part in range(len(said.texts)):
                    self._feed(SayingReached(self.at, said.utterance, part))
                    self._wait(MELVIN_S / len(said.texts))
                self._feed(SayingEnded(self.at, said.utterance))
            elif self._conversation.view().phase.value == "listening":
                self._answer()
            else:
                self._wait(0.2)

    def _answer(self) -> None:
        for _ in range(4):
            self._wait(PAUSE_S - RECOGNITION_S)
            start, question_id = self.at, self._conversation.current_question
            self._feed(SpeechStarted(self.at))
            self._wait(SPEECH_S)
            self._segment += 1
            end = self.at
            self._feed(SpeechEnded(end, self._segment))
            self._wait(RECOGNITION_S)
            self._feed(Heard(self.at, self._segment, start, end, SENTENCE, question_id))
        while self._said is None and not self._conversation.finished:
            self._wait(0.2)

    def _wait(self, seconds: float) -> None:
        until = self.at + round(seconds * RATE)
        while self.at < until:
            self.at = min(until, self.at + TICK)
            self._feed(Tick(self.at))

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        for action in self._conversation.handle(event):
            if isinstance(action, Say):
                self._said = action
            elif isinstance(action, AskCoverage):
                self._feed(Covered(self.at, action.question_id, action.revision, ("why",)))


def long_interview() -> tuple[Script, list[Event]]:
    """At least 30 minutes of events, with a tick each 0.2 s, and the script they belong to."""
    s = script(*(question(f"q{i}", max_probes=1) for i in range(23)))
    recorded = _Recorded(s)
    recorded.hold()
    assert recorded.at >= 30 * 60 * RATE, recorded.at / RATE
    return s, recorded.events


def take(s: Script, events: list[Event]) -> list[Action]:
    conversation = Conversation(s)
    actions: list[Action] = []
    for event in events:
        actions += conversation.handle(event)
    assert conversation.finished
    return actions


def best_of(runs: int, s: Script, events: list[Event]) -> float:
    """Seconds of processor time of the quickest run: what else the machine does only ever adds to it."""
    best = float("inf")
    for _ in range(runs):
        began = time.process_time()
        take(s, events)
        best = min(best, time.process_time() - began)
    return best


if __name__ == "__main__":
    held = long_interview()
    minutes = held[1][-1].at / RATE / 60
    print(f"{minutes:.1f} minutes, {len(held[1])} events: {1000 * best_of(20, *held):.0f} ms (target: 50 ms)")
