"""A page's end of the connection, played by aiortc: microphone, loudspeaker and control channel."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

FRAME = 960


class Microphone(MediaStreamTrack):
    """Sends ``sound`` (48 kHz mono) in real time from the first frame asked for, then silence. ``drop`` names frames
    that are left out, as if they were never recorded: the RTP time goes on."""

    kind = "audio"

    def __init__(self, sound: npt.NDArray[np.int16]) -> None:
        super().__init__()
        self._sound = sound
        self._tick = 0
        self._start: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._tick * 0.02 - loop.time()))
        piece = self._sound[self._tick * FRAME : (self._tick + 1) * FRAME]
        frame = AudioFrame.from_ndarray(np.pad(piece, (0, FRAME - len(piece)))[np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._tick * FRAME, Fraction(1, 48_000)
        self._tick += 1
        return frame


class Page:
    """``async with Page(sound) as page``; then ``offer``, ``accept``. ``heard`` is Melvin (48 kHz mono)."""

    def __init__(
        self,
        sound: npt.NDArray[np.int16] | None,
        label: str = "control",
        configuration: RTCConfiguration | None = None,
    ) -> None:
        self.connection = RTCPeerConnection(configuration or RTCConfiguration(iceServers=[]))
        if sound is None:
            self.connection.addTransceiver("audio", direction="recvonly")
        else:
            self.connection.addTrack(Microphone(sound))
        self.channel = self.connection.createDataChannel(label)
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.channel.on("message", self.messages.put_nowait)
        self.opened = asyncio.Event()
        self.channel.on("open", self.opened.set)
        self.heard: list[npt.NDArray[np.int16]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.connection.on("track", lambda track: self._tasks.append(asyncio.create_task(self._listen(track))))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            self.heard.append(frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0])

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def __aenter__(self) -> Page:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()
        for task in self._tasks:
            task.cancel()


async def until(condition: Any, seconds: float = 30.0) -> None:
    """Wait for ``condition()`` to be true; fails the test when it is not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is any condition at all
            await asyncio.sleep(0.02)
