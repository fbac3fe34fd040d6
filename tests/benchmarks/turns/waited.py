"""Ends of answers that a policy waits for: which they are, and what was made of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from interviewer.conversation.cues import Cue
from interviewer.conversation.pace import Pace
from interviewer.conversation.turns import TurnPolicy
from interviewer.conversation.waiting import FEW_WORDS
from tests.benchmarks.turns.endings import HeardPause
from tests.benchmarks.turns.points import answered_s, ends

__all__ = ["waited"]

LONG_S = 2.0
TAIL = 44


def waited(policy: TurnPolicy, pauses: Sequence[HeardPause], pace: Pace) -> Iterator[str]:
    """One line for each cause, and one for each end that is answered later than ``LONG_S`` after the voice."""
    every = [found for found in pauses if ends(found)]
    late = [(found, policy.wait(found.pause.turn).cue) for found in every if _gap_s(policy, found, pace) > LONG_S]
    yield f"{len(late)} of {len(every)} ends are answered more than {LONG_S:g} s after the voice"
    for folder in sorted({found.answer.clip.folder for found in every}):
        of = [found for found in every if found.answer.clip.folder == folder]
        yield f"  {folder}: {sum(found.answer.clip.folder == folder for found, _ in late)} of {len(of)}"
    causes = [_cause(policy, found, cue) for found, cue in late]
    yield "  because " + ", ".join(f"{causes.count(cause)} {cause}" for cause in sorted(set(causes)))
    for found, cue in late:
        turn, ending = found.pause.turn, found.ending
        tune = "" if ending is None or ending.tune is None else f", smart-turn {1 / (1 + np.exp(-ending.tune[0])):.2f}"
        heard = (
            "nothing heard" if ending is None else f"finality {turn.finality or 0.0:.2f}, mark {ending.mark:.2f}{tune}"
        )
        yield f"    {found.answer.name}: {_cause(policy, found, cue)}; {heard}; ...{turn.text[-TAIL:]}"


def _gap_s(policy: TurnPolicy, found: HeardPause, pace: Pace) -> float:
    return (answered_s(policy, found, pace) or 0.0) + found.late_s


def _cause(policy: TurnPolicy, found: HeardPause, cue: Cue) -> str:
    turn = found.pause.turn
    if turn.finality is None:
        return "no judgement of the sound"
    if cue is Cue.OPEN:
        return "the last word as heard cannot end a sentence"
    if turn.wordless_s:
        return "a sound without words came after the last word"
    if len(turn.text.split()) < FEW_WORDS:
        return "fewer than three words"
    if policy.wait(replace(turn, pauses=())).wait_s < policy.wait(turn).wait_s:
        return "the candidate's own pauses were long"
    return "it does not sound final enough"
