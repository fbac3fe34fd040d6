"""The way of the candidate's sound alone: from the microphone's clock to the recording, through our peer and through
aiortc as it comes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.live.placement import Placement
from interviewer.media.audio_in import AudioBlock
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from interviewer.media.recording import CANDIDATE, Recorder, length, read_span
from tests.benchmarks.network.caller import Caller, ClockedMicrophone
from tests.benchmarks.network.conditions import Condition
from tests.benchmarks.network.stock import StockPeer
from tests.media.relay import CLEAN, Relay

__all__ = ["Uplink", "listen"]

RATE = 16_000
BEFORE_S = 4.0
"""Good network before the bad one begins: the delay in its last two seconds is the base."""
AFTER_S = 8.0
WINDOW_S = 0.5
BACK_S = 0.03
"""The delay is back where it is no more than this (one packet and a half) above the base."""


@dataclass(slots=True)
class Uplink:
    """``delays``: (when a block arrived, how old its first sample was), seconds. ``ends``: when the network was good
    again. ``pcm``: what was recorded, 16 kHz. ``lags``: (when, how late this process itself came to its work), which is
    part of every delay."""

    stock: bool
    delays: list[tuple[float, float]] = field(default_factory=list)
    begins: float = 0.0
    ends: float = 0.0
    over: float = 0.0
    connections: int = 0
    lags: list[tuple[float, float]] = field(default_factory=list)
    pcm: npt.NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))

    def _median(self, start: float, end: float) -> float:
        inside = [delay for at, delay in self.delays if start <= at < end]
        return float(np.median(inside)) if inside else float("inf")

    def _tells(self, start: float) -> bool:
        """Whether the window that begins then says something: nothing came, or this process was in time."""
        end = start + WINDOW_S
        return not np.isfinite(self._median(start, end)) or self._own_lag(start, end) <= BACK_S

    def _own_lag(self, start: float, end: float) -> float:
        """The most by which this process was late for anything that it did then."""
        return max((lag for at, lag in self.lags if at >= start and at - lag < end), default=0.0)

    @property
    def lag_s(self) -> float:
        """95th percentile."""
        return float(np.percentile([lag for _, lag in self.lags], 95)) if self.lags else 0.0

    @property
    def base_s(self) -> float:
        return self._median(self.begins - 2, self.begins)

    @property
    def during_s(self) -> float:
        """The median while the network was bad, or had just been."""
        return self._median(self.begins, max(self.ends, self.begins + 5))

    @property
    def back_after_s(self) -> float:
        """From the end of the bad network to when the delay is down for good; infinite where it never is, or where
        that cannot be told. Half seconds in which sound came and this process itself was that late say nothing of the
        network; most of them have to say something."""
        limit = self.base_s + BACK_S
        all_starts = np.arange(self.ends, self.over - WINDOW_S, WINDOW_S)
        starts = [start for start in all_starts if self._tells(start)]
        if len(starts) <= len(all_starts) / 2:
            return float("inf")
        high = [start for start in starts if self._median(start, start + WINDOW_S) > limit]
        if not high:
            return 0.0
        after = high[-1] + WINDOW_S - self.ends
        return float("inf") if high[-1] == starts[-1] else float(after)


class _Service:
    """The service's end: peers as the page asks for them, all that they hear in one recording, as in an interview."""

    def __init__(self, folder: Path, uplink: Uplink) -> None:
        self._recorder = Recorder(folder, CANDIDATE)
        self._folder = folder
        self._uplink = uplink
        self._peers: list[Peer | StockPeer] = []
        self._began = time.monotonic()

    async def answer(self, sdp: str, microphone: ClockedMicrophone) -> str:
        placement = Placement()
        number = len(self._peers)

        def on_audio(block: AudioBlock) -> None:
            if number != len(self._peers) - 1:
                return
            now = time.monotonic()
            self._uplink.delays.append((now, now - microphone.began - block.start / RATE))
            at = round((now - self._began) * RATE)
            for start, samples in placement.place(at, block.start, block.samples):
                self._recorder.write(max(0, start), samples)

        def on_message(message: dict[str, object]) -> None:
            if message.get("t") == "ping":
                peer.send({"t": "pong", "n": message["n"]})

        def on_state(state: str) -> None:
            if state == "connected":
                microphone.ready.set()

        microphone.ready.clear()
        handlers = PeerHandlers(on_audio, on_message, on_state)
        peer: Peer | StockPeer
        if self._uplink.stock:
            peer = await StockPeer.answer(sdp, handlers)
        else:
            peer = await Peer.answer(sdp, PeerOptions(), handlers)
        self._peers.append(peer)
        return peer.local_sdp

    async def close(self) -> npt.NDArray[np.int16]:
        for peer in self._peers:
            await peer.close()
        self._recorder.close()
        return read_span(self._folder, CANDIDATE, 0, length(self._folder, CANDIDATE))


async def listen(condition: Condition, sound: npt.NDArray[np.int16], seed: int) -> Sequence[Uplink]:
    """The same speech (48 kHz) over an equally bad network, heard by our peer and by aiortc alone, both at once."""
    return await asyncio.gather(*(_listen(condition, sound, seed, stock) for stock in (False, True)))


async def _lags(into: list[tuple[float, float]]) -> None:
    while True:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        into.append((time.monotonic(), time.monotonic() - due))


async def _listen(condition: Condition, sound: npt.NDArray[np.int16], seed: int, stock: bool) -> Uplink:
    uplink = Uplink(stock)
    with tempfile.TemporaryDirectory(prefix="melvin-network-") as folder:
        service = _Service(Path(folder), uplink)
        gauge = asyncio.create_task(_lags(uplink.lags))
        async with Relay(seed) as relay, Caller(relay, service.answer) as caller:
            await asyncio.sleep(BEFORE_S)
            spoken = caller.speech.say(sound)
            seconds = len(sound) / 48_000
            if condition.when == "once":
                await asyncio.sleep(max(0.0, (seconds - condition.lasts_s) / 2))
            uplink.begins = time.monotonic()
            relay.impairment = condition.impairment
            if condition.new_address:
                relay.rebind()
            if condition.when == "once":
                await asyncio.sleep(condition.lasts_s)
            else:
                await asyncio.sleep(spoken - time.monotonic())
            relay.impairment = CLEAN
            uplink.ends = time.monotonic()
            await asyncio.sleep(max(0.0, spoken - uplink.ends) + AFTER_S)
            uplink.over = time.monotonic()
            uplink.connections = caller.connections
        gauge.cancel()
        uplink.pcm = await service.close()
    return uplink
