"""A page's packets of Opus on their way in: put in order, lost ones asked for again, decoded, placed.

Decoded here and not by aiortc, whose decoder has a thread of its own for each track: a packet takes a tenth of a
millisecond, and to hand it to a thread and back costs more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from av import CodecContext
from av.error import FFmpegError
from av.packet import Packet

from interviewer.media.audio_in import AudioBlock, AudioPlacer
from interviewer.media.opus import RATE, TICK
from interviewer.media.packet_order import PacketOrder, Received

__all__ = ["SoundIn"]

log = structlog.get_logger(__name__)


class SoundIn:
    """``ask(source, numbers)`` is called where packets are to be sent again: never unless ``order.repeats`` is set."""

    def __init__(
        self,
        hand_on: Callable[[AudioBlock], None],
        ask: Callable[[int, list[int]], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.order = PacketOrder()
        self.last_frame: float | None = None
        """When a packet was last decoded, on the monotonic clock."""
        self._ask = ask
        self._monotonic = monotonic
        self._placer = AudioPlacer(hand_on, monotonic)
        self._decoder: Any = CodecContext.create("libopus", "r")
        self._decoder.format = "s16"
        self._decoder.layout = "mono"
        self._decoder.sample_rate = RATE
        self._undecoded = 0

    def packet(self, source: int, number: int, rtp_time: int, data: bytes) -> None:
        """One packet of the page as it came."""
        now = self._monotonic()
        self._take(self.order.add(number, rtp_time, data, now))
        missing = self.order.missing(now)
        if missing:
            self._ask(source, missing)

    def overdue(self) -> None:
        """Call it now and then: what waits behind a hole is handed on also where no packet comes any more."""
        self._take(self.order.ready(self._monotonic()))

    def finish(self) -> None:
        """Nothing more comes."""
        self._take(self.order.ready(float("inf")))
        self._placer.finish()

    def _take(self, packets: list[Received]) -> None:
        for received in packets:
            if not received.data:
                continue
            packet = Packet(received.data)
            packet.pts, packet.time_base = received.time, TICK
            try:
                frames = self._decoder.decode(packet)
            except FFmpegError as error:
                self._undecoded += 1
                if self._undecoded in (1, 10, 100, 1000):
                    log.warning("a packet could not be decoded", error=str(error), times=self._undecoded)
                continue
            for frame in frames:
                self.last_frame = self._monotonic()
                self._placer.place(frame)
