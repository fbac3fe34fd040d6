"""The interview itself, without I/O and without a clock: events in, actions out.

One call of :meth:`Conversation.handle` takes one event and returns what is to be done about it. The same events give
the same actions on every machine, so the event log alone brings a conversation back after a crash.

    Connected -> greeting -> question -> listen -> (probe -> listen)* -> next question ... -> closing -> Finish
"""

from __future__ import annotations

from interviewer.conversation.actions import Action, Decided, Decision, SayKind, Show, StopSaying
from interviewer.conversation.answers import AnswerSoFar, Segment, choose_probe
from interviewer.conversation.barge_in import SAID_ALONG_WORDS, given_up, heard_into, settle_echo
from interviewer.conversation.events import (
    Abandoned,
    Connected,
    Covered,
    Disconnected,
    Draft,
    Event,
    Heard,
    ModeChanged,
    PaceChosen,
    Pressed,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Tick,
    Typed,
)
from interviewer.conversation.moves import (
    ask_coverage,
    ask_next,
    finish,
    go_on,
    greet,
    move_on,
    stand_as_it_stood,
    stop_saying,
)
from interviewer.conversation.pace import LEARNED_FROM_S, LEARNED_TO_S
from interviewer.conversation.requests import pressed, requested
from interviewer.conversation.script import RATE, Script
from interviewer.conversation.sentences import spoken_parts
from interviewer.conversation.state import CONNECTION_LOST, Saying, State, Then
from interviewer.conversation.timing import due, held
from interviewer.conversation.turns import POLICIES, TurnPolicy
from interviewer.conversation.view import View
from interviewer.conversation.waiting import FINAL

__all__ = ["Conversation"]

FORGOTTEN_S = 60.0
"""Whoever was away for longer is asked the question again; after less, its caption is enough."""


