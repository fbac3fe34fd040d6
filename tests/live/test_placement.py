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
