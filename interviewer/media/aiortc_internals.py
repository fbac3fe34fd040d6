"""The one place that reaches into aiortc. Checked against 1.16; a test says what broke after an update.

- Received packets go through :class:`SteadyBuffer`. aiortc's own buffer waits for a lost packet for as long as it has
  room, keeps the delay it gained for the rest of the call (80 to 280 ms at the first loss), and throws away good
  packets at every further one.
- Data channel chunks stay under 1100 bytes: paths with an MTU of 1280 drop aiortc's 1200 without a word. What is lost
  is sent again after 0.3 s (0.5 before the first answer), much as browsers do, not after 1 s (3): else two or three
  lost packets look like a lost connection, which pages and we believe in after 3 s.
- What a page may make aiortc keep is bounded: pieces of messages that never end, streams of messages, sources of sound.
- A STUN or TURN server that does not answer holds up an answer for 2 s, not for 5.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import aiortc.rtcsctptransport
import structlog
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

__all__ = [
    "KNOWN", "SteadyBuffer", "UnknownAiortc", "adapt_data_channels", "adapt_receiver", "bound_messages",
    "hasten_gathering", "sources",
]  # fmt: skip

KNOWN = ("1.16",)
CHUNK_BYTES = 1100
SCTP = {
    "USERDATA_MAX_LENGTH": CHUNK_BYTES,
    "SCTP_RTO_INITIAL": 0.5,
    "SCTP_RTO_MIN": 0.3,
    "SCTP_MAX_INIT_RETRANS": 40,  # so many of them last as long as eight did
}
MOST_PIECES = 4096
"""Pieces of messages that wait for others. A page's messages have one piece each, which waits where an earlier one was
lost; a flood of them, which is cut off elsewhere, has hundreds waiting."""
MOST_STREAMS = 32
GATHER_S = 2.0
_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_SOURCES = "_RTCRtpReceiver__remote_streams"
_TAKE = "_receive_data_chunk"
_STREAMS = "_inbound_streams"

log = structlog.get_logger(__name__)


class UnknownAiortc(RuntimeError):
    """This aiortc has no such inside; the message names the version and what was looked for."""


def _demand(thing: object, name: str) -> Any:
    if not hasattr(thing, name):
        raise UnknownAiortc(
            f"aiortc {version('aiortc')} has no {name} (known: {', '.join(KNOWN)}); install a known one"
        )
    return getattr(thing, name)


@functools.cache
def _check_version() -> None:
    """Said once: what is looked for may all be there and mean something else."""
    if ".".join(version("aiortc").split(".")[:2]) not in KNOWN:
        log.warning("this aiortc was never tried here", version=version("aiortc"), known=KNOWN)


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
        if self._newest is not None and number < self._newest - 1000:  # the sender began anew
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


def adapt_receiver(receiver: RTCRtpReceiver) -> SteadyBuffer:
    """Before anything was received. Returns the buffer, which counts what came."""
    _check_version()
    _demand(receiver, _BUFFER)
    buffer = SteadyBuffer()
    setattr(receiver, _BUFFER, buffer)
    return buffer


def sources(receiver: RTCRtpReceiver) -> int:
    """How many sources (SSRC) have sent to it. aiortc keeps statistics of each for ever; a page is one or two."""
    return len(_demand(receiver, _SOURCES))


def adapt_data_channels() -> None:
    """For every connection of this process, before it is made. Doing it twice does no harm."""
    for name, value in SCTP.items():
        _demand(aiortc.rtcsctptransport, name)
        setattr(aiortc.rtcsctptransport, name, value)


def bound_messages(connection: RTCPeerConnection, give_up: Callable[[], None]) -> None:
    """Once its data channels are negotiated: ``give_up()`` when a page sends pieces that make no message, of which
    aiortc would keep all, or opens one stream after the other."""
    transport = connection.sctp
    take = _demand(transport, _TAKE)
    streams = _demand(transport, _STREAMS)
    given_up = False

    async def bounded(chunk: object) -> None:
        nonlocal given_up
        if given_up:
            return
        await take(chunk)
        pieces = sum(len(stream.reassembly) for stream in streams.values())
        if pieces > MOST_PIECES or len(streams) > MOST_STREAMS:
            given_up = True
            give_up()

    setattr(transport, _TAKE, bounded)


def hasten_gathering(connection: RTCPeerConnection) -> None:
    """Before candidates are gathered, and after the offer is known."""
    transports = [t.sender.transport for t in connection.getTransceivers()]
    if connection.sctp is not None:
        transports.append(connection.sctp.transport)
    for transport in transports:
        gatherer = _demand(transport.transport.iceGatherer, "_connection")
        gather = _demand(gatherer, "get_component_candidates")
        if not isinstance(gather, functools.partial):
            gatherer.get_component_candidates = functools.partial(gather, timeout=GATHER_S)
