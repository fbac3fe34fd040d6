"""What we change inside aiortc. A failure here after an update says which of its insides moved."""

import asyncio
from importlib import metadata

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpCodecParameters
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from interviewer.media import aiortc_internals
from interviewer.media.aiortc_internals import (
    KNOWN,
    SteadyBuffer,
    UnknownAiortc,
    adapt_receiver,
    bound_messages,
    hasten_gathering,
    sources,
)
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from tests.media.page import Page, until


def packet(number: int) -> RtpPacket:
    made = RtpPacket(sequence_number=number & 0xFFFF, timestamp=number * 960)
    made._data = str(number).encode()
    return made


def out(buffer: JitterBuffer, numbers) -> list[tuple[int, int]]:
    """(number that came out, number whose arrival let it out)"""
    handed = []
    for number in numbers:
        _, frame = buffer.add(packet(number))
        if frame is not None:
            handed.append((int(frame.data), number))
    return handed


def test_packets_come_out_in_order_with_a_constant_delay():
    assert out(SteadyBuffer(3), range(100)) == [(n, n + 3) for n in range(97)]


def test_losses_neither_add_delay_nor_cost_good_packets():
    rng = np.random.default_rng(3)
    sent = [n for n in range(3000) if rng.random() > 0.05]
    handed = out(SteadyBuffer(3), sent)
    assert [n for n, _ in handed] == sent[:-3]
    assert max(at - n for n, at in handed) <= 8
    stock = out(JitterBuffer(capacity=16, prefetch=4), sent)
    assert len(stock) < 0.9 * len(sent)  # what it is there for: aiortc's own throws good packets away


def test_packets_that_overtook_each_other_are_put_right():
    numbers = [0, 2, 1, 3, 6, 4, 5, 7, 8, 9, 10, 11]
    assert [n for n, _ in out(SteadyBuffer(3), numbers)] == list(range(9))


def test_a_packet_after_its_turn_and_a_second_copy_are_dropped():
    buffer = SteadyBuffer(2)
    assert [n for n, _ in out(buffer, [0, 1, 2, 3, 3, 0, 4, 5])] == [0, 1, 2, 3]
    assert buffer.late == 1


def test_numbers_wrap():
    assert [n for n, _ in out(SteadyBuffer(3), range(65_530, 65_550))] == list(range(65_530, 65_547))


def test_a_sender_that_begins_anew_is_followed():
    assert [n for n, _ in out(SteadyBuffer(3), [*range(10), *range(30_000, 30_010)])][-7:] == list(
        range(30_000, 30_007)
    )


def test_after_a_long_silence_of_the_network_nothing_that_came_before_it_is_lost():
    numbers = [*range(10), *range(2000, 2010)]
    assert [n for n, _ in out(SteadyBuffer(3), numbers)] == numbers[:-3]


def test_a_sender_that_begins_anew_further_back_is_followed():
    handed = [n for n, _ in out(SteadyBuffer(3), [*range(30_000, 30_010), *range(10)])]
    assert handed[-7:] == list(range(7))


def test_this_aiortc_is_one_whose_insides_were_looked_at():
    installed = ".".join(metadata.version("aiortc").split(".")[:2])
    assert installed in KNOWN, (
        f"aiortc {installed} is new here: run all of tests/media, read what changed in rtcrtpreceiver.py, "
        "jitterbuffer.py, rtcsctptransport.py and aioice's ice.py, then add it to KNOWN"
    )


async def test_the_insides_are_where_they_were():
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("audio")
    connection.createDataChannel("control")
    assert adapt_receiver(transceiver.receiver).received == 0
    assert sources(transceiver.receiver) == 0
    bound_messages(connection, lambda: None)
    hasten_gathering(connection)
    aiortc_internals.adapt_data_channels()
    await connection.close()


async def test_a_lost_message_is_sent_again_before_the_page_gives_the_connection_up() -> None:
    aiortc_internals.adapt_data_channels()
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.createDataChannel("control")
    transport = connection.sctp
    assert transport is not None
    assert transport._rto == 0.5
    for _ in range(20):
        transport._update_rto(0.05)
    assert transport._rto == 0.3
    await connection.close()


async def test_aiortc_asks_the_buffer_that_was_put_in_for_each_packet():
    """Where it looked for its buffer elsewhere, ours would be there and never be used."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = connection.addTransceiver("audio").receiver
    buffer = adapt_receiver(receiver)
    receiver._RTCRtpReceiver__codecs[96] = RTCRtpCodecParameters("audio/opus", 48_000, 2, 96)
    for number in range(5):
        await receiver._handle_rtp_packet(RtpPacket(96, 0, number, number * 960, ssrc=number, payload=b"x"), 0)
    assert buffer.received == 5
    assert sources(receiver) == 5
    await connection.close()


def test_an_aiortc_that_moved_them_is_named():
    with pytest.raises(UnknownAiortc, match=f"aiortc {metadata.version('aiortc')}.*jitter_buffer"):
        adapt_receiver(object())  # type: ignore[arg-type]


async def test_control_messages_fit_a_packet_of_every_path():
    """1280 bytes is the least that IPv6 lets through; with 1200 of data, headers and encryption are more than that."""
    sizes: list[int] = []
    async with Page(None) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), PeerHandlers())
        try:
            await page.accept(peer.local_sdp)
            await until(page.opened.is_set)
            dtls = peer._connection.sctp.transport
            send = dtls.transport._send

            async def weighed(data: bytes) -> None:
                sizes.append(len(data))
                await send(data)

            dtls.transport._send = weighed
            channel = peer._control._channel
            assert channel is not None
            channel.send("x" * 5000)
            await asyncio.wait_for(page.messages.get(), 5)
        finally:
            await peer.close()
    assert 1000 < max(sizes) <= 1280 - 48  # IPv6 and UDP headers
