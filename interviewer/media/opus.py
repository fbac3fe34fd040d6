"""Melvin's sound as Opus: mono at 32 kbit/s, encoded here and handed to aiortc ready to send.

aiortc sends packets as they are. Frames it would encode itself, in stereo at 96 kbit/s, on asyncio's default executor,
where forty jobs that wait for something keep every candidate from hearing anything.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from av import AudioFrame, CodecContext
from av.packet import Packet

from interviewer.media.audio_out import Speaker

__all__ = ["BIT_RATE", "RATE", "TICK", "OpusEncoder", "OpusTrack"]

BIT_RATE = 32_000
RATE = 48_000
TICK = Fraction(1, RATE)


class OpusEncoder:
    """One 20 ms mono frame in, one packet out, at the frame's own time: ticks that were left out stay left out."""

    def __init__(self) -> None:
        self._codec: Any = CodecContext.create("libopus", "w")
        self._codec.bit_rate = BIT_RATE
        self._codec.format = "s16"
        self._codec.layout = "mono"
        self._codec.options = {"application": "voip"}
        self._codec.sample_rate = RATE
        self._codec.time_base = TICK
        self._encoded = 0

    def encode(self, frame: AudioFrame) -> list[Packet[Any]]:
        """``frame``: 48 kHz mono, 16 bit. A third of a millisecond of work."""
        time = int(frame.pts or 0)
        frame.pts = self._encoded
        self._encoded += frame.samples
        packets: list[Packet[Any]] = self._codec.encode(frame)
        for packet in packets:
            packet.pts, packet.time_base = time, TICK
        return packets


class OpusTrack(MediaStreamTrack):
    """What ``speaker`` plays, as packets. Ends with it, and ends it."""

    kind = "audio"

    def __init__(self, speaker: Speaker) -> None:
        super().__init__()
        self._speaker = speaker
        self._encoder = OpusEncoder()

    async def recv(self) -> Packet[Any]:
        while True:
            packets = self._encoder.encode(await self._speaker.recv())
            if packets:
                return packets[0]

    def stop(self) -> None:
        super().stop()
        self._speaker.stop()
