"""The one place that reaches into aiortc. Checked against 1.16; a test says what broke after an update.

- Received packets go through :class:`SteadyBuffer`. aiortc's own buffer waits for a lost packet for as long as it has
  room, keeps the delay it gained for the rest of the call (80 to 280 ms at the first loss), and throws away good
  packets at every further one.
- Sound is encoded as mono at 32 kbit/s; aiortc's encoder is fixed to stereo at 96.
- Data channel chunks stay under 1100 bytes: paths with an MTU of 1280 drop aiortc's 1200 without a word.
"""

from __future__ import annotations

from fractions import Fraction
from importlib.metadata import version
from typing import Any

import aiortc.rtcsctptransport
from aiortc import RTCRtpReceiver, RTCRtpSender
from aiortc.codecs.base import Encoder
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from av import AudioFrame, CodecContext
from av.frame import Frame
from av.packet import Packet

__all__ = ["MonoOpusEncoder", "SteadyBuffer", "UnknownAiortc", "adapt_receiver", "adapt_sender", "clamp_data_channels"]

KNOWN = ("1.16",)
CHUNK_BYTES = 1100
BIT_RATE = 32_000
RATE = 48_000
_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_ENCODER = "_RTCRtpSender__encoder"


class UnknownAiortc(RuntimeError):
    """This aiortc has no such inside; the message names the version and what was looked for."""


def _demand(thing: object, name: str) -> None:
    if not hasattr(thing, name):
        raise UnknownAiortc(
            f"aiortc {version('aiortc')} has no {name} (known: {', '.join(KNOWN)}); install a known one"
        )


class SteadyBuffer(JitterBuffer):
    """Puts packets in order with a constant delay of ``depth`` packets (20 ms each), whatever is lost.

    A packet is handed on when ``depth`` later ones have come. One that comes after its turn is dropped; one that never
    comes leaves a gap in RTP time, which becomes silence at the right place.
    """

    def __init__(self, depth: int = 3) -> None:
        super().__init__(capacity=16)
        self._depth = depth
        self._waiting: dict[int, RtpPacket] = {}
        self._newest: int | None = None
        self._handed: int | None = None
        self.received = 0
        self.late = 0

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self.received += 1
        number = self._unwrapped(packet.sequence_number)
        if self._newest is not None and abs(number - self._newest) > 1000:  # the sender began anew
            self._waiting.clear()
            self._handed = None
            self._newest = number = packet.sequence_number
        if self._handed is not None and number <= self._handed:
            self.late += 1
            return False, None
        self._waiting[number] = packet
        self._newest = number if self._newest is None else max(self._newest, number)
        if len(self._waiting) <= self._depth:
            return False, None
        self._handed = min(self._waiting)
        oldest = self._waiting.pop(self._handed)
        return False, JitterFrame(data=oldest._data, timestamp=oldest.timestamp)  # type: ignore[attr-defined]  # set by the receiver

    def _unwrapped(self, sequence_number: int) -> int:
        """The 16-bit number placed near the newest one, so that order survives the wrap."""
        if self._newest is None:
            return sequence_number
        step = (sequence_number - self._newest) & 0xFFFF
        return self._newest + (step if step < 0x8000 else step - 0x10000)


class MonoOpusEncoder(Encoder):
    """One 20 ms mono frame in, one packet out, at the frame's own time: ticks that were left out stay left out."""

    def __init__(self) -> None:
        self.codec: Any = CodecContext.create("libopus", "w")
        self.codec.bit_rate = BIT_RATE
        self.codec.format = "s16"
        self.codec.layout = "mono"
        self.codec.options = {"application": "voip"}
        self.codec.sample_rate = RATE
        self.codec.time_base = Fraction(1, RATE)
        self._encoded = 0

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        if not isinstance(frame, AudioFrame):
            raise TypeError(f"expected sound, not {type(frame).__name__}")
        time = int(frame.pts or 0)
        frame.pts = self._encoded
        self._encoded += frame.samples
        packets = [bytes(p) for p in self.codec.encode(frame)]
        return packets, time

    def pack(self, packet: Packet[Any]) -> tuple[list[bytes], int]:
        return [bytes(packet)], int(packet.pts or 0)


def adapt_receiver(receiver: RTCRtpReceiver) -> SteadyBuffer:
    """Before anything was received. Returns the buffer, which counts what came."""
    _demand(receiver, _BUFFER)
    buffer = SteadyBuffer()
    setattr(receiver, _BUFFER, buffer)
    return buffer


def adapt_sender(sender: RTCRtpSender) -> None:
    """Before anything was sent."""
    _demand(sender, _ENCODER)
    setattr(sender, _ENCODER, MonoOpusEncoder())


def clamp_data_channels() -> None:
    """For every connection of this process. Doing it twice does no harm."""
    _demand(aiortc.rtcsctptransport, "USERDATA_MAX_LENGTH")
    aiortc.rtcsctptransport.USERDATA_MAX_LENGTH = CHUNK_BYTES
