"""The bad network that other tests speak through: what it loses and holds, and that both ends only know it."""

from __future__ import annotations

import itertools
import re

import aioice
import pytest

from interviewer.media.aiortc_internals import adapt_ice
from interviewer.media.offer import with_repeats
from interviewer.media.peer import Peer, PeerOptions
from tests.media.page import Page, until
from tests.media.relay import CLEAN, Direction, Impairment, Relay
from tests.media.test_peer import Seen, tone


def held(impairment: Impairment, count: int = 20_000) -> list[float | None]:
    direction = Direction(5)
    return [direction.held_s(impairment) for _ in range(count)]


def runs(lost: list[bool]) -> list[int]:
    return [len(run) for run in re.findall("x+", "".join("x" if one else "." for one in lost))]


def test_loss_is_as_often_as_asked_for() -> None:
    lost = [h is None for h in held(Impairment(loss=0.05))]
    assert sum(lost) / len(lost) == pytest.approx(0.05, abs=0.01)


def test_bursts_take_several_in_a_row() -> None:
    lengths = runs([h is None for h in held(Impairment(burst_start=0.01, burst_end=0.25))])
    assert sum(lengths) / len(lengths) == pytest.approx(4, abs=0.6)


def test_jitter_stays_within_its_bounds_and_some_overtake() -> None:
    times = held(Impairment(delay_s=0.08, jitter_s=0.03, overtaking=0.1))
    slow = [t for t in times if t]
    assert 0.05 <= min(slow) < 0.052 < 0.108 < max(slow) <= 0.11
    assert times.count(0.0) / len(times) == pytest.approx(0.1, abs=0.02)


async def test_page_and_service_meet_through_the_relay_alone_and_survive_a_new_address() -> None:
    seen = Seen()
    async with Relay() as relay, Page(tone(400, 5)) as page:
        peer = await Peer.answer(relay.offer(await page.offer()), PeerOptions(), seen.handlers)
        try:
            await page.accept(await relay.answer(peer.local_sdp))
            await until(lambda: len(seen.blocks) > 5)
            assert relay.up.passed > 5
            relay.impairment = Impairment(dead=True)
            before = len(seen.blocks)
            await until(lambda: relay.up.lost > 10)
            relay.impairment = Impairment()
            relay.rebind()
            await until(lambda: len(seen.blocks) > before + 10)
        finally:
            await peer.close()


async def test_a_page_that_sends_lost_packets_again_loses_none_of_what_was_said() -> None:
    seen = Seen()
    async with Relay() as relay, Page(tone(400, 8)) as page:
        peer = await Peer.answer(with_repeats(relay.offer(await page.offer())), PeerOptions(), seen.handlers)
        try:
            assert re.search(r"a=rtcp-fb:\d+ nack\r\n", peer.local_sdp)
            await page.accept(await relay.answer(peer.local_sdp))
            await until(lambda: len(seen.blocks) > 5)
            relay.impairment = Impairment(loss=0.2)
            order = peer._sound.order
            await until(lambda: order.repeated > 5)
            relay.impairment = CLEAN
        finally:
            await peer.close()
    gaps = sum(b.start != a.start + len(a.samples) for a, b in itertools.pairwise(seen.blocks))
    assert gaps <= order.lost < relay.up.lost


async def test_a_path_that_takes_longer_than_half_a_second_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice waits no longer for a reply, and closes the connection when six stayed away: in half a minute."""
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.05)
    monkeypatch.setattr(aioice.ice, "CONSENT_FAILURES", 2)
    seen = Seen()
    async with Relay() as relay, Page(tone(400, 8)) as page:
        adapt_ice(page.connection)
        peer = await Peer.answer(relay.offer(await page.offer()), PeerOptions(), seen.handlers)
        try:
            await page.accept(await relay.answer(peer.local_sdp))
            await until(lambda: len(seen.blocks) > 5)
            relay.impairment = Impairment(delay_s=0.3)
            ice = peer._connection.getTransceivers()[0].sender.transport.transport.iceGatherer._connection
            ask, asked = ice.build_request, 0

            def counted(*arguments: object, **named: object) -> object:
                nonlocal asked
                asked += 1
                return ask(*arguments, **named)

            ice.build_request = counted
            await until(lambda: asked > 3)  # three of them were answered by then, each after 0.6 s
            assert "closed" not in seen.states
        finally:
            await peer.close()


async def test_a_page_that_does_not_say_so_is_not_asked() -> None:
    async with Relay() as relay, Page(tone(400, 8)) as page:
        peer = await Peer.answer(relay.offer(await page.offer()), PeerOptions(), Seen().handlers)
        try:
            assert " nack" not in peer.local_sdp
            await page.accept(await relay.answer(peer.local_sdp))
            order = peer._sound.order
            relay.impairment = Impairment(loss=0.2)
            await until(lambda: order.lost > 2)
            assert order.repeated == 0
        finally:
            await peer.close()
