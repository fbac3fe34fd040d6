"""Media that holds: packets that are no sound, servers that do not answer, closes that hang, peers that come and go.

Guards: corrupt packets end neither the track nor what comes after them; a page whose sound can never be decoded is let
go; a second microphone is not taken, and nothing of it piles up; a STUN server that is down costs an answer 2 s; a
close that waits for ever is left behind; a track that has ended is not asked again and again; nothing of a closed peer
stays in memory.
"""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import threading
import time
import weakref
from fractions import Fraction

import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.packet import Packet

from interviewer.media import peer as peer_module
from interviewer.media.peer import IceServer, Peer, PeerHandlers, PeerOptions
from tests.media.page import Microphone, Page, until
from tests.media.test_peer import Seen, connected, tone


def decoders() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.name == "audio-decoder"}


def open_sockets() -> set[int]:
    found = (o for o in gc.get_objects() if isinstance(o, asyncio.DatagramTransport))
    return {id(o) for o in found if not o.is_closing()}


class CorruptMicrophone(MediaStreamTrack):
    """Packets of random bytes, the first ``count`` of them, then those of a real microphone."""

    kind = "audio"

    def __init__(self, count: int, sound: np.ndarray) -> None:
        super().__init__()
        self._count = count
        self._real = Microphone(sound)
        self._random = random.Random(4)
        self.ticks = 0

    async def recv(self) -> object:
        frame = await self._real.recv()
        self.ticks += 1
        if self.ticks > self._count:
            return frame
        # Code 3 with more frames than there is room for: no decoder takes it (RFC 6716 section 3.2.5).
        packet = Packet(bytes([0xFF, 0x3F]) + self._random.randbytes(40))
        packet.pts, packet.time_base = frame.pts, Fraction(1, 48_000)
        return packet


def corrupt_page(count: int) -> tuple[Page, CorruptMicrophone]:
    microphone = CorruptMicrophone(count, tone(500, 10))
    page = Page(None)
    transceiver = page.connection.getTransceivers()[0]
    transceiver.sender.replaceTrack(microphone)
    transceiver.direction = "sendrecv"
    return page, microphone


async def test_corrupt_packets_end_neither_the_track_nor_what_follows_them() -> None:
    seen = Seen()
    page, microphone = corrupt_page(20)
    async with page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        try:
            await page.accept(peer.local_sdp)
            await until(lambda: len(seen.blocks) > 10)
            assert microphone.ticks > 20
            assert "closed" not in seen.states
        finally:
            await peer.close()


async def test_a_page_whose_sound_can_never_be_decoded_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "DEAF_S", 0.3)
    monkeypatch.setattr(peer_module, "WATCH_S", 0.1)
    seen = Seen()
    page, _ = corrupt_page(10_000)
    async with page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        await page.accept(peer.local_sdp)
        await until(lambda: seen.states[-1:] == ["closed"])
        assert seen.blocks == []
        await peer.close()


async def test_a_second_microphone_is_not_taken_and_nothing_of_it_piles_up() -> None:
    seen = Seen()
    before = decoders()
    async with Page(tone(400, 5)) as page:
        page.connection.addTrack(Microphone(tone(900, 5)))
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        try:
            await page.accept(peer.local_sdp)
            await until(lambda: len(seen.blocks) > 10)
            ours, other = (t.receiver for t in peer._connection.getTransceivers())
            assert ours.track._queue.qsize() <= 5
            assert other.track is None or other.track._queue.qsize() == 0
            # The page's own decoder of Melvin's voice, and ours of the page's.
            await until(lambda: len(decoders() - before) >= 2)
            assert len(decoders() - before) == 2
        finally:
            await peer.close()


async def test_a_stun_server_that_is_down_does_not_hold_up_the_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        options = PeerOptions((IceServer(f"stun:127.0.0.1:{silent.getsockname()[1]}"),))
        async with Page(None) as page:
            offer = await page.offer()
            began = time.monotonic()
            peer = await Peer.answer(offer, options, PeerHandlers())
            took = time.monotonic() - began
            await peer.close()
        assert silent.recv(1500, socket.MSG_DONTWAIT)  # it was asked
    assert took < 4  # aiortc's own wait is 5 s, ours 2
    assert "typ host" in peer.local_sdp


async def test_a_close_that_waits_for_ever_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "CLOSE_S", 0.2)
    seen = Seen()
    async with Page(None) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        really_close, waiting = peer._connection.close, asyncio.Event()

        async def hang() -> None:
            await waiting.wait()

        monkeypatch.setattr(peer._connection, "close", hang)
        async with asyncio.timeout(5):
            await asyncio.gather(peer.close(), peer.close())
        assert seen.states == ["closed"]
        await really_close()


async def test_a_track_that_has_ended_is_asked_no_more() -> None:
    async with connected(None) as (_, peer, _):
        asked = 0
        ask = peer.speaker.recv

        async def counted() -> object:
            nonlocal asked
            asked += 1
            return await ask()

        peer.speaker.recv = counted  # type: ignore[assignment, method-assign]
        await until(lambda: asked > 2)
        peer.speaker.stop()
        with pytest.raises(MediaStreamError):
            await counted()
        await until(lambda: peer._connection.getSenders()[0].track is None)
        before = asked
        await asyncio.sleep(0.2)
        assert asked == before


async def test_nothing_of_a_closed_peer_stays() -> None:
    gone: list[weakref.ref[object]] = []
    gc.collect()
    sockets, threads = open_sockets(), decoders()
    for _ in range(3):
        async with connected(tone(400, 3)) as (page, peer, seen):
            await until(lambda seen=seen: len(seen.blocks) > 2)  # type: ignore[misc]
            gone += [weakref.ref(one) for one in (peer, peer._connection, peer.speaker, page.connection)]
        del page, peer, seen
    await until(lambda: decoders() <= threads)

    def kept() -> list[object]:
        gc.collect()
        return [one for ref in gone if (one := ref()) is not None]

    await until(lambda: not kept())
    assert open_sockets() <= sockets
