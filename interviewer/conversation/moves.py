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
from interviewer.conversation.state import Saying, State, Then

__all__ = [
    "ask_coverage",
    "ask_next",
    "close_all",
    "end_turn",
    "finish",
    "pause",
    "resume",
    "say",
    "say_prompt",
    "skip",
    "stop_saying",
]

PROBE_GRANTS_S = 90.0
"""A probe leaves at least this much answering time, however much was used before."""


def end_turn(state: State, answer: AnswerSoFar) -> list[Action]:
    state.over_asked_at = None
    probe = None if state.time_up or not answer.text else choose_probe(answer)
    if probe is None:
        lead_in = state.phrase("time-up" if state.time_up else "acknowledge")
        return [*close(state, answer), *ask_next(state, lead_in)]
    answer.probes.append(probe.id)
    answer.granted = max(answer.granted, answer.used + state.samples(PROBE_GRANTS_S))
    answer.warned = False
    answer.prompt_from = len(answer.segments)
    return say_prompt(state, state.phrase("acknowledge"))


def ask_next(state: State, lead_in: tuple[str, ...]) -> list[Action]:
    state.over_asked_at = None
    state.time_up = False
    state.moment_until = None
    if not state.queue:
        state.current = None
        return say(state, SayKind.PHRASE, (*lead_in, *state.phrase("closing")), Then.FINISH)
    answer = state.answers[state.queue.popleft()]
    state.current = answer
    answer.prompt_from = len(answer.segments)
    if answer.skipped_before:
        lead_in = (*lead_in, *state.phrase("back-to-skipped"))
    elif answer.question.kind == "written":
        lead_in = (*lead_in, *state.phrase("written-intro"))
    return [Listen(answer.question.id), *say_prompt(state, lead_in)]


def say_prompt(state: State, lead_in: tuple[str, ...]) -> list[Action]:
    answer = state.current
    if answer is None:
        raise RuntimeError("there is no question to ask")
    kind = SayKind.PROBE if answer.probes else SayKind.QUESTION
    return say(state, kind, (*lead_in, state.prompt(answer)), Then.LISTEN)


def skip(state: State, answer: AnswerSoFar) -> list[Action]:
    lead_in = state.phrase("skip")
    if answer.skipped_before or not state.queue:
        return [*close(state, answer, "skipped"), *ask_next(state, lead_in)]
    answer.skipped_before = True
    state.queue.append(answer.question.id)
    return ask_next(state, lead_in)


def close(state: State, answer: AnswerSoFar, empty: str = "no-answer") -> list[Action]:
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
            out += close(state, answer, "skipped" if answer.skipped_before else "not-reached")
    return out


def pause(state: State, reason: str, texts: tuple[str, ...]) -> list[Action]:
    out = stop_saying(state)
    state.paused, state.paused_for = True, reason
    state.moment_until = None
    state.over_asked_at = None
    if texts:
        out += say(state, SayKind.PHRASE, texts, Then.RETURN)
    return [*out, PauseInterview(reason)]


def resume(state: State) -> list[Action]:
    if state.moment_until is not None:
        state.moment_until = None
        state.listen_anew()
        return []
    if not state.paused or state.current is None:
        state.paused = False
        return []
    state.paused = False
    state.listen_anew()
    return say_prompt(state, state.phrase("resume"))


def finish(state: State) -> list[Action]:
    out = close_all(state)
    state.saying = None
    state.finished = True
    return [*out, Finish(state.ending)]


def ask_coverage(state: State, answer: AnswerSoFar) -> list[Action]:
    if not any(p.covers for p in answer.question.probes):
        return []
    answer.revision += 1
    return [AskCoverage(answer.question.id, answer.revision, answer.text)]


def say(state: State, kind: SayKind, texts: tuple[str, ...], then: Then) -> list[Action]:
    out = stop_saying(state)
    state.utterances += 1
    state.saying = Saying(state.utterances, kind, texts, then)
    if then is Then.LISTEN:
        state.quiet_from = state.at
        state.offers = 0
    answer = state.current
    return [
        *out,
        Say(
            state.utterances,
            kind,
            texts,
            answer.question.id if answer and kind is not SayKind.PHRASE else None,
            answer.probes[-1] if answer and kind is SayKind.PROBE else None,
        ),
    ]


def stop_saying(state: State) -> list[Action]:
    saying, state.saying = state.saying, None
    return [StopSaying(saying.utterance)] if saying else []
