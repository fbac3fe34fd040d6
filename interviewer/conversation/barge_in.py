"""The candidate speaks while Melvin does: he stops, finds out what it was, and goes on or gives the turn away.

    Melvin     ▆▆▆▆▆▆▆▆▆|fade                     ▆▆▆▆▆▆▆   the cut sentence from its beginning
    candidate       ▆▆▆▆▆▆                                  a cough: no word comes of it
                    ├0.5┤|◄──────── 2 s ────────►|

    Melvin     ▆▆▆▆▆▆▆▆▆|
    candidate       ▆▆▆▆▆▆▆▆▆▆▆▆▆▆                          words: an answer, or a request

Recording and recognition never stop. While Melvin has only acknowledged an answer, words go on with that answer.
"""

from __future__ import annotations

from interviewer.conversation.actions import Action, Decided, Decision
from interviewer.conversation.moves import say_again, stop_saying
from interviewer.conversation.script import RATE
from interviewer.conversation.state import Saying, State, Then

__all__ = [
    "BARGE_IN_S", "RECOGNITION_GIVEN_UP_S", "SAID_ALONG_WORDS", "after_cut", "barge_in", "given_up", "heard_into",
    "settle_echo", "still_speaks",
]  # fmt: skip

BARGE_IN_S = 0.5
"""Speech while Melvin speaks that stops him: longer than "mm-hm" and most coughs, shorter than anyone talks on for."""
RESUME_AFTER_S = 2.0
"""Quiet after an interruption before he goes on; who had begun to say something has gone on by then."""
ECHO_SETTLES_S = 3.0
"""A browser's echo canceller has to hear Melvin before it can take him out of the microphone's sound."""
SAID_ALONG_WORDS = 2
"""So few words ("mm-hm", "okay, sorry") are said along with Melvin and take no turn; they stay in the record."""
COUGHS_AT_MOST = 2
"""An utterance that was interrupted for nothing this often is said to its end: the room is loud, nobody is asking."""
RECOGNITION_GIVEN_UP_S = 10.0
"""As at the end of a turn: a recogniser that is silent for this long is taken to be dead."""
NOISE_S = 30.0
"""Sound without a pause for this long, and no word of it: a machine, or a microphone that went away in mid-speech."""
UNSAID_S = 30.0
UNSAID_PER_CHARACTER_S = 0.2
"""An utterance whose end is never told (its sound had nowhere to go) is over after this: three times as long as the
slowest voice takes, with room for making the sound."""


def settle_echo(state: State, saying: Saying) -> None:
    """The first sound of this connection begins."""
    if saying.utterance == state.first_of_connection:
        state.settled_from = state.at + round(ECHO_SETTLES_S * RATE)


def barge_in(state: State) -> list[Action]:
    """Stop Melvin once the candidate has spoken into his words for long enough."""
    saying = state.saying
    if saying is None or not state.speaking or state.speech_into != saying.utterance or not _may_cut(state, saying):
        return []
    if saying.sounds_from is None:
        return []  # he has not made a sound yet
    spoke_s = (state.at - max(state.speech_from, state.settled_from)) / RATE
    if spoke_s < BARGE_IN_S:
        return []
    saying.cut_from = state.speech_from
    out = stop_saying(state)
    state.cut = saying
    facts = {"utterance": saying.utterance, "part": saying.part, "speech_s": round(spoke_s, 2)}
    return [*out, Decided(Decision.INTERRUPTED, "the candidate speaks while Melvin does", facts)]


def _may_cut(state: State, saying: Saying) -> bool:
    if state.typing_now or saying.coughs >= COUGHS_AT_MOST:
        return False
    if saying.leads_in:
        return not saying.insists
    return saying.then is not Then.FINISH  # nothing follows it that words could be an answer to


def heard_into(state: State, end: int, text: str) -> list[Action]:
    """Words that end at ``end`` were recognised. If they are what interrupted Melvin, the turn is the candidate's."""
    cut = state.cut
    if cut is None or end <= cut.cut_from or len(text.split()) <= SAID_ALONG_WORDS or cut.then is Then.ASK:
        return []  # what is said into the greeting answers nothing
    state.cut = None
    why = "the answer goes on" if cut.upcoming is not None else "the candidate has the turn"
    return [Decided(Decision.YIELDED, why, {"utterance": cut.utterance, "part": cut.part})]


def after_cut(state: State, cut: Saying) -> list[Action]:
    """Nothing that means anything has been said: go on after a while."""
    if still_speaks(state):
        return []
    quiet_s = (state.at - max(state.speech_end, state.listen_from)) / RATE
    if state.open_segments:
        if quiet_s < RECOGNITION_GIVEN_UP_S:
            return []
        state.open_segments.clear()
        if state.current is not None:
            state.current.unheard = True
    if quiet_s < RESUME_AFTER_S * state.script.accommodation:
        return []
    facts = {"utterance": cut.utterance, "part": cut.part, "quiet_s": round(quiet_s, 2)}
    return [Decided(Decision.WENT_ON, "nothing was said that takes the turn", facts), *say_again(state, cut)]


def still_speaks(state: State) -> bool:
    """Whether the candidate is in mid-speech; what goes on for too long without a word is none."""
    return state.speaking and state.at - state.speech_from < NOISE_S * RATE


def given_up(state: State, saying: Saying) -> bool:
    """Whether the end of this utterance is long overdue."""
    since = (state.at - max(saying.said_at, saying.sounds_from or 0)) / RATE
    return since > UNSAID_S and since > UNSAID_S + UNSAID_PER_CHARACTER_S * sum(len(text) for text in saying.texts)
