"""What time alone brings about: the end of a turn, the time limit, patience with silence."""

from __future__ import annotations

from interviewer.conversation.actions import Action, Decided, Decision, Notify, SayKind
from interviewer.conversation.answers import AnswerSoFar, Segment
from interviewer.conversation.barge_in import RECOGNITION_GIVEN_UP_S, after_cut, barge_in
from interviewer.conversation.moves import end_turn, greet, pause, say
from interviewer.conversation.requests import confirm_lapsed
from interviewer.conversation.script import RATE
from interviewer.conversation.state import CONNECTION_LOST, State, Then
from interviewer.conversation.turns import TurnPolicy, TurnSoFar, Wait

__all__ = ["due", "held"]

QUIET_AT_LIMIT_S = 0.7
"""At the time limit the candidate's sentence ends first; this much quiet is taken as its end."""
DISCONNECTED_PAUSES_S = 120.0
BACK_IN_ANSWER_S, BACK_IN_ANSWER_TIMES = 8.0, 3.0
"""Whoever was taken out of an answer may need so long, after Melvin's welcome, to find its thread again: at least this,
and so many times what the words so far would be waited for otherwise (so 18.6 s in mid-sentence, at normal pace)."""
WAITS_SHOWN_AFTER_S, WAITS_SHOWN_FOR_S = 2.0, 1.0
"""Who is done is told after so much silence how to say so, where Melvin waits on for that long at least."""
HELD_FROM_S = 0.5
"""Pauses from here on are told in the log when the candidate goes on after them."""


def due(state: State, policy: TurnPolicy) -> list[Action]:
    """What time alone brings about. Called after every event, so a tick is only one more chance to look."""
    state.decides_at = None
    if state.finished or state.paused:
        return []
    if not state.connected:
        lost = state.greet_at is not None and state.at - state.disconnected_at >= state.samples(DISCONNECTED_PAUSES_S)
        return pause(state, CONNECTION_LOST, ()) if lost else []
    if state.saying is not None:
        return barge_in(state)
    if state.cut is not None:
        return after_cut(state, state.cut)
    if state.confirming:
        return confirm_lapsed(state)
    if state.greet_at is not None and not state.greeted:
        return greet(state) if state.at >= state.greet_at else []
    answer = state.current
    if answer is None or answer.status is not None:
        return []
    if state.moment_until is not None:
        if state.at < state.moment_until:
            return []
        state.moment_until = None
        state.quiet_from = state.at
        return [Decided(Decision.MOMENT_OVER, "the moment asked for is over"), *_going_on(state, policy, answer)]
    return _going_on(state, policy, answer)


def _going_on(state: State, policy: TurnPolicy, answer: AnswerSoFar) -> list[Action]:
    out = time_limit(state, answer)
    in_speech = state.speaking and not state.typing_now
    if out or (in_speech and not state.time_up):  # no turn ends, and nobody is waited for, in mid-speech
        return out
    return turn_over(state, policy, answer) or patience(state, answer)


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
    if state.time_up and state.over_asked_at is not None:
        return []
    if state.over_asked_at is None:
        state.over_asked_at = state.at
    state.time_up = True
    facts = {"used_s": round(answer.used / RATE, 1), "limit_s": round(answer.granted / RATE, 1)}
    return [Decided(Decision.TIME_UP, "the time for this question is up", facts)]


def turn_over(state: State, policy: TurnPolicy, answer: AnswerSoFar) -> list[Action]:
    """Close the turn where the candidate said so, the time is up, or the policy's silence has passed."""
    asked_at = state.over_asked_at
    if asked_at is None and (state.typing_now or not (_fresh(state, answer) or state.open_segments)):
        return []
    since = max(state.silent_from, asked_at or 0)
    if state.open_segments:
        if state.at - since < RECOGNITION_GIVEN_UP_S * RATE:
            return []
        state.open_segments.clear()
        answer.unheard = True
        if asked_at is None and state.speech_end > max(state.listen_from, state.back_at):
            state.over_asked_at = state.at
        return [Decided(Decision.NO_WORDS, f"no words came back for {RECOGNITION_GIVEN_UP_S:.0f} s")]
    decide_at = since
    wait = None
    if asked_at is None:
        wait = _wait(state, policy, answer)
        decide_at += state.samples(wait.wait_s)
        if state.not_gone_on_yet:
            patience_s = max(BACK_IN_ANSWER_S, BACK_IN_ANSWER_TIMES * wait.wait_s)
            decide_at = max(decide_at, max(state.back_at, state.spoke_until) + state.samples(patience_s))
        if state.at < decide_at:
            state.decides_at = decide_at
            return _waits(state, policy, wait, decide_at)
    if not answer.coverage_is_current and state.at - decide_at < state.script.limits.decide_wait_s * RATE:
        return []
    why = "silence" if wait is not None else "the time is up" if state.time_up else "the candidate asked"
    facts = _silence_facts(state, policy, wait, (state.at - since) / RATE)
    return [Decided(Decision.TURN_OVER, why, facts), *end_turn(state, answer)]


