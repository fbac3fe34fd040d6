"""The candidate's connection test: a short-lived peer that answers pings and tells how much sound arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np

from interviewer.live.errors import Busy
from interviewer.media.audio_in import AudioBlock
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions

__all__ = ["ConnectionTests"]

LASTS_S = 20.0
REPORT_S = 0.5


class ConnectionTests:
    def __init__(self, options: PeerOptions, most: int) -> None:
        self._options = options
        self._most = most
        self._running: set[asyncio.Task[None]] = set()
        self._opening = 0

    async def answer(self, sdp: str) -> str:
        """The SDP answer; the peer goes away by itself. Raises BadOffer, Busy."""
        if len(self._running) + self._opening >= self._most:
            raise Busy
        test = _Test()
        self._opening += 1
        try:
            peer = await Peer.answer(sdp, self._options, test.handlers())
        finally:
            self._opening -= 1
        test.peer = peer
        task = asyncio.create_task(test.run(), name="connection test")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return peer.local_sdp

    async def close(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class _Test:
    def __init__(self) -> None:
        self.peer: Peer | None = None
        self._blocks = 0
        self._power = 0.0
        self._samples = 0
        self._over = asyncio.Event()

    def handlers(self) -> PeerHandlers:
        return PeerHandlers(on_audio=self._on_audio, on_message=self._on_message, on_state=self._on_state)

    async def run(self) -> None:
        """Tell the level twice a second until the page leaves or the time is over."""
        if self.peer is None:
            raise RuntimeError("the test has no peer")
        try:
            async with asyncio.timeout(LASTS_S):
                while not self._over.is_set():
                    await asyncio.sleep(REPORT_S)
                    rms = (self._power / self._samples) ** 0.5 / 32768 if self._samples else 0.0
                    self.peer.send({"t": "level", "packets": self._blocks, "rms": round(rms, 5)})
                    self._power, self._samples = 0.0, 0
        except TimeoutError:
            pass
        finally:
            await self.peer.close()

    def _on_audio(self, block: AudioBlock) -> None:
        self._blocks += 1
        self._samples += len(block.samples)
        self._power += float(np.sum(block.samples.astype(np.float64) ** 2))

    def _on_message(self, message: Mapping[str, Any]) -> None:
        if message.get("t") == "ping" and self.peer is not None and isinstance(message.get("n"), int):
            self.peer.send({"t": "pong", "n": message["n"]})

    def _on_state(self, state: str) -> None:
        if state in ("disconnected", "closed"):
            self._over.set()
