"""What time alone brings about: the end of a turn, the time limit, patience with silence."""

from __future__ import annotations

from interviewer.conversation.actions import Action, Decided, Notify, SayKind
from interviewer.conversation.answers import AnswerSoFar, Segment
from interviewer.conversation.moves import end_turn, pause, say
from interviewer.conversation.script import RATE
from interviewer.conversation.state import CONNECTION_LOST, State, Then
from interviewer.conversation.turns import TurnPolicy, TurnSoFar

__all__ = ["due"]

RECOGNITION_GIVEN_UP_S = 10.0
"""A turn is never closed while a segment is open; a recogniser that is silent for this long is taken to be dead."""
QUIET_AT_LIMIT_S = 0.7
"""At the time limit the candidate's sentence ends first; this much quiet is taken as its end."""
DISCONNECTED_PAUSES_S = 120.0


def due(state: State, policy: TurnPolicy) -> list[Action]:
    """What time alone brings about. Called after every event, so a tick is only one more chance to look."""
    if state.finished or state.paused:
        return []
    if not state.connected:
        lost = state.greet_at is not None and state.at - state.disconnected_at >= state.samples(DISCONNECTED_PAUSES_S)
        return pause(state, CONNECTION_LOST, ()) if lost else []
    if state.greet_at is not None and not state.greeted and state.saying is None:
        if state.at < state.greet_at:
            return []
        return say(state, SayKind.GREETING, state.phrase("greeting"), Then.ASK)
    answer = state.current
    if state.saying is not None or answer is None or answer.status is not None:
        return []
    if state.moment_until is not None:
        if state.at < state.moment_until:
            return []
        state.moment_until = None
        state.quiet_from = state.at
    return time_limit(state, answer) or turn_over(state, policy, answer) or patience(state, answer)


def time_limit(state: State, answer: AnswerSoFar) -> list[Action]:
    limits = state.script.limits
    left = (answer.granted - answer.used) / RATE
    if left > 0:
        if left <= limits.warn_before_s * state.script.accommodation and not answer.warned:
            answer.warned = True
            return [Notify("time-warning", text) for text in state.phrase("warn-time")]
        return []
    over = -left
    mid_sentence = state.speaking or state.at - state.speech_end < QUIET_AT_LIMIT_S * RATE
    if not state.typing_now and mid_sentence and over < limits.sentence_grace_s * state.script.accommodation:
        return []
    if state.typing_now and answer.draft.strip():  # nothing typed is lost to a clock
        answer.segments.append(Segment(state.at, state.at, answer.draft.strip(), typed=True))
        answer.draft = ""
    if state.time_up:
        return []
    if state.over_asked_at is None:
        state.over_asked_at = state.at
    state.time_up = True
    return [Decided("the time for this question is up")]


def turn_over(state: State, policy: TurnPolicy, answer: AnswerSoFar) -> list[Action]:
    """Close the turn where the candidate said so, the time is up, or the policy's silence has passed."""
    asked_at = state.over_asked_at
    if state.speaking and not state.time_up:
        return []
    if asked_at is None and (state.typing_now or not (_fresh(state, answer) or state.open_segments)):
        return []
    since = max(state.speech_end, state.listen_from, asked_at or 0)
    if state.open_segments:
        if state.at - since < RECOGNITION_GIVEN_UP_S * RATE:
            return []
        state.open_segments.clear()
        answer.unheard = True
        if asked_at is None and state.speech_end > state.listen_from:
            state.over_asked_at = state.at
        return [Decided(f"no words came back for {RECOGNITION_GIVEN_UP_S:.0f} s")]
    decide_at = since
    if asked_at is None:
        spoken = [s for s in answer.since_prompt if not s.typed]
        so_far = TurnSoFar(" ".join(s.text for s in spoken), sum(s.end - s.start for s in spoken) / RATE)
        decide_at += state.samples(policy.wait_s(so_far))
        if state.at < decide_at:
            return []
    if not answer.coverage_is_current and state.at - decide_at < state.script.limits.decide_wait_s * RATE:
        return []
    why = (
        "the candidate or the time limit asked" if asked_at is not None else f"{(state.at - since) / RATE:.1f} s quiet"
    )
    return [Decided(f"turn over: {why}"), *end_turn(state, answer)]


def _fresh(state: State, answer: AnswerSoFar) -> bool:
    return any(s.end > state.listen_from for s in answer.since_prompt)


def patience(state: State, answer: AnswerSoFar) -> list[Action]:
    """Silence is met with a gentle offer, three at most, then the interview pauses and the link stays good."""
    if state.typing_now or state.speaking or state.open_segments or _fresh(state, answer):
        return []
    limits = state.script.limits
    quiet = state.at - state.quiet_from
    if quiet >= state.samples(limits.pause_after_s):
        return pause(state, "nothing was heard for some time", state.phrase("pause"))
    if state.offers < len(limits.offers_after_s) and quiet >= state.samples(limits.offers_after_s[state.offers]):
        state.offers += 1
        return say(state, SayKind.PHRASE, state.phrase(f"offer-{state.offers}"), Then.RETURN)
    return []
