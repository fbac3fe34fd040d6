"""Packets put in order: no delay without loss, none that stays, nothing good thrown away, lost ones asked for."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from interviewer.media import packet_order
from interviewer.media.packet_order import LONGEST_HOLE, PacketOrder

EACH_S = 0.02


def arriving(order: PacketOrder, numbers: Iterable[int], first_s: float = 0.0) -> list[tuple[int, int]]:
    """One packet each 20 ms: (number that was handed on, number whose arrival let it go)."""
    handed = []
    for n, number in enumerate(numbers):
        ready = order.add(number & 0xFFFF, number * 960 & 0xFFFFFFFF, str(number).encode(), first_s + n * EACH_S)
        handed += [(int(one.data), number) for one in ready]
    return handed


def numbers(handed: list[tuple[int, int]]) -> list[int]:
    return [number for number, _ in handed]


def test_packets_in_order_wait_for_nothing() -> None:
    assert arriving(PacketOrder(), range(100)) == [(n, n) for n in range(100)]


def test_losses_neither_add_delay_nor_cost_good_packets() -> None:
    chance = random.Random(3)
    sent = [n for n in range(3000) if chance.random() > 0.05]
    order = PacketOrder()
    handed = arriving(order, [*sent, 3000, 3001, 3002, 3003])
    assert numbers(handed)[: len(sent)] == sent
    assert max(at - n for n, at in handed) <= 8
    assert order.lost == 3000 - len(sent)
    stock = JitterBuffer(capacity=16, prefetch=4)  # what ours is there for: aiortc's own throws good packets away
    taken = 0
    for n in sent:
        packet = RtpPacket(sequence_number=n, timestamp=n * 960)
        packet._data = b"x"  # type: ignore[attr-defined]  # as the receiver sets it
        taken += stock.add(packet)[1] is not None
    assert taken < 0.9 * len(sent)


def test_packets_that_overtook_each_other_are_put_right() -> None:
    assert numbers(arriving(PacketOrder(), [0, 2, 1, 3, 6, 4, 5, 7])) == list(range(8))


def test_a_packet_after_its_turn_and_a_second_copy_are_dropped() -> None:
    order = PacketOrder()
    assert numbers(arriving(order, [0, 1, 2, 3, 3, 0, 4, 6, 6, 5])) == list(range(7))
    assert order.late == 3


def test_numbers_and_times_wrap() -> None:
    order = PacketOrder()
    first = 2**32 // 960 - 5
    times = [one.time for n in range(20) for one in order.add(65_530 + n & 0xFFFF, (first + n) * 960 % 2**32, b"", n)]
    assert times == [n * 960 for n in range(20)]


@pytest.mark.parametrize("then", [range(30_000, 30_010), range(2000, 2010), range(-2000, -1990)])
def test_a_sender_that_begins_anew_or_was_away_for_long_is_followed_and_nothing_before_is_lost(then: range) -> None:
    before = [*range(7), 8, 9]  # 7 is still waited for
    assert numbers(arriving(PacketOrder(), [*before, *then])) == [*before, *then]


def test_what_is_lost_is_asked_for_once_something_later_came_and_again_while_it_does_not_come() -> None:
    order = PacketOrder()
    order.repeats = True
    order.add(10, 0, b"a", 0.0)
    order.add(13, 3 * 960, b"d", 0.06)
    assert order.missing(0.06) == []  # the very next one may have been overtaken
    assert order.missing(0.08) == [11, 12]
    assert order.missing(0.1) == []
    assert [one.data for one in order.add(11, 960, b"b", 0.12)] == [b"b"]
    assert order.missing(0.16) == [12]
    assert [one.data for one in order.add(12, 2 * 960, b"c", 0.2)] == [b"c", b"d"]
    assert order.missing(0.4) == []
    assert (order.repeated, order.lost) == (2, 0)


def test_who_sends_nothing_again_is_not_asked_and_not_waited_for() -> None:
    order = PacketOrder()
    handed = arriving(order, [0, 1, 3, 4, 5, 6, 7, 8])
    assert order.missing(1.0) == []
    assert handed[2:6] == [(3, 6), (4, 6), (5, 6), (6, 6)]


def test_what_does_not_come_in_time_is_given_up_and_its_delay_is_over() -> None:
    order = PacketOrder()
    order.repeats = True
    handed = arriving(order, [0, *range(2, 60)])
    waited = [at - n for n, at in handed]
    patience = packet_order.WAIT_FOR_REPEAT_S / EACH_S
    assert patience <= max(waited) <= patience + 2
    assert waited[-30:] == [0] * 30
    assert order.lost == 1


def test_what_waits_behind_a_hole_comes_out_also_where_nothing_more_comes() -> None:
    order = PacketOrder()
    arriving(order, [0, 2, 3])
    assert order.ready(0.03) == []
    assert [one.data for one in order.ready(1.0)] == [b"2", b"3"]
    assert order.ready(2.0) == []


def test_a_network_that_was_away_for_long_is_not_asked_for_what_nobody_keeps() -> None:
    order = PacketOrder()
    order.repeats = True
    arriving(order, [0, LONGEST_HOLE])
    assert len(order.missing(1.0)) == LONGEST_HOLE - 1
    arriving(order, [5000, 5000 + LONGEST_HOLE + 5], first_s=2.0)
    assert order.missing(3.0) == []


def test_a_flood_behind_a_hole_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_order, "MOST_WAITING", 20)
    order = PacketOrder()
    order.repeats = True
    for n in [0, *range(2, 60)]:
        order.add(n, n * 960, b"", 0.001)
        assert len(order._waiting) <= 21


def test_hole_after_hole_is_not_kept() -> None:
    order = PacketOrder()
    order.repeats = True
    for n in range(200):
        order.add(n * LONGEST_HOLE & 0xFFFF, 0, b"", 0.001 * n)
        assert len(order._holes) <= packet_order.MOST_HOLES + LONGEST_HOLE
        assert len(order.missing(0.001 * n)) <= packet_order.MOST_HOLES + LONGEST_HOLE


@pytest.mark.parametrize("repeats", [True, False])
def test_numbers_and_times_that_mean_nothing_break_nothing_and_are_not_kept(repeats: bool) -> None:
    chance = random.Random(11)
    order = PacketOrder()
    order.repeats = repeats
    handed = 0
    near = 0
    for n in range(5000):
        near = chance.choice((near + 1, near + 2, near - 3, chance.randrange(65_536), near)) & 0xFFFF
        handed += len(order.add(near, chance.randrange(2**32), b"x", n * 0.005))
        order.missing(n * 0.005)
        assert len(order._waiting) <= packet_order.MOST_WAITING + LONGEST_HOLE
        assert len(order._holes) <= packet_order.MOST_HOLES + LONGEST_HOLE
    handed += len(order.ready(float("inf")))
    assert order.received == 5000
    assert handed == 5000 - order.late
