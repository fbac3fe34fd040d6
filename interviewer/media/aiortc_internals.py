"""The one place that reaches into aiortc. Checked against 1.16; a test says what broke after an update.

- Received packets of sound go to us (``packet_order``), not into aiortc's buffer, which waits for a lost packet for as
  long as it has room, keeps the delay it gained for the rest of the call (80 to 280 ms at the first loss), and throws
  away good packets at every further one. Lost ones are asked for again, as aiortc does it for pictures alone.
- Data channel chunks stay under 1100 bytes: paths with an MTU of 1280 drop aiortc's 1200 without a word. What is lost
  is sent again after 0.3 s (0.5 before the first answer), much as browsers do, not after 1 s (3): else two or three
  lost packets look like a lost connection, which pages and we believe in after 3 s.
- What a page may make aiortc keep is bounded: pieces of messages that never end, streams of messages, sources of sound.
- A STUN or TURN server that does not answer holds up an answer for 2 s, not for 5.
- Consent (RFC 7675) is asked for with three tries and 3.5 s for the reply. aioice tries once and waits for half a
  second, so where a reply takes longer the connection was closed after 30 s, although everything arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import aioice
import aiortc.rtcsctptransport
import structlog
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

__all__ = [
    "KNOWN", "TakePacket", "UnknownAiortc", "adapt_data_channels", "adapt_ice", "ask_again", "bound_messages",
    "quieten_messages", "sources", "take_packets",
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
CONSENT_TRIES = 3
_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_ASK = "_send_rtcp_nack"
_SOURCES = "_RTCRtpReceiver__remote_streams"
_TAKE = "_receive_data_chunk"
_STREAMS = "_inbound_streams"
_TRANSMIT = "_transmit"

TakePacket = Callable[[int, int, int, bytes], None]

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


class _Handover(JitterBuffer):
    """In the place of aiortc's buffer: hands each packet on as it comes, and keeps nothing."""

    def __init__(self, take: TakePacket) -> None:
        super().__init__(capacity=16)
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self._take(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload)
        return False, None


def take_packets(receiver: RTCRtpReceiver, take: TakePacket) -> None:
    """Before anything was received: ``take(source, sequence number, RTP time, payload)`` gets each packet, and the
    receiver's track gets no frame, but still its end."""
    _check_version()
    _demand(receiver, _BUFFER)
    setattr(receiver, _BUFFER, _Handover(take))


async def ask_again(receiver: RTCRtpReceiver, source: int, numbers: list[int]) -> None:
    """A generic NACK (RFC 4585 section 6.2.1) for these sequence numbers of ``source``."""
    await _demand(receiver, _ASK)(source, numbers)


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


def quieten_messages(connection: RTCPeerConnection) -> None:
    """Once its data channels are negotiated: what cannot be sent again because the page is gone is no error to log."""
    transport = connection.sctp
    transmit = _demand(transport, _TRANSMIT)

    async def quiet() -> None:
        with contextlib.suppress(ConnectionError):
            await transmit()

    setattr(transport, _TRANSMIT, quiet)


def adapt_ice(connection: RTCPeerConnection) -> None:
    """Gathering and consent; before candidates are gathered, and after the offer is known."""
    transports = [t.sender.transport for t in connection.getTransceivers()]
    if connection.sctp is not None:
        transports.append(connection.sctp.transport)
    for transport in transports:
        ice = _demand(transport.transport.iceGatherer, "_connection")
        gather = _demand(ice, "get_component_candidates")
        if isinstance(gather, functools.partial):
            continue  # sections share a transport
        ice.get_component_candidates = functools.partial(gather, timeout=GATHER_S)
        _demand(ice, "query_consent")
        ice.query_consent = functools.partial(_query_consent, ice)


async def _query_consent(ice: Any) -> None:
    failures = 0
    while failures < aioice.ice.CONSENT_FAILURES:
        spread = 0.8 + 0.4 * random.random()  # noqa: S311 - as the RFC has it, against many at once
        await asyncio.sleep(aioice.ice.CONSENT_INTERVAL * spread)
        for pair in ice._nominated.values():
            request = ice.build_request(pair, nominate=False)
            key = ice.remote_password.encode()
            try:
                await pair.protocol.request(
                    request, pair.remote_addr, integrity_key=key, retransmissions=CONSENT_TRIES - 1
                )
                failures = 0
            except aioice.stun.TransactionError:
                failures += 1
    ice._query_consent_task = None  # it is this one, for which closing would wait
    await ice.close()
