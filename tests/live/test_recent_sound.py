"""Sound is found again by position, gaps read as zeros, and memory is bounded."""

from __future__ import annotations

import numpy as np

from interviewer.live.recent_sound import RecentSound


def block(value: int, n: int = 320) -> np.ndarray:  # type: ignore[type-arg] # int16, one dimension
    return np.full(n, value, np.int16)


def test_a_span_crosses_blocks_and_gaps() -> None:
    sound = RecentSound(16_000)
    sound.add(1000, block(1))
    sound.add(1320, block(2))
    sound.add(2000, block(3))  # 360 samples are missing before it
    span = sound.span(1300, 2010)
    assert len(span) == 710
    assert span[:20].tolist() == [1] * 20
    assert span[20:340].tolist() == [2] * 320
    assert not span[340:700].any()
    assert span[700:].tolist() == [3] * 10


def test_what_is_before_the_first_block_is_left_out() -> None:
    sound = RecentSound(16_000)
    sound.add(1000, block(1))
    assert len(sound.span(0, 1100)) == 100


def test_old_sound_is_forgotten() -> None:
    sound = RecentSound(640)
    for i in range(10):
        sound.add(i * 320, block(i))
    assert len(sound.span(0, 3200)) <= 960
    sound.forget_before(3200)
    assert len(sound.span(0, 3200)) == 0
