"""What one answer came to, from when the candidate's voice sounded and when Melvin was heard, on one clock.

::

    candidate  ▆▆▆▆▆▆▁▁▁▁▁▁▁▆▆▆▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁▁
                     ├pause┤        ├ gap ┤
    Melvin     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▆▆▆▆▆
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tests.clips import RATE

__all__ = ["ROUNDING_S", "Mark", "Outcome", "Reply", "Sound", "Spoken", "outcome", "reply", "silences", "speech_level"]

Mark = Literal["asked", "interrupted", "heard"]
"""What a bot's own log tells, in order: it decided to put its next question, fell silent in mid-question, or got the
words of a stretch of speech."""

Pcm = npt.NDArray[np.int16]

FRAME = RATE // 100
WITHIN = 0.1
"""20 dB below the speech level: what is softer than this is silence."""
LONG_PAUSE_S = 1.0
ROUNDING_S = 0.02
"""Pauses are counted in frames of 10 ms: one of exactly a second may come out a frame short at either end."""
ON_ITS_WAY_S = 0.3
"""A reply heard this soon after the voice went on was decided on in the pause."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Seconds."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer's voice, in seconds from its first sample. ``pauses`` of a second or more lie between ``begin`` and
    ``end``, the last sample of speech; ``longest_silence_s`` counts short ones too."""

    begin: float
    end: float
    pauses: tuple[Sound, ...]
    longest_silence_s: float

    @classmethod
    def of(cls, pcm: Pcm, level: float) -> Spoken:
        """Of 16 kHz mono sound; ``level``: that of the recording, before silences were put in."""
        inner = silences(pcm, level)
        voiced = _voiced(pcm, level)
        return cls(
            _seconds(voiced[0]),
            _seconds(voiced[-1] + 1),
            tuple(s for s in inner if s.end - s.begin >= LONG_PAUSE_S - ROUNDING_S),
            max((s.end - s.begin for s in inner), default=0.0),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """``gap_s`` is None where Melvin came in before the end, or not at all. ``cut``: one flag for each pause of a
    second or more. ``cut_elsewhere``: sounds that began in shorter pauses or over the voice."""

    gap_s: float | None
    cut: tuple[bool, ...]
    cut_elsewhere: int
    replied: bool

    @property
    def clean(self) -> bool:
        return not any(self.cut) and not self.cut_elsewhere


@dataclass(frozen=True, slots=True)
class Reply:
    """To an answer whose speaker then kept silent. ``restarted``: it was broken off, or another was put after it.
    ``early``: words of the answer came only after it had been decided on."""

    restarted: bool
    early: bool


def reply(marks: Sequence[Mark]) -> Reply:
    """``marks``: from the answer's last sample of speech until the bot had fallen silent again."""
    if "asked" not in marks:
        return Reply(False, False)
    after = marks[marks.index("asked") + 1 :]
    return Reply("asked" in after or "interrupted" in after, "heard" in after)


def speech_level(pcm: Pcm) -> float:
    """The 95th percentile of the root mean square of 10 ms frames."""
    return float(np.percentile(_rms(pcm), 95))


def silences(pcm: Pcm, level: float) -> list[Sound]:
    """Stretches without voice between its first and its last frame."""
    voiced = _voiced(pcm, level)
    edges = np.flatnonzero(np.diff(voiced) > 1)
    return [Sound(_seconds(voiced[i] + 1), _seconds(voiced[i + 1])) for i in edges]


def _seconds(frames: np.intp | int) -> float:
    return int(frames) * FRAME / RATE


def _voiced(pcm: Pcm, level: float) -> npt.NDArray[np.intp]:
    return np.flatnonzero(_rms(pcm) > level * WITHIN)


def _rms(pcm: Pcm) -> npt.NDArray[np.float64]:
    frames = pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def outcome(spoken: Spoken, at: float, heard: Sequence[Sound]) -> Outcome:
    """``at``: when the answer's first sample went out, on the clock of ``heard``."""
    begun = [s.begin - at for s in heard]
    within = [b for b in begun if spoken.begin < b <= spoken.end]
    in_pause = {b: i for b in within for i, p in enumerate(spoken.pauses) if p.begin < b <= p.end + ON_ITS_WAY_S}
    still_on = any(s.begin - at <= spoken.end < s.end - at for s in heard)
    after = [b for b in begun if b > spoken.end]
    clean_end = not still_on and not within
    return Outcome(
        after[0] - spoken.end if after and clean_end else None,
        tuple(i in in_pause.values() for i in range(len(spoken.pauses))),
        sum(b not in in_pause for b in within),
        bool(after) or still_on,
    )
