"""What the candidate asks for, by button or aloud, and what Melvin does about it.

A spoken request is taken only from a silent candidate who was not in the middle of a sentence. Its words are marked
(``Requested``) and belong to no answer. "Stop the interview" is asked back, aloud and on the page, before it ends.
"""

from __future__ import annotations

from interviewer.conversation.actions import Action, Decided, Decision, Requested, SayKind
from interviewer.conversation.asking import Ask
from interviewer.conversation.barge_in import still_speaks
from interviewer.conversation.cues import Cue, cue_of
from interviewer.conversation.events import Button, Heard
from interviewer.conversation.moves import (
    ask_next,
    close_all,
    greet,
    move_on,
    pause,
    resume,
    say,
    say_phrase,
    say_prompt,
    skip,
    stop_saying,
)
from interviewer.conversation.script import RATE
from interviewer.conversation.state import State, Then

__all__ = ["confirm_lapsed", "pressed", "requested"]

MID_SENTENCE_S = 2.5
"""After an unfinished sentence a request within this time is a part of it ("he said: | stop the interview"); after a
longer silence the thought was given up."""
CONFIRM_WAIT_S = 15.0
"""Melvin has asked whether to end: with no answer for this long the interview goes on. Words that have not come back by
then never will."""

_BUTTONS = {Ask.REPEAT: Button.REPEAT, Ask.SKIP: Button.SKIP, Ask.MOMENT: Button.MOMENT, Ask.DONE: Button.DONE}


def requested(state: State, event: Heard) -> list[Action] | None:
    """What follows where the words of ``event`` are a request; None where they are not."""
    if state.finished or state.paused or state.speaking or state.open_segments:
        return None
    if state.saying is not None and state.saying.then is Then.FINISH and not state.saying.leads_in:
        return None
    ask = state.asking.find(event.text, asked_back=state.confirming)
    if ask is None or _mid_sentence(state, event):
        return None
    state.quiet_from = max(state.quiet_from, event.end)
    state.offers = 0
    facts = {"request": ask.value, "segment": event.segment}
    marked: list[Action] = [
        Requested(event.segment, ask),
        Decided(Decision.REQUEST, "the whole of what was said asks for it", facts),
    ]
    return [*marked, *_carried_out(state, ask)]


def _mid_sentence(state: State, event: Heard) -> bool:
    answer = state.current
    spoken = [s for s in answer.since_prompt if not s.typed] if answer else []
    if not spoken or event.start - spoken[-1].end > MID_SENTENCE_S * RATE or spoken[-1].end < state.spoke_until:
        return False
    text = " ".join(s.text for s in spoken)
    speech_s = sum(s.end - s.start for s in spoken) / RATE
    return cue_of(text, speech_s, state.script.language) in (Cue.OPEN, Cue.UNFINISHED)


def _carried_out(state: State, ask: Ask) -> list[Action]:
    if state.confirming:
        if ask in (Ask.CONFIRM, Ask.STOP):
            return _end(state)
        if ask is Ask.DECLINE:
            return _keep_going(state)
        if ask is Ask.REPEAT:
            return _ask_back(state)
        state.confirming = False  # they ask for something else: so it goes on
    if ask is Ask.STOP:
        return _ask_back(state)
    answer = state.current
    if answer is None:  # into the greeting
        return greet(state) if ask in (Ask.REPEAT, Ask.REPHRASE) and not state.greeted else []
    if ask is Ask.REPHRASE:
        other = not answer.probes and answer.question.rephrase != answer.question.text
        answer.rephrased = answer.rephrased or other
        answer.repeats += 1
        state.listen_anew()
        return say_prompt(state, state.phrase("rephrase" if other else "repeat"))
    return pressed(state, _BUTTONS[ask])


def pressed(state: State, button: Button) -> list[Action]:
    if button is Button.END:
        return _end(state)
    if button is Button.RESUME:
        return resume(state)
    if button is Button.KEEP:
        return _keep_going(state) if state.confirming else []
    if button is Button.PAUSE and state.confirming:
        return pause(state, "asked by the candidate", ())
    answer = state.current
    if state.paused or answer is None or not state.greeted:
        return []
    said = state.saying or state.cut
    if said is not None and said.then is Then.FINISH and not said.leads_in:
        return []
    state.confirming = False
    if said is not None and said.insists and said.upcoming is not None:  # the time of the last question is up
        return [*move_on(state), *(pressed(state, button) if button is Button.PAUSE else [])]
    match button:
        case Button.DONE:
            asks = said is not None and (said.upcoming is not None or not (answer.probes or answer.segments))
            if asks:
                return []  # the question itself is still being asked, or the turn is over already
            state.over_asked_at = state.at
            state.moment_until = None
            return stop_saying(state)
        case Button.REPEAT:
            answer.repeats += 1
            state.listen_anew()
            return say_prompt(state, state.phrase("repeat"))
        case Button.SKIP:
            over = said is not None and said.upcoming is not None
            return [*stop_saying(state), *skip(state, answer, for_good=over)]
        case Button.MOMENT:
            asks = state.saying is not None and state.saying.upcoming is None
            state.listen_anew()
            state.moment_until = state.at + state.samples(state.script.limits.moment_s)
            return [] if asks else say_phrase(state, "moment")
        case Button.PAUSE:
            return pause(state, "asked by the candidate", ())
    return []


def _ask_back(state: State) -> list[Action]:
    out = [*move_on(state), *say(state, SayKind.PHRASE, state.phrase("confirm-end"), Then.CONFIRM)]
    state.confirming = True
    state.listen_anew()
    state.moment_until = None
    return out


def _keep_going(state: State) -> list[Action]:
    state.confirming = False
    state.listen_anew()
    if state.current is not None:
        return say_prompt(state, state.phrase("resume"))
    return ask_next(state, ()) if state.greeted else greet(state)


def confirm_lapsed(state: State) -> list[Action]:
    """Nobody has said yes: the interview goes on."""
    if still_speaks(state):
        return []
    quiet = state.at - max(state.quiet_from, state.speech_end)
    if quiet < state.samples(CONFIRM_WAIT_S):
        return []
    facts = {"quiet_s": round(quiet / RATE, 1)}
    return [Decided(Decision.CONFIRM, "no answer: the interview goes on", facts), *_keep_going(state)]


def _end(state: State) -> list[Action]:
    state.ending = "ended by the candidate"
    state.paused = state.confirming = False
    return [*close_all(state), *say(state, SayKind.PHRASE, state.phrase("ended-early"), Then.FINISH)]
