"""Everything a running conversation remembers, and what can be read off it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum, auto

from interviewer.conversation.actions import Phase, SayKind
from interviewer.conversation.answers import AnswerSoFar
from interviewer.conversation.asking import Asking, asking_for
from interviewer.conversation.pace import KEPT_PAUSES, Pace
from interviewer.conversation.script import RATE, Script, ScriptProbe
from interviewer.conversation.turns import Wait
from interviewer.conversation.view import QuestionView, View

__all__ = ["CONNECTION_LOST", "Saying", "State", "Then", "Upcoming"]

CONNECTION_LOST = "the connection was lost"
SHOW_SECONDS_BELOW = 60


class Then(Enum):
    """What follows an utterance."""

    ASK = auto()  # the next question
    LISTEN = auto()
    RETURN = auto()  # to whatever was going on
    CONFIRM = auto()  # wait for a yes or a no
    FINISH = auto()


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What Melvin is about to ask while he only acknowledges the last answer: until he asks it, that answer may go on.
    A probe to the same question; without one the next question, or the end."""

    probe: ScriptProbe | None


@dataclass(slots=True)
class Saying:
    """An utterance under way, or (as ``State.cut``) one that the candidate interrupted.

    ``part`` is the text that sounds now, ``sounds_from`` when the first did (None before). ``insists``: its lead-in is
    not for the candidate to interrupt (the time is up). ``coughs`` counts how often it was interrupted for nothing.
    """

    utterance: int
    kind: SayKind
    texts: tuple[str, ...]
    then: Then
    lead: int = 0
    about: tuple[str | None, str | None] = (None, None)
    upcoming: Upcoming | None = None
    insists: bool = False
    coughs: int = 0
    said_at: int = 0
    part: int = 0
    sounds_from: int | None = None
    cut_from: int = 0
    """Where the speech began that interrupted it."""

    @property
    def leads_in(self) -> bool:
        """Nothing of the question or probe itself has sounded yet."""
        return self.part < self.lead


@dataclass(slots=True)
class State:
    """All times are samples on the interview's clock."""

    script: Script
    asking: Asking = field(init=False)
    answers: dict[str, AnswerSoFar] = field(init=False)
    queue: deque[str] = field(init=False)
    current: AnswerSoFar | None = None
    said: Counter[str] = field(default_factory=Counter)
    utterances: int = 0
    saying: Saying | None = None
    cut: Saying | None = None
    """What Melvin was saying when the candidate interrupted him, until it is known what they said."""
    settled_from: int = 0
    """Speech before this interrupts nobody: the echo canceller of this connection has only begun to listen."""
    first_of_connection: int = 0
    """The utterance that the echo canceller settles on; 0 before it."""
    spoke_until: int = 0
    """When Melvin last fell silent of himself."""
    at: int = 0
    connected: bool = False
    disconnected_at: int = 0
    prompt_cut: bool = False
    """Whether Melvin was in the middle of a question or probe when the connection was lost."""
    greet_at: int | None = None
    greeted: bool = False
    typing: bool = False
    speaking: bool = False
    speech_from: int = 0
    """Where the newest stretch of speech began ..."""
    speech_into: int = 0
    """... and the utterance of Melvin's that it began in; 0 where he was silent."""
    speech_end: int = 0
    open_segments: set[int] = field(default_factory=set)
    quiet_from: int = 0
    listen_from: int = 0
    """Speech before this does not end the turn: since then the candidate came back, asked for a moment or a repeat."""
    back_at: int = 0
    """When the candidate came back into an answer that had begun already, and stands as it stood."""
    pace: Pace = Pace.NORMAL
    pauses: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_PAUSES))
    """The candidate's own, in seconds; see ``pace``."""
    learned: int = 0
    """How many pauses there have been in all."""
    waits: tuple[object, Wait] | None = None
    """What the turn policy said last, and what that rests on."""
    decides_at: int | None = None
    """When the turn is over if the candidate says nothing before; None where nothing is to be decided by silence."""
    waits_from: int | None = None
    """Where the silence began that the page says Melvin waits in."""
    confirming: bool = False
    """Melvin has asked, or is asking, whether to end the interview."""
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
        self.asking = asking_for(self.script.requests)
        # time_limit_s holds the accommodation factor already
        self.answers = {q.id: AnswerSoFar(q, granted=round(q.time_limit_s * RATE)) for q in self.script.questions}
        self.queue = deque(self.answers)

    def listen_anew(self) -> None:
        """The candidate may go on with the answer: what was said before stays in it, and its silence is forgotten."""
        self.listen_from = self.quiet_from = self.at
        self.over_asked_at = None

    @property
    def not_gone_on_yet(self) -> bool:
        """The candidate is back in an answer that had begun, and has not spoken since."""
        return self.back_at > self.speech_end

    @property
    def silent_from(self) -> int:
        """Where the silence began that may end the turn."""
        return max(self.speech_end, self.listen_from, self.back_at)

    def advance(self, at: int) -> None:
        """Move the clock; answering time is used up only while the candidate could answer."""
        if at > self.at:
            if self.current is not None and self.counting:
                self.current.used += at - self.at
            self.at = at

    def view(self) -> View:
        a = self.current
        question = None
        if a is not None:
            ids = [q.id for q in self.script.questions]
            q = a.question
            question = QuestionView(q.id, ids.index(q.id) + 1, len(ids), q.kind, q.title)
        left: int | None = None
        if a is not None and self.counting_down:
            left = max(0, -(-int((a.granted - a.used) / RATE) // 10) * 10)
        return View(
            phase=self.phase,
            question=question,
            asked="" if a is None else self.prompt(a),
            probe=bool(a and a.probes),
            typing=self.typing_now,
            draft=a.draft if a else "",
            seconds_left=left,
            pace=self.pace,
            confirm_end=self.confirming and not self.paused and not self.finished,
            waits=self.phase is Phase.LISTENING and not self.speaking and self.waits_from == self.silent_from,
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
        return answer.question.rephrase if answer.repeats > 1 or answer.rephrased else answer.question.text

    @property
    def typing_now(self) -> bool:
        return self.typing or bool(self.current and self.current.question.kind == "written")

    @property
    def counting_down(self) -> bool:
        """The page shows how much of the question's time is left."""
        a = self.current
        below = SHOW_SECONDS_BELOW * self.script.accommodation
        return a is not None and not self.finished and (a.granted - a.used) / RATE <= below

    @property
    def counting(self) -> bool:
        return (
            self.connected
            and self.current is not None
            and self.saying is None
            and self.cut is None
            and self.moment_until is None
            and not self.confirming
            and not self.paused
            and not self.finished
        )

    @property
    def phase(self) -> Phase:
        if self.finished:
            return Phase.FINISHED
        if self.paused:
            return Phase.PAUSED
        if not self.greeted and self.saying is None and self.cut is None and not self.confirming:
            return Phase.WAITING
        if self.saying is not None:
            return Phase.SPEAKING
        if self.moment_until is not None:
            return Phase.HOLDING
        return Phase.WRITING if self.typing_now else Phase.LISTENING
