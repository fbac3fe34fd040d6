"""A candidate behind a bad network: speaks by the clock, and makes a new connection when the old one is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from tests.media.page import FRAME, Page
from tests.media.relay import Relay

__all__ = ["Caller", "ClockedMicrophone"]

PING_S = 1.0
LOST_S = 3.0
"""As the candidate's page has it (connection.js)."""
AGAIN_S = 0.5
OPEN_S = 10.0


class Speech:
    """What the candidate says, by the clock, whether anybody listens or not. 48 kHz mono."""

    def __init__(self) -> None:
        self._sound: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._begins = 0.0

    def say(self, sound: npt.NDArray[np.int16]) -> float:
        """From now on; returns the moment of its end on the monotonic clock."""
        self._sound, self._begins = sound, time.monotonic()
        return self._begins + len(sound) / 48_000

    def at(self, moment: float) -> npt.NDArray[np.int16]:
        """The frame that begins at ``moment``; silence before and after what is said."""
        first = round((moment - self._begins) * 48_000)
        out = np.zeros(FRAME, np.int16)
        if -FRAME < first < len(self._sound):
            piece = self._sound[max(0, first) : first + FRAME]
            at = max(0, -first)
            out[at : at + len(piece)] = piece
        return out


class ClockedMicrophone(MediaStreamTrack):
    """``began``: the moment of its first frame on the monotonic clock, once that was asked for."""

    kind = "audio"

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._speech = speech
        self._tick = 0
        self.began = 0.0

    async def recv(self) -> AudioFrame:
        now = time.monotonic()
        if not self._tick:
            self.began = now
        due = self.began + self._tick * 0.02
        # A microphone has a sound only when it has been made.
        await asyncio.sleep(max(0.0, due + 0.02 - now))
        frame = AudioFrame.from_ndarray(self._speech.at(due)[np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._tick * FRAME, Fraction(1, 48_000)
        self._tick += 1
        return frame


class _DeafPage(Page):
    """Keeps nothing of what it hears."""

    def __init__(self, microphone: MediaStreamTrack) -> None:
        super().__init__(None)
        self.connection.getTransceivers()[0].sender.replaceTrack(microphone)
        self.connection.getTransceivers()[0].direction = "sendrecv"

    async def _listen(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()


class Caller:
    """``async with Caller(relay, signal) as caller``: connected, hello said. ``signal`` takes an offer and gives the
    answer; while the network is dead it is not called, for then no request arrives either. ``on_message`` gets all
    messages but pongs. A ``ConnectionError`` of ``signal`` is a refusal: it is tried again."""

    def __init__(
        self,
        relay: Relay,
        signal: Callable[[str, ClockedMicrophone], Awaitable[str]],
        on_message: Callable[[dict[str, Any]], None] = lambda message: None,
    ) -> None:
        self._relay = relay
        self._signal = signal
        self._on_message = on_message
        self._page: _DeafPage | None = None
        self._holding: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self.speech = Speech()
        self.connections = 0

    async def __aenter__(self) -> Caller:
        self._holding = asyncio.create_task(self._hold(), name="hold the connection")
        waiting = asyncio.create_task(self._opened.wait())
        await asyncio.wait({waiting, self._holding}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if self._holding.done():
            await self._holding
        assert waiting.done(), "no connection within 30 s"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holding is not None:
            self._holding.cancel()
            await asyncio.gather(self._holding, return_exceptions=True)

    def send(self, message: dict[str, Any]) -> None:
        if self._page is not None and self._page.channel.readyState == "open":
            self._page.channel.send(json.dumps(message))

    async def _hold(self) -> None:
        while True:
            microphone = ClockedMicrophone(self.speech)
            page = _DeafPage(microphone)
            async with page:
                try:
                    async with asyncio.timeout(OPEN_S):
                        while self._relay.impairment.dead:  # noqa: ASYNC110 - the relay has no event for it
                            await asyncio.sleep(0.1)
                        answer = await self._signal(self._relay.offer(await page.offer()), microphone)
                        await page.accept(await self._relay.answer(answer))
                        await page.opened.wait()
                except (TimeoutError, ConnectionError):
                    await asyncio.sleep(AGAIN_S)
                    continue
                self._page = page
                self.connections += 1
                self.send({"t": "hello", "audio": True})
                self._opened.set()
                await self._until_lost(page)
                self._page = None

    async def _until_lost(self, page: _DeafPage) -> None:
        """Ping each second, and look then, as the page does, whether a ping has waited for its pong for too long."""
        waiting_since: float | None = None
        n, next_ping = 0, 0.0
        while True:
            if time.monotonic() >= next_ping:
                if waiting_since is not None and time.monotonic() - waiting_since > LOST_S:
                    return
                n, next_ping = n + 1, time.monotonic() + PING_S
                self.send({"t": "ping", "n": n})
                waiting_since = waiting_since or time.monotonic()
            try:
                async with asyncio.timeout(0.1):
                    message = json.loads(await page.messages.get())
            except TimeoutError:
                continue
            if message["t"] == "pong":
                waiting_since = None
            else:
                self._on_message(message)
