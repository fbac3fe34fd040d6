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

from interviewer.media.aiortc_internals import adapt_ice
from interviewer.media.offer import with_repeats
from tests.benchmarks.network.own_recording import OwnRecording
from tests.media.page import FRAME, Page
from tests.media.relay import Relay

__all__ = ["Caller", "ClockedMicrophone", "Speech"]

PING_S = 1.0
LOST_S = 3.0
UNANSWERED_S = 10.0
"""As the candidate's page has them (connection.js)."""
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

    def stop(self) -> None:
        self._sound = np.zeros(0, np.int16)

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
    """``began``: the moment of its first frame on the monotonic clock, once that was asked for. It has none before
    ``ready`` is set, so that whoever measures delays knows which frame arrives first."""

    kind = "audio"

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._speech = speech
        self._tick = 0
        self.began = 0.0
        self.ready = asyncio.Event()
        self.ready.set()

    async def recv(self) -> AudioFrame:
        await self.ready.wait()
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
        self.heard_at = 0.0

    async def offer(self) -> str:
        """As the candidate's page: lost packets of its sound will be sent again. And as browsers: a reply that takes
        a while is no loss of consent."""
        adapt_ice(self.connection)
        return with_repeats(await super().offer())

    async def _listen(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                self.heard_at = time.monotonic()


class Caller:
    """``async with Caller(relay, signal) as caller``: connected, hello said. ``signal`` takes an offer and gives the
    answer; while the network is dead it is not called, for then no request arrives either. ``on_message`` gets all
    messages but pongs. A ``ConnectionError`` of ``signal`` is a refusal: it is tried again. ``recording``: what the
    page records itself, told of all that it needs to know; whoever made it runs it."""

    def __init__(
        self,
        relay: Relay,
        signal: Callable[[str, ClockedMicrophone], Awaitable[str]],
        on_message: Callable[[dict[str, Any]], None] = lambda message: None,
        recording: Callable[[Speech], OwnRecording] | None = None,
    ) -> None:
        self._relay = relay
        self._signal = signal
        self._on_message = on_message
        self._page: _DeafPage | None = None
        self._holding: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._refused = ""
        self.speech = Speech()
        self.recording = recording(self.speech) if recording is not None else None
        self.connections = 0

    async def __aenter__(self) -> Caller:
        self._holding = asyncio.create_task(self._hold(), name="hold the connection")
        waiting = asyncio.create_task(self._opened.wait())
        await asyncio.wait({waiting, self._holding}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if self._holding.done():
            await self._holding
        assert waiting.done(), f"no connection within 30 s; the last try: {self._refused or 'no answer'}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holding is not None:
            self._holding.cancel()
            await asyncio.gather(self._holding, return_exceptions=True)

    @property
    def connected(self) -> bool:
        return self._page is not None

    def send(self, message: dict[str, Any]) -> None:
        if self._page is not None and self._page.channel.readyState == "open":
            self._page.channel.send(json.dumps(message))

    def _say_hello(self) -> None:
        recording = self.recording
        self.send({"t": "hello", "audio": True, **(recording.hello() if recording is not None else {})})
        if recording is not None:
            self.send({"t": "recorded", "chunks": recording.back()})

    async def _hold(self) -> None:
        """A connection that is given up stays until another stands: what is said may still get through."""
        lost: _DeafPage | None = None
        try:
            while True:
                microphone = ClockedMicrophone(self.speech)
                page = _DeafPage(microphone)
                try:
                    async with asyncio.timeout(OPEN_S):
                        await self._connect(page, microphone)
                except (TimeoutError, ConnectionError) as error:
                    self._refused = f"{type(error).__name__} {error}"
                    await page.connection.close()
                    await asyncio.sleep(AGAIN_S)
                    continue
                except BaseException:
                    await page.connection.close()
                    raise
                previous, lost, self._page = lost, page, page
                self.connections += 1
                self._say_hello()
                if previous is not None:
                    await previous.connection.close()
                self._opened.set()
                await self._until_lost(page)
                self._page = None
        finally:
            if lost is not None:
                await lost.connection.close()

    async def _connect(self, page: _DeafPage, microphone: ClockedMicrophone) -> None:
        while self._relay.impairment.dead:  # noqa: ASYNC110 - the relay has no event for it
            await asyncio.sleep(0.1)
        answer = await self._signal(self._relay.offer(await page.offer()), microphone)
        await page.accept(await self._relay.answer(answer))
        await page.opened.wait()

    async def _until_lost(self, page: _DeafPage) -> None:
        """Ping each second, and look then, as the page does, whether nothing has come for too long, or no pong."""
        waiting_since: float | None = None
        message_at = time.monotonic()
        n, next_ping, sent = 0, 0.0, dict[int, float]()
        while True:
            try:
                async with asyncio.timeout(0.1):
                    message = json.loads(await page.messages.get())
            except TimeoutError:
                pass
            else:
                message_at = time.monotonic()
                if message["t"] == "pong":
                    waiting_since = None
                    if self.recording is not None and message["n"] in sent:
                        self.recording.onpong(message, sent[message["n"]], message_at)
                    sent.clear()
                else:
                    self._on_message(message)
                if message["t"] == "reconnect":
                    return
                continue
            now = time.monotonic()
            if now < next_ping:
                continue
            waited = 0.0 if waiting_since is None else now - waiting_since
            if waited > UNANSWERED_S or (waited > LOST_S and now - max(message_at, page.heard_at) > LOST_S):
                return
            n, next_ping = n + 1, now + PING_S
            sent[n] = now
            self.send({"t": "ping", "n": n})
            waiting_since = waiting_since or now
