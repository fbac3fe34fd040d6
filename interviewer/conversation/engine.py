"""The interview itself, without I/O and without a clock: events in, actions out.

One call of :meth:`Conversation.handle` takes one event and returns what is to be done about it. The same events give
the same actions on every machine, so the event log alone brings a conversation back after a crash.

    Connected -> greeting -> question -> listen -> (probe -> listen)* -> next question ... -> closing -> Finish
"""

from __future__ import annotations

from interviewer.conversation.actions import Action, SayKind, Show, StopSaying
from interviewer.conversation.answers import Segment, choose_probe
from interviewer.conversation.events import (
    Abandoned,
    Button,
    Connected,
    Covered,
    Disconnected,
    Draft,
    Event,
    Heard,
    ModeChanged,
    Pressed,
    SayingEnded,
    SpeechEnded,
    SpeechStarted,
    Tick,
    Typed,
)
from interviewer.conversation.moves import (
    ask_coverage,
    ask_next,
    close_all,
    finish,
    pause,
    resume,
    say,
    say_prompt,
    skip,
    stop_saying,
)
from interviewer.conversation.script import RATE, SENT_AGAIN_S, Script
from interviewer.conversation.state import CONNECTION_LOST, State, Then
from interviewer.conversation.timing import due
from interviewer.conversation.turns import TailAware, TurnPolicy
from interviewer.conversation.view import View

__all__ = ["Conversation"]


