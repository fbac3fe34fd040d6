"""The candidate's sound: decoded frames at 48 kHz become 16 kHz mono blocks, placed by RTP time.

packets    1  2  3  .  5  6        4 was lost
start      0 320 640 - 1280 1600   the gap is a jump in start, never a shift of what follows
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog
from av import AudioFrame

from interviewer.media.decimator import FACTOR, Decimator

__all__ = ["AudioBlock", "AudioPlacer"]

RATE = 16_000
AHEAD_S = 10.0
"""RTP time may run ahead of real time, as counted from the first frame, by this much: a busy machine that took that
frame late is ahead by as much ever after. Further, and the sender's clock is not believed."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class AudioBlock:
    """``start``: samples at 16 kHz since this peer's first packet. ``samples``: mono int16 at 16 kHz."""

    start: int
    samples: npt.NDArray[np.int16]


class AudioPlacer:
    """Give it every frame; it hands on blocks whose positions never go back."""

    def __init__(self, hand_on: Callable[[AudioBlock], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hand_on = hand_on
        self._monotonic = monotonic
        self._decimator = Decimator()
        self._offset = 0  # added to the sender's clock, in samples at 48 kHz
        self._expected: int | None = None  # where the next frame belongs, at 48 kHz
        self._position = 0  # where the next block begins, at 16 kHz
        self._first = 0.0
        self._jumps = 0

    def place(self, frame: AudioFrame) -> None:
        """A frame with its RTP time in ``pts`` (48 kHz). Frames that come after their turn are dropped."""
        mono = _mono(frame)
        at = int(frame.pts or 0) + self._offset
        now = self._monotonic()
        if self._expected is None:
            self._first, self._offset, at, self._expected = now, -at, 0, 0
        if self._expected > self._latest(now):
            return  # sound that comes faster than anybody speaks
        if at != self._expected:
            placed = self._jump(at, self._expected, now)
            if placed is None:
                return
            at = placed
        self._expected = at + len(mono)
        self._give(self._decimator.push(mono))

    def finish(self) -> None:
        """The last samples that the filter held."""
        self._give(self._decimator.flush())

    def _jump(self, at: int, expected: int, now: float) -> int | None:
        """Where a frame goes that does not follow the last one; None where it is to be dropped."""
        latest = self._latest(now)
        if at > latest or at < expected - latest:
            # The sender's clock began anew, or lies: go on from real time, so that no recording grows by hours.
            believed = max(expected, round((now - self._first) * RATE * FACTOR))
            self._jumps += 1
            if self._jumps in (1, 10, 100, 1000):
                log.warning("rtp time jumped", seconds=round((at - expected) / (RATE * FACTOR), 1), times=self._jumps)
            self._offset += believed - at
            at = believed
        if at < expected:
            return None
        self._give(self._decimator.flush())
        # A stretch begins on a whole sample at 16 kHz. Opus frames are multiples of 2.5 ms, so this rounds nothing.
        self._position = max(self._position, round(at / FACTOR))
        return at

    def _latest(self, now: float) -> int:
        return round((now - self._first + AHEAD_S) * RATE * FACTOR)

    def _give(self, samples: npt.NDArray[np.int16]) -> None:
        if len(samples):
            self._hand_on(AudioBlock(self._position, samples))
            self._position += len(samples)


def _mono(frame: AudioFrame) -> npt.NDArray[np.int16]:
    """The mean of all channels of a packed 16-bit frame."""
    if frame.format.name != "s16" or frame.sample_rate != RATE * FACTOR:
        raise ValueError(f"expected 16-bit sound at 48 kHz, not {frame.format.name} at {frame.sample_rate}")
    channels = frame.layout.nb_channels
    samples = np.asarray(frame.to_ndarray(), np.int16).reshape(-1, channels)
    if channels == 1:
        return samples[:, 0]
    mean: npt.NDArray[np.int16] = (samples.astype(np.int32).sum(axis=1) // channels).astype(np.int16)
    return mean
