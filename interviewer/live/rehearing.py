"""A recording heard again: from its sound to the event log of an interview in which it was the one answer.

The sound goes block by block through the same :class:`Listening` as live: its voice activity finds the pauses, the
recogniser gives the words, and the events run through the conversation on a clock of samples. Nobody ends the turn
before ``HELD_S`` of silence, so the log holds every pause, and any turn policy can be asked about each afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interviewer.conversation.actions import AskCoverage, Say
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Connected,
    Covered,
    Event,
    SayingEnded,
    SayingReached,
    Tick,
    event_from_dict,
)
from interviewer.conversation.log import EventLog
from interviewer.conversation.pauses import Pause, pauses
from interviewer.conversation.script import RATE, Script, ScriptQuestion
from interviewer.conversation.turns import FixedSilence
from interviewer.live.listening import Listening
from interviewer.speech.process import Unwanted
from interviewer.speech.recognition import Purpose, Recognition

__all__ = ["Reheard", "rehear"]

HELD_S = 12.0
RECOGNITION_S = 0.4
"""How long recognition takes on this clock; speech that goes on within it stops it, as live."""
BLOCK = RATE // 10
YIELDS = 8
"""Turns of the event loop a block: what listening does of itself happens within them."""
QUESTION = "recording"

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Reheard:
    """``began``: where the recording's first sample lies on the interview's clock. ``entries``: the event log."""

    script: Script
    began: int
    entries: tuple[dict[str, Any], ...]

    def pauses(self) -> list[Pause]:
        events = [event_from_dict(entry) for entry in self.entries]
        return pauses(self.script, events, FixedSilence(HELD_S))


@dataclass(slots=True)
class _Interview:
    """One question, asked in no time, and an answer of any length."""

    script: Script
    at: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)
    conversation: Conversation = field(init=False)
    log: EventLog = field(default_factory=EventLog)
    waiting: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.conversation = Conversation(self.script, FixedSilence(HELD_S))

    def feed(self, event: Event) -> None:
        actions = self.conversation.handle(event)
        self.entries += self.log.entries(event, actions)
        for action in actions:
            match action:
                case Say():
                    self.feed(SayingReached(self.at, action.utterance, len(action.texts) - 1))
                    self.feed(SayingEnded(self.at, action.utterance))
                case AskCoverage():
                    self.feed(Covered(self.at, action.question_id, action.revision, ()))
                case _:
                    pass

    def wait(self, samples: int) -> None:
        for _ in range(0, samples, BLOCK):
            self.at += BLOCK
            self.feed(Tick(self.at))
        due = [reached for at, reached in self.waiting if at <= self.at]
        self.waiting = [(at, reached) for at, reached in self.waiting if at > self.at]
        for reached in due:
            if not reached.done():
                reached.set_result(None)

    async def reach(self, at: int) -> None:
        """Return when the clock has come to ``at``."""
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((at, reached))
        await reached


def _script(language: str) -> Script:
    question = ScriptQuestion(QUESTION, "spoken", "Recording", "?", "?", 24 * 3600.0, (), 0, ())
    return Script("Recording", language, (question,), {})


async def rehear(pcm: Samples, recognise: Callable[[Samples, Samples], Recognition], language: str = "en") -> Reheard:
    """``pcm``: 16 kHz mono, one person's answer. ``recognise`` is called with each segment's sound, and with the sound
    that led up to it, and may block."""
    interview = _Interview(_script(language))
    interview.feed(Connected(0, 1, True))
    interview.wait(RATE)
    began = interview.at

    async def words(sound: Samples, *, purpose: Purpose, wanted: Callable[[], bool], before: Samples) -> Recognition:
        await interview.reach(interview.at + round(RECOGNITION_S * RATE))
        if not wanted():
            raise Unwanted
        return recognise(sound, before)

    listening = Listening(words, emit=interview.feed, caption=None, question=lambda: QUESTION)
    sound = np.concatenate([pcm, np.zeros(2 * RATE + -len(pcm) % BLOCK, np.int16)])
    for start in range(0, len(sound), BLOCK):
        interview.wait(BLOCK)
        listening.hear(began + start, sound[start : start + BLOCK])
        for _ in range(YIELDS):
            await asyncio.sleep(0)
    interview.wait(round((HELD_S + 1.0) * RATE))
    return Reheard(interview.script, began, tuple(interview.entries))
