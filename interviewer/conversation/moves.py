"""What Melvin does: functions that change the state and return the actions to carry out."""

from __future__ import annotations

from interviewer.conversation.actions import (
    Action,
    AskCoverage,
    CloseAnswer,
    Finish,
    Listen,
    PauseInterview,
    Say,
    SayKind,
    StopSaying,
)
from interviewer.conversation.answers import AnswerSoFar, Segment, choose_probe
from interviewer.conversation.sentences import spoken_parts
from interviewer.conversation.state import Saying, State, Then, Upcoming

__all__ = [
    "ask_coverage",
    "ask_next",
    "close_all",
    "end_turn",
    "finish",
    "go_on",
    "greet",
    "move_on",
    "pause",
    "resume",
    "say",
    "say_again",
    "say_phrase",
    "say_prompt",
    "skip",
    "stand_as_it_stood",
    "stop_saying",
]

PROBE_GRANTS_S = 90.0
"""A probe leaves at least this much answering time, however much was used before."""

Texts = tuple[str, ...]

# ---------------------------------------------------------------------- asking


def greet(state: State) -> list[Action]:
    return say(state, SayKind.GREETING, state.phrase("greeting"), Then.ASK)


def end_turn(state: State, answer: AnswerSoFar) -> list[Action]:
    """Acknowledge the answer and ask on. What is asked becomes the question when it begins to sound (``move_on``)."""
    state.over_asked_at = None
    lead_in = state.phrase("time-up" if state.time_up else "acknowledge")
    probe = None if state.time_up or not answer.text else choose_probe(answer)
    insists = state.time_up
    if probe is not None:
        about = (answer.question.id, probe.id)
        return say(
            state, SayKind.PROBE, (probe.text,), Then.LISTEN, lead=lead_in, about=about, upcoming=Upcoming(probe)
        )
    return _say_next(state, lead_in, upcoming=Upcoming(None), insists=insists)


def move_on(state: State) -> list[Action]:
    """What was upcoming is asked now; nothing where nothing is."""
    saying = state.saying or state.cut
    answer = state.current
    if saying is None or saying.upcoming is None or answer is None:
        return []
    upcoming, saying.upcoming = saying.upcoming, None
    if upcoming.probe is None:
        return [*_close(state, answer), *_enter_next(state)]
    answer.probes.append(upcoming.probe.id)
    answer.granted = max(answer.granted, answer.used + state.samples(PROBE_GRANTS_S))
    answer.warned = False
    answer.prompt_from = len(answer.segments)
    return []


def ask_next(state: State, lead_in: Texts) -> list[Action]:
    return [*_enter_next(state), *_say_current(state, lead_in)]


def _enter_next(state: State) -> list[Action]:
    state.over_asked_at = None
    state.time_up = False
    state.moment_until = None
    if not state.queue:
        state.current = None
        return []
    answer = state.answers[state.queue.popleft()]
    state.current = answer
    answer.prompt_from = len(answer.segments)
    return [Listen(answer.question.id)]


def _say_current(state: State, lead_in: Texts) -> list[Action]:
    if state.current is None:
        return say(state, SayKind.PHRASE, state.phrase("closing"), Then.FINISH, lead=lead_in)
    return say_prompt(state, (*lead_in, *_announced(state, state.current)))


def _say_next(state: State, lead_in: Texts, *, upcoming: Upcoming, insists: bool) -> list[Action]:
    if not state.queue:
        closing = state.phrase("closing")
        return say(
            state, SayKind.PHRASE, closing, Then.FINISH, lead=lead_in, upcoming=upcoming, insists=insists
        )  # fmt: skip
    answer = state.answers[state.queue[0]]
    lead_in = (*lead_in, *_announced(state, answer))
    kind, about = _about(answer)
    texts = (state.prompt(answer),)
    return say(state, kind, texts, Then.LISTEN, lead=lead_in, about=about, upcoming=upcoming, insists=insists)


def _announced(state: State, answer: AnswerSoFar) -> Texts:
    if answer.skipped_before:
        return state.phrase("back-to-skipped")
    return state.phrase("written-intro") if answer.question.kind == "written" else ()


def _about(answer: AnswerSoFar) -> tuple[SayKind, tuple[str, str | None]]:
    probe = answer.probes[-1] if answer.probes else None
    return SayKind.PROBE if probe else SayKind.QUESTION, (answer.question.id, probe)


def say_prompt(state: State, lead_in: Texts) -> list[Action]:
    """The question or probe that stands open, once more or for the first time."""
    answer = state.current
    if answer is None:
        raise RuntimeError("there is no question to ask")
    kind, about = _about(answer)
    return say(state, kind, (state.prompt(answer),), Then.LISTEN, lead=lead_in, about=about)


def skip(state: State, answer: AnswerSoFar, *, for_good: bool = False) -> list[Action]:
    """``for_good``: its turn was over already, so it does not come back."""
    lead_in = state.phrase("skip")
    if for_good or answer.skipped_before or not state.queue:
        return [*_close(state, answer, "skipped"), *ask_next(state, lead_in)]
    answer.skipped_before = True
    state.queue.append(answer.question.id)
    return ask_next(state, lead_in)


