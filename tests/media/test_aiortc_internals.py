"""What we change inside aiortc. A failure here after an update says which of its insides moved."""

import asyncio
from importlib import metadata

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpCodecParameters
from aiortc.rtcsctptransport import ForwardTsnChunk
from aiortc.rtp import RtpPacket

from interviewer.media import aiortc_internals
from interviewer.media.aiortc_internals import (
    KNOWN,
    UnknownAiortc,
    adapt_ice,
    ask_again,
    bound_messages,
    quieten_messages,
    sources,
    take_packets,
)
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from tests.media.page import Page, until


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
    take_packets(transceiver.receiver, lambda *packet: None)
    await ask_again(transceiver.receiver, 1, [2])
    assert sources(transceiver.receiver) == 0
    bound_messages(connection, lambda: None)
    adapt_ice(connection)
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


async def test_what_cannot_be_sent_again_because_the_page_is_gone_is_no_error():
    """aiortc's own timer leaves the exception to a task that nobody waits for."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.createDataChannel("control")
    transport = connection.sctp
    transport._remote_port = 5000
    transport._forward_tsn_chunk = ForwardTsnChunk()
    with pytest.raises(ConnectionError):
        await transport._transmit()
    quieten_messages(connection)
    await transport._transmit()
    await connection.close()


async def test_aiortc_hands_each_packet_over_as_it_comes():
    """Where it put packets elsewhere, ours would be there and never be used."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = connection.addTransceiver("audio").receiver
    came = []
    take_packets(receiver, lambda *packet: came.append(packet))
    receiver._RTCRtpReceiver__codecs[96] = RTCRtpCodecParameters("audio/opus", 48_000, 2, 96)
    for number in range(5):
        await receiver._handle_rtp_packet(RtpPacket(96, 0, number, number * 960, ssrc=number, payload=b"x"), 0)
    assert came == [(number, number, number * 960, b"x") for number in range(5)]
    assert sources(receiver) == 5
    await connection.close()


def test_an_aiortc_that_moved_them_is_named():
    with pytest.raises(UnknownAiortc, match=f"aiortc {metadata.version('aiortc')}.*jitter_buffer"):
        take_packets(object(), lambda *packet: None)  # type: ignore[arg-type]


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
            await asyncio.wait_for(page.messages.get(), 20)
        finally:
            await peer.close()
    assert 1000 < max(sizes) <= 1280 - 48  # IPv6 and UDP headers
