"""A candidate without a browser: joins by link over WebRTC, speaks when told, and hears when Melvin begins."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from fractions import Fraction
from types import TracebackType
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from interviewer.media.aiortc_internals import adapt_ice
from tests.media.page import FRAME, Page

__all__ = ["Talker", "speech_end"]

SOUND_RMS = 100.0
"""Melvin is heard above this; between his words the line carries digital silence."""


def speech_end(sound: npt.NDArray[np.int16], rate: int = 48_000) -> int:
    """The sample after the last 10 ms frame within 20 dB of the speech level (the 95th percentile of frames)."""
    size = rate // 100
    frames = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    rms = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(rms > np.percentile(rms, 95) / 10)
    return int(loud[-1] + 1) * size


class _Microphone(MediaStreamTrack):
    """Silence until :meth:`play`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[npt.NDArray[np.int16]] = deque()
        self._tick = 0
        self._start: float | None = None
        self._end: asyncio.Future[None] | None = None
        self._until_end = 0

    async def play(self, sound: npt.NDArray[np.int16], end: int) -> None:
        """Return when the frame that ends at sample ``end``, or goes over it, has been handed over. What is left of
        ``sound`` follows: a voice that is cut off there sounds unlike any that has finished."""
        padded = np.pad(sound, (0, -len(sound) % FRAME))
        self._end = asyncio.get_running_loop().create_future()
        self._until_end = len(self._frames) + -(-end // FRAME)
        self._frames.extend(padded.reshape(-1, FRAME))
        await self._end

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._tick * 0.02 - loop.time()))
        piece = self._frames.popleft() if self._frames else np.zeros(FRAME, np.int16)
        self._until_end -= 1
        if self._until_end <= 0 and self._end is not None and not self._end.done():
            self._end.set_result(None)
        frame = AudioFrame.from_ndarray(piece[np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._tick * FRAME, Fraction(1, 48_000)
        self._tick += 1
        return frame


class _TimedPage(Page):
    def __init__(self, microphone: _Microphone) -> None:
        super().__init__(None)
        self.connection.getTransceivers()[0].sender.replaceTrack(microphone)
        self.connection.getTransceivers()[0].direction = "sendrecv"
        self.heard_at = 0.0
        self.waiting: asyncio.Event | None = None

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            samples = frame.to_ndarray().astype(np.float64)
            if np.sqrt((samples**2).mean()) > SOUND_RMS:
                self.heard_at = time.monotonic()
                if self.waiting is not None:
                    self.waiting.set()


class Talker:
    """``async with Talker(link) as talker``: consented, connected, the interview begun. Where it is full, that takes as
    long as the wait in the lobby; ``places`` are what it was told there."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._origin = link.partition("/i/")[0]
        self._http = httpx.AsyncClient(headers={"Origin": self._origin}, timeout=30, trust_env=False)
        self._microphone = _Microphone()
        self._page = _TimedPage(self._microphone)
        self._tasks: list[asyncio.Task[None]] = []
        self.state: dict[str, Any] = {}
        self.over = False
        self.captions: list[str] = []
        self.places: list[int] = []
        self.cut_in = False
        """Whether Melvin spoke before the last answer was over."""

    async def __aenter__(self) -> Talker:
        notice = (await self._http.get(self._link)).text
        notice_hash = notice.partition('name="notice_hash" value="')[2].partition('"')[0]
        agreed = await self._http.post(f"{self._link}/consent", data={"agree": "yes", "notice_hash": notice_hash})
        assert agreed.status_code == 303, agreed.text
        adapt_ice(self._page.connection)  # as patient as a browser
        offer = await self._page.offer()
        while (answer := await self._join(offer)).status_code == 503:
            await self._wait(answer.json())
        answer.raise_for_status()
        await self._page.accept(answer.text)
        async with asyncio.timeout(20):
            await self._page.opened.wait()
        self._page.channel.send('{"t":"hello","audio":true}')
        self._tasks = [asyncio.create_task(self._ping()), asyncio.create_task(self._read())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._page.__aexit__(kind, error, trace)
        await self._http.aclose()

    async def _join(self, offer: str) -> httpx.Response:
        headers = {"Content-Type": "application/sdp", "X-Tab": "benchmark-talker"}
        return await self._http.post(f"{self._link}/offer", content=offer, headers=headers)

    async def _wait(self, told: dict[str, Any]) -> None:
        while not told.get("enter"):
            self.places.append(told["place"])
            knows = {name: told[name] for name in ("place", "minutes", "typing")}
            reply = await self._http.post(f"{self._link}/lobby", json={"sound": True, "knows": knows})
            reply.raise_for_status()
            told = reply.json()

    async def prompt(self, before: str, seconds: float = 90.0) -> str | None:
        """The question or probe that now stands open and is not ``before``; None where the interview is over. Raises
        ``ConnectionError`` where the connection was lost."""
        async with asyncio.timeout(seconds):
            while not self.over:
                self._check()
                if self.state.get("phase") in ("listening", "writing") and self.state["asked"] not in ("", before):
                    return str(self.state["asked"])
                await asyncio.sleep(0.05)
        return None

    def _check(self) -> None:
        if self._page.channel.readyState != "open":
            raise ConnectionError("Melvin is not connected any more")

    async def answer(self, sound: npt.NDArray[np.int16]) -> float:
        """Speak (48 kHz mono); seconds from the last sample of speech sent to Melvin's first sound received. Raises
        ``TimeoutError`` where none comes in 30 s, ``ConnectionError`` where the connection was lost meanwhile."""
        end = speech_end(sound)
        began = time.monotonic()
        try:
            async with asyncio.timeout(30 + len(sound) / 48_000):
                await self._microphone.play(sound, end)
        except TimeoutError:  # nobody takes its frames any more
            raise ConnectionError("Melvin is not connected any more") from None
        sent = time.monotonic()
        self.cut_in = self._page.heard_at > began
        self._page.waiting = asyncio.Event()
        async with asyncio.timeout(30):
            await self._page.waiting.wait()
        self._page.waiting = None
        return self._page.heard_at - sent

    async def type(self, text: str) -> None:
        reply = await self._http.post(
            f"{self._link}/typed", json={"question_id": self.state["question"]["id"], "text": text}
        )
        reply.raise_for_status()

    async def end(self) -> None:
        """Press End, and wait until Melvin has closed the interview. Raises ``ConnectionError`` as :meth:`prompt`."""
        self._check()
        self._page.channel.send('{"t":"press","button":"end"}')
        async with asyncio.timeout(30):
            while not self.over:  # noqa: ASYNC110 - what is waited for is a message read elsewhere
                await asyncio.sleep(0.05)

    async def _ping(self) -> None:
        n = 0
        while True:
            n += 1
            self._page.channel.send(json.dumps({"t": "ping", "n": n}))
            await asyncio.sleep(1)

    async def _read(self) -> None:
        while True:
            message = json.loads(await self._page.messages.get())
            if message["t"] == "state":
                self.state = message
            elif message["t"] == "finished":
                self.over = True
            elif message["t"] == "caption" and message["side"] == "candidate" and message["final"]:
                self.captions.append(message["text"])