# ---------------------------------------------------------------------- closing


def _close(state: State, answer: AnswerSoFar, empty: str = "no-answer") -> list[Action]:
    if answer is state.current and (state.open_segments or state.speaking):
        answer.unheard = True  # its words are still being recognised
    answer.status = "answered" if answer.text or answer.unheard else empty
    return [CloseAnswer(answer.question.id, answer.status)]


def close_all(state: State) -> list[Action]:
    out: list[Action] = []
    for answer in state.answers.values():
        if answer.status is None:
            if answer.draft.strip():  # what stands in the text box was written as an answer
                answer.segments.append(Segment(state.at, state.at, answer.draft.strip(), typed=True))
            out += _close(state, answer, "skipped" if answer.skipped_before else "not-reached")
    return out


def pause(state: State, reason: str, texts: Texts) -> list[Action]:
    out = [*move_on(state), *stop_saying(state)]
    state.paused, state.paused_for = True, reason
    state.moment_until = None
    state.confirming = False
    if texts:
        out += say(state, SayKind.PHRASE, texts, Then.RETURN)
    return [*out, PauseInterview(reason)]


def resume(state: State) -> list[Action]:
    if state.moment_until is not None:
        state.moment_until = None
        state.listen_anew()
        return []
    if not state.paused:
        return []
    state.paused = False
    if not state.greeted:  # the greeting is due again
        state.listen_anew()
        return []
    return go_on(state, "resume")


def go_on(state: State, key: str, *, again: bool = True) -> list[Action]:
    """After an absence: where the turn was over already (an answer was sent while the connection was down), what
    follows it comes next; otherwise the prompt is said once more, unless not wanted ``again``: it was said whole a
    moment ago, and the page still shows it."""
    was_over = state.over_asked_at is not None
    begun = state.current is not None and any(not s.typed for s in state.current.since_prompt)
    if begun and not (was_over or again):
        return stand_as_it_stood(state, key)
    state.listen_anew()
    if state.current is None:
        return ask_next(state, state.phrase(key))
    if was_over:
        state.over_asked_at = state.at
    if was_over or not again:
        return say_phrase(state, key)
    return say_prompt(state, state.phrase(key))


def stand_as_it_stood(state: State, key: str) -> list[Action]:
    """A part of the answer is in. The candidate goes on with it, or it had been all: then silence ends it."""
    state.back_at = state.quiet_from = state.at
    state.offers = 0
    return say_phrase(state, key)


def finish(state: State) -> list[Action]:
    out = close_all(state)
    state.saying = state.cut = None
    state.confirming = False
    state.finished = True
    return [*out, Finish(state.ending)]


def ask_coverage(state: State, answer: AnswerSoFar) -> list[Action]:
    if not any(p.covers for p in answer.question.probes):
        return []
    answer.revision += 1
    return [AskCoverage(answer.question.id, answer.revision, answer.text)]


# ---------------------------------------------------------------------- speaking


def say(
    state: State,
    kind: SayKind,
    texts: Texts,
    then: Then,
    *,
    lead: Texts = (),
    about: tuple[str | None, str | None] = (None, None),
    upcoming: Upcoming | None = None,
    insists: bool = False,
) -> list[Action]:
    leading = _parts(lead)
    saying = Saying(
        0, kind, (*leading, *_parts(texts)), then, len(leading), about, upcoming=upcoming, insists=insists
    )  # fmt: skip
    return _begin(state, saying)


def say_phrase(state: State, key: str) -> list[Action]:
    """A phrase in between; whatever was going on goes on after it."""
    return say(state, SayKind.PHRASE, state.phrase(key), Then.RETURN)


def say_again(state: State, cut: Saying) -> list[Action]:
    """From the beginning of the sentence that was cut: half of it means nothing, and all before it was heard."""
    left = cut.texts[cut.part :]
    saying = Saying(
        0, cut.kind, left, cut.then, max(0, cut.lead - cut.part), cut.about, cut.upcoming, cut.insists, cut.coughs + 1
    )
    return _begin(state, saying, again=True)


def _begin(state: State, saying: Saying, *, again: bool = False) -> list[Action]:
    out = stop_saying(state)
    state.utterances += 1
    saying.utterance, saying.said_at = state.utterances, state.at
    state.saying = saying
    if not state.first_of_connection:
        state.first_of_connection = saying.utterance
    if saying.then is Then.LISTEN:
        state.quiet_from = state.at
        state.offers = 0
    question_id, probe_id = saying.about
    return [*out, Say(saying.utterance, saying.kind, saying.texts, question_id, probe_id, saying.lead, again)]


def stop_saying(state: State) -> list[Action]:
    """Also forgets what was cut, and what was upcoming with either: the last answer stands open again."""
    saying, state.saying, state.cut = state.saying, None, None
    return [StopSaying(saying.utterance)] if saying else []


def _parts(texts: Texts) -> Texts:
    return tuple(part for text in texts for part in spoken_parts(text))
