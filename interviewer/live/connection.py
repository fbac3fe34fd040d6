"""One peer connection of one page, bound to the interview that outlives it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.live.placement import Placement
from interviewer.live.session import InterviewSession
from interviewer.media.audio_in import AudioBlock
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from interviewer.media.recording import Recorder, RecordingError

__all__ = ["Connection", "Recorders"]

JOIN_WITHIN_S = 30.0
"""A page that has not said hello by then has given this connection up."""

log = structlog.get_logger(__name__)


class Recorders:
    """Both sides of one interview's recording. Sound that cannot be kept (a full disk) ends no interview: it is logged
    once, what is said is still heard and transcribed, and recording goes on when it can."""

    def __init__(self, candidate: Recorder, melvin: Recorder) -> None:
        self._candidate = candidate
        self._melvin = melvin
        self._failing = False

    def candidate(self, start: int, samples: NDArray[np.int16]) -> None:
        self._write(self._candidate, start, samples)

    def melvin(self, start: int, samples: NDArray[np.int16]) -> None:
        self._write(self._melvin, start, samples)

    def _write(self, recorder: Recorder, start: int, samples: NDArray[np.int16]) -> None:
        try:
            recorder.write(start, samples)
        except RecordingError as error:
            if not self._failing:
                log.error("sound is not being recorded", error=str(error))
            self._failing = True
        else:
            self._failing = False

    async def close(self) -> None:
        """Everything is on the disk when it returns. That can take a slow disk seconds, in which other interviews go
        on, and asyncio's own threads are aiortc's."""
        with_disk = ThreadPoolExecutor(1, "close recording")
        for recorder in (self._candidate, self._melvin):
            await asyncio.get_running_loop().run_in_executor(with_disk, recorder.close)
        with_disk.shutdown(wait=False)


class Connection:
    """A page's link by data channel, with sound both ways.

    Sound is placed by RTP time (see ``placement``), whatever time it took on its way.
    """

    def __init__(self, session: InterviewSession, recorders: Recorders, tab: str) -> None:
        self._session = session
        self._recorders = recorders
        self._tab = tab
        self._peer: Peer | None = None
        self._placement = Placement()
        self._opened = time.monotonic()
        self._was_current = False

    async def open(self, sdp: str, options: PeerOptions) -> str:
        """The SDP answer. Raises ``BadOffer``."""
        handlers = PeerHandlers(on_audio=self._on_audio, on_message=self._on_message, on_state=self._on_state)
        self._peer = await Peer.answer(sdp, options, handlers)
        speaker = self._peer.speaker
        speaker.on_finished = self._session.speaking.on_speaker_finished
        speaker.on_reached = self._session.speaking.on_speaker_reached
        speaker.on_played = self._on_played
        return self._peer.local_sdp

    def send(self, message: dict[str, Any]) -> bool:
        return self._peer is not None and self._peer.send(message)

    async def close(self) -> None:
        if self._peer is not None:
            await self._peer.close()

    @property
    def current(self) -> bool:
        return self._session.links.current is self

    @property
    def settled(self) -> bool:
        """Never became current in time, or no longer is: nothing is lost by closing it."""
        return not self.current and (self._was_current or time.monotonic() - self._opened > JOIN_WITHIN_S)

    def _on_message(self, message: Mapping[str, Any]) -> None:
        if not self.current and message.get("t") == "hello" and self._peer is not None:
            self._session.lost()  # an older page, or the same one before its connection was renewed
            self._session.links.take(self, self._tab)
            self._was_current = True
            self._session.speaking.attach(self._peer.speaker)
        self._session.receive(self, message)

    def _on_audio(self, block: AudioBlock) -> None:
        if not self.current or self._session.conversation.finished or self._session.conversation.paused:
            return
        for start, samples in self._placement.place(self._session.clock.now(), block.start, block.samples):
            self._recorders.candidate(start, samples)
            self._session.hear(start, samples)

    def _on_played(self, at: float, samples: NDArray[np.int16]) -> None:
        if self.current:
            self._recorders.melvin(self._session.clock.at(at), samples)

    def _on_state(self, state: str) -> None:
        log.info("connection", interview=self._session.id, state=state)
        if not self.current:
            return
        if state == "closed":
            self._session.speaking.attach(None)
            self._session.lost()
            self._session.links.drop(self)
        elif state == "disconnected":
            self._session.lost()  # the peer may come back by itself; the link stays until it is closed
        else:
            self._session.back()
