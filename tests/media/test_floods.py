"""A page that sends what no page of ours sends loses its connection; what it sent is not kept."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiortc.rtp import RtpPacket

from interviewer.media import aiortc_internals
from interviewer.media import peer as peer_module
from tests.media.page import until
from tests.media.test_peer import connected, tone


async def test_a_message_that_never_ends_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiortc_internals, "MOST_PIECES", 50)
    async with connected(None) as (page, peer, seen):
        page.channel.send("x" * 200_000)  # some 180 pieces
        await until(lambda: seen.states[-1] == "closed")
        pieces = sum(len(s.reassembly) for s in peer._connection.sctp._inbound_streams.values())
        assert pieces <= 51
        assert seen.messages == []


async def test_one_data_channel_after_the_other_is_not_kept() -> None:
    async with connected(None) as (page, _, seen):
        for n in range(40):
            page.connection.createDataChannel(f"more-{n}")
        await until(lambda: seen.states[-1] == "closed")


async def test_a_large_message_is_refused_and_the_call_goes_on() -> None:
    async with connected(None) as (page, peer, seen):
        page.channel.send("x" * 50_000)
        page.channel.send('{"t":"ping","n":1}')
        await until(lambda: seen.messages)
        assert seen.messages == [{"t": "ping", "n": 1}]
        assert peer._control.refused == 1
        assert seen.states[-1] == "connected"


async def test_messages_without_end_cost_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "MOST_REFUSED", 20)
    monkeypatch.setattr(peer_module, "WATCH_S", 0.05)
    async with connected(None) as (page, _, seen):
        for _ in range(30):
            page.channel.send("not JSON")
        await until(lambda: seen.states[-1] == "closed")


@pytest.mark.parametrize("kind", ["packets", "sources"])
async def test_sound_without_end_costs_the_connection(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(peer_module, "WATCH_S", 0.05)
    monkeypatch.setattr(peer_module, "FLOOD", 100)
    async with connected(tone(400, 5)) as (page, _, seen):
        await until(lambda: len(seen.blocks) > 2)
        sender = page.connection.getSenders()[0]
        with contextlib.suppress(ConnectionError):  # it is closed before all is sent
            for n in range(1000 if kind == "packets" else 100):
                packet = RtpPacket(96, 0, n, n * 960, ssrc=n if kind == "sources" else 77, payload=b"\xff\xff")
                await sender.transport._send_rtp(packet.serialize())
                if n % 250 == 0:  # all of these come in one look of the watch, however busy the machine is
                    await asyncio.sleep(0)
        await until(lambda: seen.states[-1] == "closed")
