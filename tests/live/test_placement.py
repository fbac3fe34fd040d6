"""Late sound keeps its place, sound after a standstill is moved up, and nothing is lost or doubled on the way."""

from __future__ import annotations

import numpy as np

from interviewer.live.placement import Placement

RATE = 16_000
BLOCK = 320


class Stream:
    """20 ms blocks, each marked with its number, and when each arrives."""

    def __init__(self) -> None:
        self.placement = Placement()
        self.now = 10_000
        self.start = 0
        self.number = 0
        self.placed: list[tuple[int, int]] = []

    def arrive(self, blocks: int, *, every: float = 0.02) -> None:
        for _ in range(blocks):
            self.now += round(every * RATE)
            block = np.full(BLOCK, self.number, np.int16)
            self.placed += [(at, int(s[0])) for at, s in self.placement.place(self.now, self.start, block)]
            self.start += BLOCK
            self.number += 1

    def starts(self) -> list[int]:
        return [at for at, _ in self.placed]


def test_a_steady_stream_lies_end_to_end() -> None:
    stream = Stream()
    stream.arrive(100)
    assert np.diff(stream.starts()).tolist() == [BLOCK] * 99


def test_jitter_moves_nothing() -> None:
    stream = Stream()
    rng = np.random.default_rng(1)
    for delay in rng.uniform(0, 0.15, 200):
        stream.arrive(1, every=0.02 + delay - 0.075 if delay > 0.075 else 0.02)
    assert np.diff(stream.starts()).tolist() == [BLOCK] * 199


def test_a_burst_after_a_second_without_network_keeps_its_place() -> None:
    stream = Stream()
    stream.arrive(50)
    stream.now += RATE
    stream.arrive(50, every=0.001)  # what was under way
    stream.arrive(100)
    assert [n for _, n in stream.placed] == list(range(200))
    assert np.diff(stream.starts()).tolist() == [BLOCK] * 199


def test_after_a_standstill_sound_is_moved_up_to_the_clock() -> None:
    stream = Stream()
    stream.arrive(50)
    stream.now += 10 * RATE
    stream.arrive(100)
    assert [n for _, n in stream.placed] == list(range(150))
    gaps = np.diff(stream.starts())
    assert gaps[49] == BLOCK + 10 * RATE
    assert gaps[:49].tolist() + gaps[50:].tolist() == [BLOCK] * 148


def test_a_gap_of_lost_packets_is_a_gap() -> None:
    stream = Stream()
    stream.arrive(50)
    stream.now += RATE
    stream.start += RATE
    stream.arrive(50)
    gaps = np.diff(stream.starts())
    assert gaps[49] == BLOCK + RATE


class BusyMachine:
    """Somebody speaks without end but for pauses; each block is taken up when the machine comes to it. ``stalls``: for
    so long it takes nothing, then ``pace`` times as fast as sound is made, until it has caught up."""

    def __init__(self, stalls_s: float, pace: float, pauses: tuple[tuple[int, int], ...] = ()) -> None:
        placement, rng = Placement(), np.random.default_rng(2)
        free, self.placed, self.said = 0.0, dict[int, int](), 1300
        self.quiet = {n for first, last in pauses for n in range(first, last)}
        for number in range(self.said):
            made = 10_000 + (number + 1) * BLOCK
            at = max(made, free)
            if number == 100:
                at = made + stalls_s * RATE
            free = at + BLOCK / pace
            block = np.full(BLOCK, number, np.int16)
            if number not in self.quiet:
                block += rng.integers(-9000, 9000, BLOCK, np.int16) * 2
                block[0] = number
            for start, samples in placement.place(round(at), number * BLOCK, block):
                self.placed[int(samples[0])] = start

    def late(self, number: int) -> float:
        """Seconds by which the block lies after the moment in which it was made."""
        return (self.placed[number] - 10_000 - number * BLOCK) / RATE


def test_a_stalled_machine_that_catches_up_slowly_moves_nothing() -> None:
    busy = BusyMachine(stalls_s=1.2, pace=1.3)
    assert len(busy.placed) == busy.said
    assert {busy.late(n) for n in range(busy.said)} == {0.0}


def test_one_that_hardly_catches_up_moves_sound_for_no_longer_than_until_the_next_pause() -> None:
    busy = BusyMachine(stalls_s=1.2, pace=1.09, pauses=((1000, 1012),))
    assert busy.late(200) > 0.5, "it looked as if it had been made then"
    assert busy.late(1299) == busy.late(200), "that was no pause"
    busy = BusyMachine(stalls_s=1.2, pace=1.09, pauses=((1000, 1090),))
    assert busy.late(999) > 0.5
    assert all(abs(busy.late(n)) <= 0.1 for n in range(1090, busy.said))
    lost = set(range(busy.said)) - set(busy.placed)
    assert lost <= busy.quiet, "no word is taken out"
    starts = [busy.placed[n] for n in sorted(busy.placed)]
    assert min(np.diff(starts)) == BLOCK, "nothing lies over anything"


def test_after_a_standstill_on_a_machine_that_was_late_as_well_sound_comes_to_the_clock() -> None:
    stream = Stream()
    stream.arrive(50)
    stream.now += 10 * RATE
    stream.arrive(200, every=0.015)  # for three seconds: no longer than two of them is it held
    assert len(stream.placed) > 50 + 100
    stream.arrive(100)
    assert [n for _, n in stream.placed] == list(range(350))
    assert stream.starts()[-1] == stream.now - BLOCK
    assert min(np.diff(stream.starts())) == BLOCK
