"""Everything a running conversation remembers, and what can be read off it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum, auto

from interviewer.conversation.actions import Phase, SayKind
from interviewer.conversation.answers import AnswerSoFar
from interviewer.conversation.script import RATE, Script
from interviewer.conversation.view import QuestionView, View

__all__ = ["CONNECTION_LOST", "Saying", "State", "Then"]

CONNECTION_LOST = "the connection was lost"
SHOW_SECONDS_BELOW = 60


class Then(Enum):
    """What follows an utterance."""

    ASK = auto()  # the next question
    LISTEN = auto()
    RETURN = auto()  # to whatever was going on
    FINISH = auto()


@dataclass(frozen=True, slots=True)
class Saying:
    utterance: int
    kind: SayKind
    texts: tuple[str, ...]
    then: Then


@dataclass(slots=True)
class State:
    """All times are samples on the interview's clock."""

    script: Script
    answers: dict[str, AnswerSoFar] = field(init=False)
    queue: deque[str] = field(init=False)
    current: AnswerSoFar | None = None
    said: Counter[str] = field(default_factory=Counter)
    utterances: int = 0
    saying: Saying | None = None
    at: int = 0
    connected: bool = False
    disconnected_at: int = 0
    greet_at: int | None = None
    greeted: bool = False
    typing: bool = False
    speaking: bool = False
    speech_end: int = 0
    open_segments: set[int] = field(default_factory=set)
    quiet_from: int = 0
    listen_from: int = 0
    """Speech before this does not end the turn: since then the candidate came back, asked for a moment or a repeat."""
    offers: int = 0
    moment_until: int | None = None
    paused: bool = False
    paused_for: str = ""
    over_asked_at: int | None = None
    """When the candidate (or the clock) said that this turn is over."""
    time_up: bool = False
    ending: str = "completed"
    finished: bool = False

    def __post_init__(self) -> None:
        # time_limit_s holds the accommodation factor already
        self.answers = {q.id: AnswerSoFar(q, granted=round(q.time_limit_s * RATE)) for q in self.script.questions}
        self.queue = deque(self.answers)

    def listen_anew(self) -> None:
        """The candidate may go on with the answer: what was said before stays in it, and its silence is forgotten."""
        self.listen_from = self.quiet_from = self.at
        self.over_asked_at = None

    def advance(self, at: int) -> None:
        """Move the clock; answering time is used up only while the candidate could answer."""
        if self.counting and self.current is not None:
            self.current.used += max(0, at - self.at)
        self.at = max(self.at, at)

    def view(self) -> View:
        a = self.current
        question = None
        if a is not None:
            ids = [q.id for q in self.script.questions]
            q = a.question
            question = QuestionView(q.id, ids.index(q.id) + 1, len(ids), q.kind, q.title)
        left: int | None = None
        if a is not None and not self.finished:
            seconds = (a.granted - a.used) / RATE
            if seconds <= SHOW_SECONDS_BELOW * self.script.accommodation:
                left = max(0, -(-int(seconds) // 10) * 10)
        return View(
            phase=self.phase,
            question=question,
            asked="" if a is None else self.prompt(a),
            probe=bool(a and a.probes),
            typing=self.typing_now,
            draft=a.draft if a else "",
            seconds_left=left,
        )

    def samples(self, seconds: float) -> int:
        """Patience in samples, stretched by the accommodation factor."""
        return round(seconds * self.script.accommodation * RATE)

    def phrase(self, key: str) -> tuple[str, ...]:
        """The next variant, in turn, so that Melvin does not repeat himself; nothing where there is no such phrase."""
        variants = self.script.phrases.get(key, ())
        if not variants:
            return ()
        self.said[key] += 1
        return (variants[(self.said[key] - 1) % len(variants)],)

    def prompt(self, answer: AnswerSoFar) -> str:
        probe = answer.probe_text()
        if probe is not None:
            return probe
        return answer.question.rephrase if answer.repeats > 1 else answer.question.text

    @property
    def typing_now(self) -> bool:
        return self.typing or bool(self.current and self.current.question.kind == "written")

    @property
    def counting(self) -> bool:
        return (
            self.connected
            and self.current is not None
            and self.saying is None
            and self.moment_until is None
            and not self.paused
            and not self.finished
        )

    @property
    def phase(self) -> Phase:
        if self.finished:
            return Phase.FINISHED
        if self.paused:
            return Phase.PAUSED
        if not self.greeted and self.saying is None:
            return Phase.WAITING
        if self.saying is not None:
            return Phase.SPEAKING
        if self.moment_until is not None:
            return Phase.HOLDING
        return Phase.WRITING if self.typing_now else Phase.LISTENING
