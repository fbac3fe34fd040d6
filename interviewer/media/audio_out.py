"""Melvin's sound on its way out: 20 ms frames at 48 kHz, paced by the monotonic clock, silence when he says nothing."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from interviewer.media.decimator import FACTOR, Decimator

__all__ = ["Speaker"]

RATE = 48_000
FRAME = 960
FRAME_S = FRAME / RATE
LATE_S = 0.1
"""A tick that is later than this is left out with all before it: the listener hears a pause, not a burst."""

Pcm = npt.NDArray[np.int16]


@dataclass(slots=True)
class _Utterance:
    """``sent`` counts samples at 48 kHz, ``told`` those at 16 kHz that ``on_played`` had, ``reached`` the marks."""

    number: int
    sound: Pcm
    marks: tuple[int, ...] = ()
    reached: int = 0
    sent: int = 0
    told: int = 0
    cut: bool = False
    decimator: Decimator = field(default_factory=Decimator)


class Speaker(MediaStreamTrack):
    """A track that plays utterances one after the other. All callbacks run on the event loop, between two frames.

    ``on_finished(utterance, cut)`` comes when the last sample has been played out, once for every utterance that was
    given, and with ``cut`` where it was stopped or the track ended. ``on_reached(utterance, mark)`` comes with the
    frame that holds one of its marks. ``on_played(at, samples)`` gives what was really sent, at 16 kHz mono; ``at`` is
    the moment of its first sample on ``time.monotonic``.
    """

    kind = "audio"

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.on_finished: Callable[[int, bool], None] = lambda utterance, cut: None
        self.on_reached: Callable[[int, int], None] = lambda utterance, mark: None
        self.on_played: Callable[[float, Pcm], None] = lambda at, samples: None
        self._monotonic = monotonic
        self._queued: deque[_Utterance] = deque()
        self._ending: _Utterance | None = None
        self._start: float | None = None
        self._tick = 0
        self.late_ticks = 0

    @property
    def playing(self) -> int | None:
        """The utterance that is heard now, or comes next."""
        return self._queued[0].number if self._queued else None

    def play(self, utterance: int, sound: Pcm, marks: tuple[int, ...] = ()) -> None:
        """Queue ``sound`` (48 kHz mono int16). It begins with the next frame after what is queued already. On a track
        that has ended it is finished, cut, at once. ``marks`` are samples of it, ascending."""
        if self.readyState != "live":
            self.on_finished(utterance, True)
            return
        self._queued.append(_Utterance(utterance, sound, marks))

    def stop(self, utterance: int | None = None) -> None:
        """With a number: fade that utterance out over the next 20 ms and leave the rest of it; nothing happens where it
        is not queued any more. Without: end the track, as aiortc does; what was queued is finished, cut."""
        if utterance is None:
            self._end()
            return
        for queued in self._queued:
            if queued.number == utterance:
                queued.cut = True
                queued.sound = queued.sound[: queued.sent + FRAME] if queued.sent else queued.sound[:0]
                if queued.sent:
                    tail = queued.sound[queued.sent :] * np.linspace(1.0, 0.0, len(queued.sound) - queued.sent)
                    queued.sound = np.concatenate([queued.sound[: queued.sent], tail.astype(np.int16)])

    def _end(self) -> None:
        if self.readyState != "live":
            return
        super().stop()
        ended, self._ending = self._ending, None
        queued = list(self._queued)
        self._queued.clear()
        if ended is not None:
            self.on_finished(ended.number, ended.cut)
        for unfinished in queued:
            self.on_finished(unfinished.number, True)

    async def recv(self) -> AudioFrame:
        """The next frame, when its time has come. aiortc's sender calls this."""
        if self.readyState != "live":
            raise MediaStreamError
        due = await self._wait()
        ended, self._ending = self._ending, None
        if ended is not None:
            self.on_finished(ended.number, ended.cut)
        frame = AudioFrame.from_ndarray(self._next(due)[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._tick * FRAME
        frame.time_base = Fraction(1, RATE)
        self._tick += 1
        return frame

    async def _wait(self) -> float:
        """Until the tick is due; returns its moment on the monotonic clock."""
        now = self._monotonic()
        if self._start is None:
            self._start = now
        due = self._start + self._tick * FRAME_S
        if now - due > LATE_S:
            missed = int((now - due) / FRAME_S)
            self.late_ticks += missed
            self._tick += missed
            due += missed * FRAME_S
        elif due > now:
            await asyncio.sleep(due - now)
            if self.readyState != "live":
                raise MediaStreamError
        return due

    def _next(self, due: float) -> Pcm:
        while self._queued:
            utterance = self._queued[0]
            piece = utterance.sound[utterance.sent : utterance.sent + FRAME]
            if not len(piece):  # nothing left, or nothing there at all
                self._queued.popleft()
                self.on_finished(utterance.number, utterance.cut)
                continue
            self._tell(utterance, due, piece)
            self._reach(utterance, utterance.sent + len(piece))
            utterance.sent += len(piece)
            if utterance.sent >= len(utterance.sound):
                self._ending = self._queued.popleft()
            return piece if len(piece) == FRAME else np.pad(piece, (0, FRAME - len(piece)))
        return np.zeros(FRAME, np.int16)

    def _reach(self, utterance: _Utterance, end: int) -> None:
        while utterance.reached < len(utterance.marks) and utterance.marks[utterance.reached] < end:
            utterance.reached += 1
            self.on_reached(utterance.number, utterance.reached - 1)

    def _tell(self, utterance: _Utterance, due: float, piece: Pcm) -> None:
        """``due`` is when ``piece`` begins to sound; the filter's output begins up to 1 ms before."""
        at = due - (utterance.sent / FACTOR - utterance.told) / (RATE // FACTOR)
        heard = utterance.decimator.push(piece)
        if utterance.sent + len(piece) >= len(utterance.sound):
            heard = np.concatenate([heard, utterance.decimator.flush()])
        utterance.told += len(heard)
        if len(heard):
            self.on_played(at, heard)
