"""Every pause of a recorded interview, with what the turn policy was asked there; for asking any policy afterwards.

The log is run through the conversation again, so each pause comes with the very ``TurnSoFar`` that decided it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from interviewer.conversation.actions import Decided, Decision
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import Event, Heard
from interviewer.conversation.script import RATE, Script
from interviewer.conversation.turns import POLICIES, TurnPolicy, TurnSoFar, Wait

__all__ = ["Pause", "Verdict", "pauses", "verdict"]

SILENCES = (Decision.TURN_HELD, Decision.TURN_OVER)
GOES_ON = "the answer goes on"


@dataclass(frozen=True, slots=True)
class Pause:
    """``at``: where the silence begins, in samples. ``silence_s``: how long it lasted, or until the turn was taken to
    be over. ``went_on``: the candidate spoke again, and (with ``cut_in``) into Melvin's thanks. ``words_s``: when, in
    this silence, the words before it had all been recognised; 0 where they were there already."""

    at: int
    silence_s: float
    turn: TurnSoFar
    question_id: str
    went_on: bool
    words_s: float = 0.0
    cut_in: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy would have done. ``answers_after_s`` is None where the candidate went on first."""

    wait: Wait
    limit_s: float
    answers_after_s: float | None


@dataclass(slots=True)
class _Overheard:
    """The interview's own policy, and what it was asked last."""

    policy: TurnPolicy
    turn: TurnSoFar | None = None

    @property
    def name(self) -> str:
        return self.policy.name

    def wait(self, turn: TurnSoFar) -> Wait:
        self.turn = turn
        return self.policy.wait(turn)


@dataclass(slots=True)
class _Pauses:
    found: list[Pause] = field(default_factory=list)
    words_at: int = 0

    def add(self, decided: Decided, at: int, turn: TurnSoFar | None, question_id: str) -> None:
        if decided.what is Decision.YIELDED and decided.why == GOES_ON and self.found:
            last = self.found[-1]
            self.found[-1] = replace(last, went_on=True, cut_in=True)
        if decided.what not in SILENCES or "limit_s" not in decided.facts or turn is None:
            return
        silence_s = float(decided.facts["silence_s"] or 0.0)
        began = at - round(silence_s * RATE)
        words_s = max(0.0, (self.words_at - began) / RATE)
        self.found.append(Pause(began, silence_s, turn, question_id, decided.what is Decision.TURN_HELD, words_s))


def pauses(script: Script, events: Iterable[Event], policy: TurnPolicy | None = None) -> list[Pause]:
    """All pauses of half a second and more in which the turn was the candidate's, in order of time. ``policy``: what
    the interview was held with, where the script does not name it."""
    overheard = _Overheard(policy or POLICIES[script.policy])
    conversation, seen = Conversation(script, overheard), _Pauses()
    for event in events:
        question_id = conversation.current_question
        for action in conversation.handle(event):
            if isinstance(action, Decided):
                seen.add(action, event.at, overheard.turn, question_id)
        if isinstance(event, Heard):
            seen.words_at = max(seen.words_at, event.at)
    return seen.found


def verdict(pause: Pause, policy: TurnPolicy, accommodation: float = 1.0) -> Verdict:
    """What ``policy`` would have done in this pause, other things (what was learned before it) as they were."""
    wait = policy.wait(pause.turn)
    limit_s = wait.wait_s * accommodation
    answers_s = max(limit_s, pause.words_s)
    return Verdict(wait, limit_s, None if pause.went_on and answers_s >= pause.silence_s else answers_s)