class Conversation:
    def __init__(self, script: Script, policy: TurnPolicy | None = None) -> None:
        self.script = script
        self.policy = policy or POLICIES[script.policy]
        self._state = State(script)
        self._shown = self._state.view()

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
        """The id of the question that speech belongs to now; empty before the first. While Melvin only acknowledges an
        answer, it is still that answer's."""
        return self._state.current.question.id if self._state.current else ""

    @property
    def listening(self) -> bool:
        """Whether the candidate may be heard (not typing, not paused, not over)."""
        return self.started and not (self._state.typing_now or self._state.paused or self._state.finished)

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
        """Texts that may be said next, likeliest first, cut as they will be said; to be made ready."""
        texts: list[str] = []
        if self._state.current is not None:
            probe = choose_probe(self._state.current)
            texts += [probe.text] if probe else []
            texts += [p.text for p in self._state.current.question.probes]
        texts += [self._state.answers[q].question.text for q in list(self._state.queue)[:1]]
        return tuple(dict.fromkeys(part for text in texts for part in spoken_parts(text)))

    @property
    def decides_at(self) -> int | None:
        """When silence will have ended the turn, in samples, as things stand; a tick that comes then is not late."""
        return self._state.decides_at

    def view(self) -> View:
        return self._state.view()

    def handle(self, event: Event) -> list[Action]:
        state = self._state
        state.advance(event.at)
        if state.finished:
            return []
        if type(event) is Tick:  # ten times a second, and mostly nothing comes of it
            out = self._overdue(state.saying) if state.saying is not None else []
            out += due(state, self.policy)
            if not out and not state.counting_down:
                return out
        else:
            out = [*self._take(event), *due(state, self.policy)]
        view = state.view()
        if view != self._shown:
            self._shown = view
            out.append(Show(view.phase))
        return out

    def _overdue(self, saying: Saying) -> list[Action]:
        if not self._state.connected or not given_up(self._state, saying):
            return []
        return [Decided(Decision.UNSAID, "the end of what Melvin says was not told"), *self._said(saying)]

    def _take(self, event: Event) -> list[Action]:
        match event:
            case Connected():
                return self._on_connected(event)
            case Disconnected():
                return self._on_disconnected()
            case SpeechStarted():
                return self._on_speech_started(event.at)
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
            case SayingReached():
                return self._on_saying_reached(event)
            case SayingEnded():
                return self._on_saying_ended(event)
            case PaceChosen():
                self._state.pace = event.pace
            case ModeChanged():
                self._state.typing = event.typing
                self._state.speaking = False
                self._state.listen_anew()
                self._state.moment_until = None
            case Draft():
                answer = self._state.answers.get(event.question_id)
                sent = answer is not None and any(s.typed and s.text == event.text.strip() for s in answer.segments)
                if answer is not None and answer.status is None and not sent:  # or it came after its own answer
                    answer.draft = event.text
            case Typed():
                return self._on_typed(event)
            case Pressed():
                return pressed(self._state, event.button)
            case Abandoned():
                self._state.ending = "not finished before the link expired"
                return finish(self._state)
        return []

    def _on_connected(self, event: Connected) -> list[Action]:
        state = self._state
        state.connected = True
        state.first_of_connection = state.settled_from = 0
        if not event.audio:
            state.typing = True
        if state.greet_at is None:
            state.greet_at = state.at + state.samples(self.script.limits.opening_wait_s)
            return []
        if state.paused and state.paused_for != CONNECTION_LOST:
            return []  # who paused goes on when they say so, not when their network comes back
        # What they asked for aloud may have brought a new prompt while they were away, which nobody heard.
        unsaid = state.saying is not None and state.saying.kind in (SayKind.QUESTION, SayKind.PROBE)
        if event.recovered and not (state.paused or state.prompt_cut or unsaid) and self._answer_open():
            return self._heard_meanwhile()
        forgotten = state.at - state.disconnected_at > state.samples(FORGOTTEN_S)
        again = state.paused or state.prompt_cut or unsaid or forgotten
        state.paused = state.confirming = state.speaking = False
        if not state.greeted:
            state.listen_anew()
            return greet(state)
        if state.saying is not None and state.saying.then is Then.FINISH:
            return finish(state)
        return go_on(state, "welcome-back", again=again)

    def _answer_open(self) -> bool:
        state = self._state
        return (
            state.greeted and state.current is not None and state.current.status is None and state.over_asked_at is None
        )

    def _heard_meanwhile(self) -> list[Action]:
        """They spoke on while the connection was gone, and their words are in or on their way: a part of the answer
        like any other. Nobody talks into it while it goes on."""
        state = self._state
        state.saying = None
        state.confirming = False
        if not state.speaking:
            return stand_as_it_stood(state, "welcome-back")
        state.quiet_from = state.at
        state.offers = 0
        return []

    def _on_disconnected(self) -> list[Action]:
        state = self._state
        state.connected = False
        state.disconnected_at = state.at
        state.speaking = False
        said = state.saying or state.cut
        state.prompt_cut = said is not None and said.kind in (SayKind.QUESTION, SayKind.PROBE)
        state.cut = None  # whoever interrupted him had not finished
        out = move_on(state)
        if state.saying is not None and state.saying.then is Then.FINISH:
            return [*out, *finish(state)]
        return [*out, StopSaying(state.saying.utterance)] if state.saying else out

    def _on_speech_started(self, at: int) -> list[Action]:
        state = self._state
        out = held(state, self.policy, at)
        state.speaking = True
        state.speech_from = at
        state.speech_into = state.saying.utterance if state.saying else 0
        return out

    def _on_heard(self, event: Heard) -> list[Action]:
        state = self._state
        state.open_segments.discard(event.segment)
        text = event.text.strip()
        answer = state.answers.get(event.question_id)
        if not text:
            if answer is not None:
                answer.wordless += event.end - event.start
            return []
        asked = requested(state, event)
        if asked is not None:
            return asked
        out = heard_into(state, event.end, text)
        if state.confirming and len(text.split()) > SAID_ALONG_WORDS:
            state.confirming = False  # neither yes nor no: they go on
        if answer is None:
            return out
        self._learn(answer, event)
        answer.wordless = 0
        answer.segments.append(Segment(event.start, event.end, text, finality=event.finality))
        state.quiet_from = max(state.quiet_from, event.end)
        state.offers = 0
        state.moment_until = None  # words end a moment, a cough does not
        if answer.status is not None:
            return out
        return [*out, *ask_coverage(state, answer)]

    def _learn(self, answer: AnswerSoFar, event: Heard) -> None:
        """A pause between two stretches of words, in which Melvin said nothing, is the candidate's own."""
        before = answer.segments[-1] if answer.since_prompt else None
        if before is not None and before.finality is not None and before.finality < FINAL:
            return  # in mid-sentence: it says nothing about the silence after a finished one
        if before is None or before.typed or before.end < max(self._state.listen_from, self._state.spoke_until):
            return
        if answer.wordless:
            return  # a word begun, or a cough, lies between: no one silence
        pause_s = (event.start - before.end) / RATE
        if LEARNED_FROM_S <= pause_s <= LEARNED_TO_S:
            self._state.pauses.append(pause_s)
            self._state.learned += 1

    def _on_typed(self, event: Typed) -> list[Action]:
        state = self._state
        answer = state.answers.get(event.question_id)
        text = event.text.strip()
        if answer is None or not text:
            return []
        if any(s.typed and event.repeats(s.text, s.sent_as, state.at - s.end) for s in answer.segments):
            return []
        answer.segments.append(Segment(state.at, state.at, text, typed=True, sent_as=event.sent_as))
        answer.draft = ""
        if answer is not state.current or answer.status is not None:
            return []
        out: list[Action] = []
        said = state.saying or state.cut
        if said is not None and said.kind in (SayKind.QUESTION, SayKind.PROBE):
            out += stop_saying(state)
        state.confirming = False
        state.moment_until = None
        state.over_asked_at = state.at
        return out + ask_coverage(state, answer)

    def _on_saying_reached(self, event: SayingReached) -> list[Action]:
        saying = self._state.saying
        if saying is None or saying.utterance != event.utterance or not self._state.connected:
            return []
        if saying.sounds_from is None:
            saying.sounds_from = self._state.at
            settle_echo(self._state, saying)
        saying.part = max(saying.part, min(event.part, len(saying.texts) - 1))
        return [] if saying.leads_in else move_on(self._state)

    def _on_saying_ended(self, event: SayingEnded) -> list[Action]:
        saying = self._state.saying
        if saying is None or saying.utterance != event.utterance or not self._state.connected:
            return []  # ours was stopped or cut off; what follows it was decided then
        return self._said(saying)

    def _said(self, saying: Saying) -> list[Action]:
        """The utterance is over; what it led to begins."""
        state = self._state
        out = move_on(state)
        state.saying = None
        state.spoke_until = state.at
        match saying.then:
            case Then.ASK:
                state.greeted = True
                out += ask_next(state, ())
                if state.speaking and state.saying is not None:
                    state.speech_into = state.saying.utterance  # they speak into this one too
            case Then.LISTEN:
                # What was said along with the question does not end the turn that begins now.
                state.quiet_from = state.listen_from = state.at
            case Then.CONFIRM:
                state.quiet_from = state.at
            case Then.FINISH:
                return [*out, *finish(state)]
            case Then.RETURN:
                pass
        return out
