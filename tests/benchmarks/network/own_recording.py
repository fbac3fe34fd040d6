"""What a candidate's page records itself and sends: as recorder.js, server_clock.js and uploader.js do it.

One WebM of Opus a stretch, at 32 kb/s, begun anew each minute and where the interview's clock has jumped; its bytes go
to the service in chunks of three seconds, in order, each until it is taken.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import av
import httpx
import numpy as np
import numpy.typing as npt

__all__ = ["OwnRecording"]

RATE = 48_000
CLOCK_RATE = 16_000
FRAME = RATE // 50
CHUNK_S = 3.0
STRETCH_S = 60.0
BITS = 32_000
CLUSTER_MS = "100"
"""Chromium writes each block at once; this muxer when a cluster is full."""
FIRST_WAIT_S, LAST_WAIT_S = 0.5, 30.0
SLACK_S, AGES_S = 0.25, 0.00005
"""As server_clock.js has them."""


class _Clock:
    """The interview's clock as the page knows it, in seconds of the monotonic clock and samples at 16 kHz."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._error = float("inf")

    @property
    def known(self) -> bool:
        return self._offset is not None

    def told(self, at: int, sent: float, received: float) -> bool:
        """Whether it is another clock than before."""
        error, offset = (received - sent) / 2, at / CLOCK_RATE - (sent + received) / 2
        jumped = self._offset is not None and abs(offset - self._offset) > error + self._error + SLACK_S
        self._error += AGES_S
        if jumped or error <= self._error:
            self._offset, self._error = offset, error
        return jumped

    def at(self, moment: float) -> int:
        assert self._offset is not None
        return max(0, round((moment + self._offset) * CLOCK_RATE))


class _Bytes:
    """Where a muxer writes to; it cannot go back."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        data, self._kept = bytes(self._kept), bytearray()
        return data


@dataclass
class _Stretch:
    """``began``: the moment of its first sample."""

    began: float
    at: int
    name: str = field(default_factory=lambda: f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(6)}")
    hashes: list[str] = field(default_factory=list)
    frames: int = 0

    def __post_init__(self) -> None:
        self._bytes = _Bytes()
        options = {"live": "1", "cluster_time_limit": CLUSTER_MS}
        self._container = av.open(self._bytes, "w", format="webm", options=options)
        self._stream = self._container.add_stream("libopus", rate=RATE, layout="mono")
        self._stream.bit_rate = BITS

    def add(self, sound: npt.NDArray[np.int16]) -> None:
        frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self.frames * FRAME
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def end(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def taken(self) -> bytes:
        return self._bytes.taken()


class OwnRecording:
    """``said``: the sound of the 20 ms that begin at a moment, 48 kHz mono. ``base``: the address of the link."""

    def __init__(self, http: httpx.AsyncClient, base: str, said: Callable[[float], npt.NDArray[np.int16]]) -> None:
        self._http = http
        self._base = base
        self._said = said
        self._clock = _Clock()
        self._stretches: list[_Stretch] = []
        self._ahead = False  # whether the newest stretch is to be followed by another
        self._unsent: deque[tuple[_Stretch, int, bytes]] = deque()
        self._tries = 0
        self._again = asyncio.Event()
        self._ended = False

    def hello(self) -> dict[str, Any]:
        """What it adds to the page's hello."""
        return {"records": True, **({"at": self._clock.at(time.monotonic())} if self._clock.known else {})}

    def onpong(self, pong: dict[str, Any], sent: float, received: float) -> None:
        self._ahead = self._clock.told(pong["at"], sent, received) or self._ahead

    def back(self) -> list[list[Any]]:
        """The connection stands again: what the service has to wait for, as [[stretch, chunks], ...]."""
        if self._stretches:
            self._cut(self._stretches[-1])
        self._tries = 0
        self._again.set()
        waiting = {stretch.name: len(stretch.hashes) for stretch, _, _ in self._unsent}
        return [[name, chunks] for name, chunks in waiting.items()][-8:]

    async def record(self) -> None:
        """Until ``end``, and until the service has it all, with the manifest."""
        sending = asyncio.create_task(self._send_all(), name="send what was recorded")
        try:
            while not self._ended:
                await self._one()
            if self._stretches:
                self._stretches[-1].end()
                self._cut(self._stretches[-1])
            while self._unsent:
                self._again.set()
                await asyncio.sleep(FIRST_WAIT_S)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await self._send_manifest()

    def end(self) -> None:
        """The interview is over."""
        self._ended = True

    async def _one(self) -> None:
        """One frame, when it has been said."""
        if not self._clock.known:
            await asyncio.sleep(0.02)
            return
        now = time.monotonic()
        newest = self._stretches[-1] if self._stretches else None
        if newest is None or self._ahead or newest.frames * FRAME >= STRETCH_S * RATE:
            begins = now if newest is None else newest.began + newest.frames * FRAME / RATE
            if newest is not None:
                newest.end()
                self._cut(newest)
            newest = _Stretch(begins, self._clock.at(begins))
            self._stretches.append(newest)
            self._ahead = False
        due = newest.began + newest.frames * FRAME / RATE
        await asyncio.sleep(max(0.0, due + FRAME / RATE - time.monotonic()))
        newest.add(self._said(due))
        if newest.frames * FRAME % round(CHUNK_S * RATE) == 0:
            self._cut(newest)

    def _cut(self, stretch: _Stretch) -> None:
        data = stretch.taken()
        if data:
            self._unsent.append((stretch, len(stretch.hashes), data))
            stretch.hashes.append(hashlib.sha256(data).hexdigest())

    async def _send_all(self) -> None:
        while True:
            if self._unsent and await self._sent(*self._unsent[0]):
                self._unsent.popleft()
                self._tries = 0
            elif self._unsent:
                self._tries += 1
                self._again.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(LAST_WAIT_S, FIRST_WAIT_S * 2**self._tries)):
                        await self._again.wait()
            else:
                await asyncio.sleep(0.05)

    async def _sent(self, stretch: _Stretch, number: int, data: bytes) -> bool:
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        headers = {
            "Content-Type": "audio/webm", "Content-Digest": f"sha-256=:{digest}:", "Stretch-At": str(stretch.at),
        }  # fmt: skip
        try:
            address = f"{self._base}/recording/{stretch.name}/{number}"
            reply = await self._http.put(address, content=data, headers=headers)
        except httpx.TransportError:
            return False
        assert reply.status_code == 204 or reply.status_code in (429, 503), reply.text
        return reply.status_code == 204

    async def _send_manifest(self) -> None:
        announced = [
            {
                "stretch": s.name, "media_type": "audio/webm", "at": s.at, "chunks": len(s.hashes),
                "sha256": hashlib.sha256("\n".join(s.hashes).encode()).hexdigest(),
            }
            for s in self._stretches
        ]  # fmt: skip
        reply = await self._http.post(f"{self._base}/recording", json={"stretches": announced})
        assert reply.status_code == 204, reply.text
