"""Transcripts for other programs: WebVTT with named voices (W3C WebVTT). JSON is ``Transcript.to_dict``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from scoring.correction import corrected, spread
from scoring.transcript import Mode, Side, Transcript, Turn, Word

__all__ = ["webvtt"]

LONGEST_CUE = 7.0  # seconds
MOST_LETTERS = 160  # in a cue; about what is read in that time
TYPED_LETTERS_PER_SECOND = 20  # typed text has no times of its own: cues pass at an easy reading speed
PAUSE = 1.5  # seconds without a word that end a cue

_VOICES = {Side.MELVIN: "Melvin", Side.CANDIDATE: "Candidate"}


def webvtt(transcript: Transcript, note: Mapping[str, object] | None = None) -> str:
    """A WebVTT file: ``note`` as a comment block at the top, cues of at most 7 s in order of time, text escaped."""
    blocks = ["WEBVTT"]
    if note:
        blocks.append("NOTE\n" + "\n".join(f"{_plain(key)}: {_plain(value)}" for key, value in note.items()))
    cues = [cue for turn in transcript.turns if turn.text.strip() for cue in _cues(turn)]
    for start, end, side, text in sorted(cues, key=lambda cue: cue[0]):
        blocks.append(f"{_time(start)} --> {_time(end)}\n<v {_VOICES[side]}>{_escaped(text)}")
    return "\n\n".join(blocks) + "\n"


def _cues(turn: Turn) -> Iterator[tuple[float, float, Side, str]]:
    held: list[Word] = []
    for word in _timed(turn):
        if held and (
            word.end - held[0].start > LONGEST_CUE
            or word.start - held[-1].end > PAUSE
            or sum(len(w.text) + 1 for w in held) + len(word.text) > MOST_LETTERS
        ):
            yield _cue(turn.side, held)
            held = []
        held.append(word)
    if held:
        yield _cue(turn.side, held)


def _cue(side: Side, held: list[Word]) -> tuple[float, float, Side, str]:
    start = held[0].start
    # A cue must end after it starts, and a recogniser may stretch one word over a long silence.
    end = min(max(held[-1].end, start + 0.1), start + LONGEST_CUE)
    return start, end, side, " ".join(w.text.strip() for w in held)


def _timed(turn: Turn) -> list[Word]:
    """The words of the turn's text with times: the recognised ones where there are any, else spread over the turn."""
    tokens = turn.text.split()
    if turn.words:
        return list(corrected(turn, turn.text).words)
    if turn.mode is Mode.TYPED:
        return spread(tokens, turn.start, turn.start + len(turn.text) / TYPED_LETTERS_PER_SECOND)
    return spread(tokens, turn.start, turn.end)


def _time(seconds: float) -> str:
    milliseconds = max(0, math.floor(seconds * 1000 + 0.5))
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(value: object) -> str:
    """One line without the arrow, which would end a comment."""
    return " ".join(str(value).split()).replace("-->", "->")
