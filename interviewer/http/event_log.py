"""The event log in plain words, for reviewers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from interviewer.conversation.script import RATE
from interviewer.http.spoken_text import clock

__all__ = ["ShownEvent", "in_words"]

Body = Mapping[str, Any]

_BUTTONS = {
    "done": "I'm done",
    "repeat": "Repeat",
    "skip": "Skip for now",
    "moment": "I need a moment",
    "resume": "Go on",
    "pause": "Pause",
    "end": "End",
    "keep": "Keep going",
}


@dataclass(frozen=True, slots=True)
class ShownEvent:
    seq: int
    time: str
    words: str
    kind: str


def in_words(seq: int, at: int, kind: str, body: Body, titles: Mapping[str, str]) -> ShownEvent:
    """One event as a sentence. ``at``: samples at 16 kHz; ``titles``: question id to title. A kind that this version
    does not know is shown by its name."""
    describe = _WORDS.get(kind)
    words = describe(body, titles) if describe else kind.replace("-", " ").capitalize()
    decided = [_decision(d) for d in body.get("decided") or () if isinstance(d, Mapping)]
    return ShownEvent(seq, clock(at / RATE), ". ".join([words, *decided]), kind)


def _decision(decided: Body) -> str:
    """Why: "Turn over: silence (1.7 s, of 1.6 s that he waits; complete sentence, normal pace)"."""
    words = f"{str(decided.get('what')).replace('-', ' ').capitalize()}: {decided.get('why')}"
    if "silence_s" not in decided:
        return words
    limit = f", of {decided['limit_s']} s that he waits" if "limit_s" in decided else ""
    cue = f"; {decided.get('cue')} sentence, {decided.get('pace')} pace" if "cue" in decided else ""
    return f"{words} ({decided['silence_s']} s{limit}{cue})"


def _title(body: Body, titles: Mapping[str, str]) -> str:
    question_id = str(body.get("question_id") or "")
    return f"“{titles.get(question_id, question_id)}”" if question_id else "no question"


def _connected(body: Body, _: Mapping[str, str]) -> str:
    return "The candidate's page connected" + (" with a microphone" if body.get("audio") else " without a microphone")


def _heard(body: Body, titles: Mapping[str, str]) -> str:
    words = len(str(body.get("text") or "").split())
    heard = "nothing that was understood" if not words else "one word" if words == 1 else f"{words} words"
    return f"Heard {heard}, for {_title(body, titles)}"


def _covered(body: Body, titles: Mapping[str, str]) -> str:
    points = len(body.get("key_points") or ())
    counted = "no key point" if not points else "1 key point" if points == 1 else f"{points} key points"
    return f"{counted[0].upper()}{counted[1:]} covered so far, for {_title(body, titles)}"


def _pressed(body: Body, _: Mapping[str, str]) -> str:
    return f"Pressed “{_BUTTONS.get(str(body.get('button')), str(body.get('button')))}”"


def _typed(body: Body, titles: Mapping[str, str]) -> str:
    return f"Typed {len(str(body.get('text') or '')):,} characters, for {_title(body, titles)}"


_WORDS: dict[str, Callable[[Body, Mapping[str, str]], str]] = {
    "abandoned": lambda b, t: "The link had expired and nobody had come back: the interview was closed as it stood",
    "connected": _connected,
    "disconnected": lambda b, t: "The connection to the candidate's page was lost",
    "speech-started": lambda b, t: "The candidate began to speak",
    "speech-ended": lambda b, t: "The candidate stopped speaking",
    "heard": _heard,
    "covered": _covered,
    "saying-reached": lambda b, t: (
        "Melvin began to speak" if not b.get("part") else "Melvin went on to his next sentence"
    ),
    "saying-ended": lambda b, t: "Melvin was cut short" if b.get("cut") else "Melvin finished speaking",
    "pressed": _pressed,
    "pace-chosen": lambda b, t: f"Asked Melvin to wait at a {b.get('pace')} pace",
    "mode-changed": lambda b, t: "Changed to typing" if b.get("typing") else "Changed to speaking",
    "draft": lambda b, t: f"Was typing, for {_title(b, t)}",
    "typed": _typed,
    "tick": lambda b, t: "A time limit or pause had its effect",
}
