"""One page's WebRTC connection: its sound in, Melvin's sound out, and the control channel.

    page                               here
    POST offer  ───────────────────▶  Peer.answer: parse, answer with all our candidates
    201 answer  ◀───────────────────
    ICE, DTLS   ◀──────────────────▶  on_state("connected")
    microphone  ═══════════════════▶  on_audio(AudioBlock)
                ◀═══════════════════  speaker.play(...)
    control     ◀──────────────────▶  on_message(...), send(...)
    (nothing for 3 s)                  on_state("disconnected"), and "connected" when it is back
    (gone)                             on_state("closed"), once

A connection is never mended: the page makes a new offer, and the interview goes on with the new peer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from aiortc import (
    MediaStreamTrack,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError

from interviewer.media.aiortc_internals import (
    adapt_data_channels,
    adapt_ice,
    ask_again,
    bound_messages,
    quieten_messages,
    sources,
    take_packets,
)
from interviewer.media.audio_in import AudioBlock
from interviewer.media.audio_out import Speaker
from interviewer.media.control import MOST_REFUSED, Control
from interviewer.media.ice import IceServer, PeerOptions
from interviewer.media.offer import BadOffer, Offer, read_offer, with_repeats
from interviewer.media.opus import OpusTrack
from interviewer.media.sound_in import SoundIn

__all__ = ["AudioBlock", "BadOffer", "IceServer", "Peer", "PeerHandlers", "PeerOptions", "PeerState"]

PeerState = Literal["connected", "disconnected", "closed"]

CONNECT_S = 30.0
"""From the answer to a connection; a page that takes longer is gone."""
SILENT_S = 3.0
"""Nothing at all from the page for this long, and it counts as disconnected. Pages ping each second."""
DEAF_S = 4.0
"""Packets of sound come and none can be decoded for this long: the connection is closed; the page makes a new one."""
FLOOD = 2000
"""Packets of sound in half a second, where a page sends 25, or 500 after 10 s in which its network held them back."""
MOST_SOURCES = 16
WATCH_S = 0.5
CLOSE_S = 5.0

# What aiortc raises on an offer that parses but makes no sense.
_OFFER_ERRORS = (
    ValueError, KeyError, IndexError, AttributeError, TypeError, AssertionError,
    InternalError, InvalidAccessError, InvalidStateError, OperationError, OSError,
)  # fmt: skip

log = structlog.get_logger(__name__)


def _nothing(*_: Any) -> None:
    pass


@dataclass(frozen=True, slots=True)
class PeerHandlers:
    """Plain callables, called on the event loop."""

    on_audio: Callable[[AudioBlock], None] = _nothing
    on_message: Callable[[dict[str, Any]], None] = _nothing
    on_state: Callable[[PeerState], None] = _nothing


class Peer:
    """Made by :meth:`answer`. Whoever makes it closes it."""

    def __init__(self, options: PeerOptions, handlers: PeerHandlers) -> None:
        adapt_data_channels()
        self._handlers = handlers
        self._connection = RTCPeerConnection(options.configuration())
        self._control = Control(handlers.on_message)
        self._sound = SoundIn(self._on_block, self._ask_again)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._state: PeerState | Literal["new"] = "new"
        self._made = time.monotonic()
        self.local_sdp = ""
        self.speaker = Speaker()
        self.sends_audio = False

    @classmethod
    async def answer(cls, sdp: str, options: PeerOptions, handlers: PeerHandlers) -> Peer:
        """Answer a page's offer; ``local_sdp`` then holds the answer with all candidates. Raises :class:`BadOffer`,
        and leaves nothing behind when it does."""
        offer = read_offer(sdp)
        peer = cls(options, handlers)
        peer.sends_audio = offer.audio
        try:
            await peer._negotiate(offer)
        except _OFFER_ERRORS as error:
            await peer.close()
            raise BadOffer(f"the offer cannot be answered: {error or type(error).__name__}") from error
        except BaseException:
            await peer.close()
            raise
        if options.uses_turn and " typ relay" not in peer.local_sdp:
            log.warning("the TURN server gave no relay address")
        return peer

    @property
    def state(self) -> str:
        """``new`` until it is first connected, then as told to ``on_state``."""
        return self._state

    @property
    def audio_age_s(self) -> float | None:
        """Seconds since the last decoded frame of the page's sound; None before the first."""
        return None if self._sound.last_frame is None else time.monotonic() - self._sound.last_frame

    def send(self, message: Mapping[str, Any]) -> bool:
        """To the page, over the control channel. False where it cannot be reached now. Raises ``ValueError`` for a
        message of more than 1000 bytes."""
        return self._control.send(message)

    async def close(self) -> None:
        """Within 5 s, however often it is called. Ends in ``on_state("closed")``."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="close peer")
        await asyncio.shield(self._closing)

    # -- making the connection ----------------------------------------------------------------------------------

    async def _negotiate(self, offer: Offer) -> None:
        connection = self._connection
        connection.on("datachannel", self._on_channel)
        connection.on("connectionstatechange", self._on_connection)
        connection.on("track", self._on_track)
        connection.addTrack(OpusTrack(self.speaker))
        ours = connection.getTransceivers()[0]
        ours.setCodecPreferences(
            [c for c in RTCRtpReceiver.getCapabilities("audio").codecs if c.mimeType.lower() == "audio/opus"]  # type: ignore[union-attr]  # audio has capabilities
        )
        take_packets(ours.receiver, self._sound.packet)
        self._sound.order.repeats = offer.repeats
        await connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        for transceiver in connection.getTransceivers():
            if transceiver is not ours:  # a camera, or a second microphone: politely declined
                transceiver.direction = "inactive"
        bound_messages(connection, lambda: self._give_up("pieces of messages"))
        quieten_messages(connection)
        adapt_ice(connection)
        # Gathers before it returns: the answer carries every candidate, so nothing has to trickle.
        await connection.setLocalDescription(await connection.createAnswer())
        sdp = connection.localDescription.sdp
        self.local_sdp = with_repeats(sdp) if offer.repeats else sdp
        self._own(self._watch(), "watch peer")

    def _own(self, work: Any, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._control.attach(channel)

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track is self._connection.getTransceivers()[0].receiver.track:
            self._own(self._listen(track), "listen to peer")

    def _on_connection(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._made = time.monotonic()
            self._tell("connected")
        elif state in ("failed", "closed") and self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="close peer")

    # -- while it lasts ------------------------------------------------------------------------------------------

    async def _listen(self, track: MediaStreamTrack) -> None:
        """The track has no frames, but an end."""
        try:
            while True:
                await track.recv()
        except MediaStreamError:
            self._sound.finish()

    def _ask_again(self, source: int, numbers: list[int]) -> None:
        if self._closing is None:
            receiver = self._connection.getTransceivers()[0].receiver
            self._own(ask_again(receiver, source, numbers), "ask for lost packets")

    def _on_block(self, block: AudioBlock) -> None:
        if self._closing is None:
            self._handlers.on_audio(block)

    async def _watch(self) -> None:
        """Notice what aiortc does not say: it takes 30 s to see a lost page, and never sees a decoder that died."""
        packets, packets_at = 0, self._made
        while self._closing is None:
            await asyncio.sleep(WATCH_S)
            now = time.monotonic()
            if self._state == "new":
                if now - self._made > CONNECT_S:
                    log.info("peer never connected")
                    self._closing = asyncio.create_task(self._close(), name="close peer")
                continue
            self._sound.overdue()
            received = self._sound.order.received
            if received - packets > FLOOD or self._sources() > MOST_SOURCES:
                self._give_up("sound")
                return
            if self._control.refused > MOST_REFUSED:
                self._give_up("messages")
                return
            if received != packets:
                packets, packets_at = received, now
                if received > 2 * DEAF_S * 50 and now - (self._sound.last_frame or self._made) > DEAF_S:
                    log.warning("sound arrives but cannot be decoded")
                    self._closing = asyncio.create_task(self._close(), name="close peer")
                    return
            heard = max(packets_at, self._control.last_received or 0.0, self._made)
            self._tell("disconnected" if now - heard > SILENT_S else "connected")

    def _sources(self) -> int:
        return sources(self._connection.getTransceivers()[0].receiver)

    def _give_up(self, flood: str) -> None:
        """A page that floods us loses its connection, and may make a new one as often as offers are taken."""
        if self._closing is None:
            log.warning("a page sends more than any page of ours", what=flood)
            self._closing = asyncio.create_task(self._close(), name="close peer")

    def _tell(self, state: PeerState) -> None:
        if state != self._state and self._state != "closed":
            self._state = state
            self._handlers.on_state(state)

    async def _close(self) -> None:
        self.speaker.stop()
        for task in list(self._tasks):
            task.cancel()
        closing = asyncio.ensure_future(self._connection.close())
        # aiortc's close can wait for ever on a peer that vanished in mid-handshake.
        done, _ = await asyncio.wait({closing}, timeout=CLOSE_S)
        if not done:
            log.warning("peer did not close in time")
            closing.cancel()
        elif closing.exception() is not None:
            log.warning("peer closed with an error", error=repr(closing.exception()))
        self._tell("closed")