def _waits(state: State, policy: TurnPolicy, wait: Wait, decide_at: int) -> list[Action]:
    """Once in a silence that is waited out for long: the page says so."""
    silence = state.at - state.silent_from
    soon = decide_at - state.at < WAITS_SHOWN_FOR_S * RATE
    if silence < WAITS_SHOWN_AFTER_S * RATE or soon or state.waits_from == state.silent_from:
        return []
    state.waits_from = state.silent_from
    facts = _silence_facts(state, policy, wait, silence / RATE)
    return [Decided(Decision.WAITS, "these may not be the last words", facts)]


def held(state: State, policy: TurnPolicy, began: int) -> list[Action]:
    """The candidate speaks again, from ``began`` on: what the policy waited for, where that is worth telling."""
    answer = state.current
    if answer is None or state.saying is not None or state.typing_now or not _fresh(state, answer):
        return []
    if state.not_gone_on_yet:
        return []  # they were away, and waited for nothing
    silence_s = (began - max(state.speech_end, state.listen_from)) / RATE
    if silence_s < HELD_FROM_S:
        return []
    facts = _silence_facts(state, policy, _wait(state, policy, answer), silence_s)
    return [Decided(Decision.TURN_HELD, "the candidate went on", facts)]


def _wait(state: State, policy: TurnPolicy, answer: AnswerSoFar) -> Wait:
    """The policy's word on the turn so far, asked again only when something it rests on has changed."""
    rests_on = (
        answer.question.id,
        answer.prompt_from,
        len(answer.segments),
        answer.wordless,
        state.pace,
        state.learned,
    )
    if state.waits is None or state.waits[0] != rests_on:
        state.waits = (rests_on, policy.wait(_turn_so_far(state, answer)))
    return state.waits[1]


def _turn_so_far(state: State, answer: AnswerSoFar) -> TurnSoFar:
    spoken = [s for s in answer.since_prompt if not s.typed]
    return TurnSoFar(
        " ".join(s.text for s in spoken),
        sum(s.end - s.start for s in spoken) / RATE,
        state.pace,
        tuple(state.pauses),
        state.script.language,
        spoken[-1].finality if spoken else None,
        answer.wordless / RATE,
    )


def _silence_facts(
    state: State, policy: TurnPolicy, wait: Wait | None, silence_s: float
) -> dict[str, str | int | float | None]:
    facts: dict[str, str | int | float | None] = {"silence_s": round(silence_s, 2), "policy": policy.name}
    if wait is not None:
        facts |= {
            "limit_s": round(wait.wait_s * state.script.accommodation, 2),
            "cue": wait.cue.value,
            "pace": state.pace.value,
            "learned_s": None if wait.learned_s is None else round(wait.learned_s, 2),
            "pauses": len(state.pauses),
        }
        if wait.finality is not None:
            facts["finality"] = round(wait.finality, 2)
    return facts


def _fresh(state: State, answer: AnswerSoFar) -> bool:
    since = len(answer.segments) - answer.prompt_from
    return since > 0 and any(s.end > state.listen_from for s in answer.since_prompt)


def patience(state: State, answer: AnswerSoFar) -> list[Action]:
    """Silence is met with a gentle offer, three at most, then the interview pauses and the link stays good."""
    if state.speaking or state.open_segments or state.typing_now or _fresh(state, answer):
        return []
    limits = state.script.limits
    quiet = state.at - state.quiet_from
    if quiet >= state.samples(limits.pause_after_s):
        return pause(state, "nothing was heard for some time", state.phrase("pause"))
    if state.offers < len(limits.offers_after_s) and quiet >= state.samples(limits.offers_after_s[state.offers]):
        state.offers += 1
        return say(state, SayKind.PHRASE, state.phrase(f"offer-{state.offers}"), Then.RETURN)
    return []