class Conversation:
    def __init__(self, script: Script, policy: TurnPolicy | None = None) -> None:
        self.script = script
        self.policy = policy or TailAware()
        self._state = State(script)

    @property
    def finished(self) -> bool:
        return self._state.finished

    @property
    def paused(self) -> bool:
        return self._state.paused

    @property
    def started(self) -> bool:
        return self._state.greet_at is not None

    @property
    def ending(self) -> str:
        """Why it finished, in plain words."""
        return self._state.ending

    @property
    def connected(self) -> bool:
        return self._state.connected

    @property
    def current_question(self) -> str:
        """The id of the question that speech belongs to now; empty before the first."""
        return self._state.current.question.id if self._state.current else ""

    @property
    def listening(self) -> bool:
        """Whether what the candidate says now is an answer (not typing, not paused, not over)."""
        return bool(self._state.current) and not (self._state.typing_now or self._state.paused or self._state.finished)

    def statuses(self) -> dict[str, str]:
        """Status of every question: answered, no-answer, skipped or not-reached."""
        return {
            k: "answered" if a.text or a.unheard else (a.status or "not-reached")
            for k, a in self._state.answers.items()
        }

    def asked(self, question_id: str) -> tuple[str, ...]:
        """The ids of the probes asked for a question so far."""
        return tuple(self._state.answers[question_id].probes)

    def likely_next(self) -> tuple[str, ...]:
        """Texts that may be said next, likeliest first; to be made ready."""
        texts: list[str] = []
        if self._state.current is not None:
            probe = choose_probe(self._state.current)
            texts += [probe.text] if probe else []
            texts += [p.text for p in self._state.current.question.probes]
        texts += [self._state.answers[q].question.text for q in list(self._state.queue)[:1]]
        return tuple(dict.fromkeys(texts))

    def view(self) -> View:
        return self._state.view()

    def handle(self, event: Event) -> list[Action]:
        before = self.view()
        self._state.advance(event.at)
        out = [] if self._state.finished else [*self._take(event), *due(self._state, self.policy)]
        after = self.view()
        if after != before:
            out.append(Show(after.phase))
        return out

    def _take(self, event: Event) -> list[Action]:
        match event:
            case Connected():
                return self._on_connected(event)
            case Disconnected():
                return self._on_disconnected()
            case SpeechStarted():
                self._state.speaking = True
            case SpeechEnded():
                self._state.speaking = False
                self._state.speech_end = max(self._state.speech_end, event.at)
                self._state.open_segments.add(event.segment)
            case Heard():
                return self._on_heard(event)
            case Covered():
                answer = self._state.answers.get(event.question_id)
                if answer is not None:
                    answer.covered.update(event.key_points)
                    answer.judged = max(answer.judged, event.revision)
            case SayingEnded():
                return self._on_saying_ended(event)
            case ModeChanged():
                self._state.typing = event.typing
                self._state.speaking = False
                self._state.listen_anew()
                self._state.moment_until = None
            case Draft():
                answer = self._state.answers.get(event.question_id)
                if answer is not None and answer.status is None:
                    answer.draft = event.text
            case Typed():
                return self._on_typed(event)
            case Pressed():
                return self._on_pressed(event.button)
            case Abandoned():
                self._state.ending = "not finished before the link expired"
                return finish(self._state)
            case Tick():
                pass
        return []

    def _on_connected(self, event: Connected) -> list[Action]:
        self._state.connected = True
        if not event.audio:
            self._state.typing = True
        if self._state.greet_at is None:
            self._state.greet_at = self._state.at + self._state.samples(self._state.script.limits.opening_wait_s)
            return []
        if self._state.paused and self._state.paused_for != CONNECTION_LOST:
            return []  # who paused goes on when they say so, not when their network comes back
        self._state.paused = False
        self._state.speaking = False
        self._state.listen_anew()
        if not self._state.greeted:
            return say(self._state, SayKind.GREETING, self._state.phrase("greeting"), Then.ASK)
        if self._state.saying is not None and self._state.saying.then is Then.FINISH:
            return finish(self._state)
        if self._state.current is None:
            return ask_next(self._state, self._state.phrase("welcome-back"))
        return say_prompt(self._state, self._state.phrase("welcome-back"))

    def _on_disconnected(self) -> list[Action]:
        self._state.connected = False
        self._state.disconnected_at = self._state.at
        self._state.speaking = False
        if self._state.saying is not None and self._state.saying.then is Then.FINISH:
            return finish(self._state)
        return [StopSaying(self._state.saying.utterance)] if self._state.saying else []

    def _on_heard(self, event: Heard) -> list[Action]:
        self._state.open_segments.discard(event.segment)
        answer = self._state.answers.get(event.question_id)
        if answer is None or not event.text.strip():
            return []
        answer.segments.append(Segment(event.start, event.end, event.text.strip()))
        self._state.quiet_from = max(self._state.quiet_from, event.end)
        self._state.offers = 0
        self._state.moment_until = None  # words end a moment, a cough does not
        if answer.status is not None:
            return []
        return ask_coverage(self._state, answer)

    def _on_typed(self, event: Typed) -> list[Action]:
        answer = self._state.answers.get(event.question_id)
        text = event.text.strip()
        if answer is None or not text:
            return []
        if any(s.typed and s.text == text and self._state.at - s.end < SENT_AGAIN_S * RATE for s in answer.segments):
            return []
        answer.segments.append(Segment(self._state.at, self._state.at, text, typed=True))
        answer.draft = ""
        if answer is not self._state.current or answer.status is not None:
            return []
        out: list[Action] = []
        if self._state.saying is not None and self._state.saying.kind in (SayKind.QUESTION, SayKind.PROBE):
            out += stop_saying(self._state)
        self._state.over_asked_at = self._state.at
        return out + ask_coverage(self._state, answer)

    def _on_saying_ended(self, event: SayingEnded) -> list[Action]:
        saying = self._state.saying
        if saying is None or saying.utterance != event.utterance or not self._state.connected:
            return []  # ours was stopped or cut off; what follows it was decided then
        self._state.saying = None
        match saying.then:
            case Then.ASK:
                self._state.greeted = True
                return ask_next(self._state, ())
            case Then.LISTEN:
                self._state.quiet_from = self._state.at
            case Then.FINISH:
                return finish(self._state)
            case Then.RETURN:
                pass
        return []

    def _on_pressed(self, button: Button) -> list[Action]:
        if button is Button.END:
            self._state.ending = "ended by the candidate"
            self._state.paused = False
            return [
                *close_all(self._state),
                *say(self._state, SayKind.PHRASE, self._state.phrase("ended-early"), Then.FINISH),
            ]
        if button is Button.RESUME:
            return resume(self._state)
        if self._state.paused or self._state.current is None or not self._state.greeted:
            return []
        if self._state.saying is not None and self._state.saying.then is Then.FINISH:
            return []
        match button:
            case Button.DONE:
                if (
                    self._state.saying is not None
                    and not self._state.current.probes
                    and not self._state.current.segments
                ):
                    return []  # the question itself is still being asked
                self._state.over_asked_at = self._state.at
                self._state.moment_until = None
                return stop_saying(self._state)
            case Button.REPEAT:
                self._state.current.repeats += 1
                self._state.listen_anew()
                return say_prompt(self._state, self._state.phrase("repeat"))
            case Button.SKIP:
                return skip(self._state, self._state.current)
            case Button.MOMENT:
                self._state.listen_anew()
                self._state.moment_until = self._state.at + self._state.samples(self._state.script.limits.moment_s)
                if self._state.saying is not None:
                    return []
                return say(self._state, SayKind.PHRASE, self._state.phrase("moment"), Then.RETURN)
            case Button.PAUSE:
                return pause(self._state, "asked by the candidate", ())
        return []
