"""Frames are placed by RTP time: a gap is a jump, never a shift; a lying clock cannot make a recording grow."""

from fractions import Fraction

import numpy as np
import pytest
from av import AudioFrame

from interviewer.media.audio_in import AudioBlock, AudioPlacer

FRAME = 960


def frame(pts: int, value: int | np.ndarray = 0, layout: str = "stereo") -> AudioFrame:
    mono = np.full(FRAME, value, np.int16) if isinstance(value, int) else value
    packed = np.repeat(mono, 2)[np.newaxis] if layout == "stereo" else mono[np.newaxis]
    made = AudioFrame.from_ndarray(np.ascontiguousarray(packed), format="s16", layout=layout)
    made.sample_rate, made.pts, made.time_base = 48_000, pts, Fraction(1, 48_000)
    return made


class Placed:
    def __init__(self) -> None:
        self.now = 0.0
        self.blocks: list[AudioBlock] = []
        self.placer = AudioPlacer(self.blocks.append, lambda: self.now)

    def play(self, *numbers: int, value: int = 1000) -> None:
        """Frames by number, each when it is due."""
        for number in numbers:
            self.now = number * 0.02
            self.placer.place(frame(number * FRAME, value))

    def sound(self) -> np.ndarray:
        end = max(b.start + len(b.samples) for b in self.blocks)
        out = np.zeros(end, np.int16)
        for block in self.blocks:
            out[block.start : block.start + len(block.samples)] = block.samples
        return out


def test_an_unbroken_stream_is_one_run_of_blocks():
    placed = Placed()
    placed.play(*range(50))
    placed.placer.finish()
    ends = [b.start + len(b.samples) for b in placed.blocks]
    assert placed.blocks[0].start == 0
    assert [b.start for b in placed.blocks[1:]] == ends[:-1]
    assert ends[-1] == 50 * 320


def test_a_lost_frame_leaves_a_gap_and_moves_nothing():
    placed = Placed()
    placed.play(0, 1, 2, 4, 5)
    placed.placer.finish()
    sound = placed.sound()
    assert len(sound) == 6 * 320
    assert not sound[3 * 320 : 4 * 320].any()
    assert (np.abs(sound[4 * 320 + 20 : 6 * 320 - 20].astype(int) - 1000) < 5).all()


def test_a_mark_after_a_gap_is_at_its_own_time():
    placed = Placed()
    placed.play(0, 1)
    mark = np.zeros(FRAME, np.int16)
    mark[300] = 30_000
    placed.now = 10 * 0.02
    placed.placer.place(frame(10 * FRAME, mark))
    placed.placer.finish()
    assert int(np.argmax(placed.sound())) == 10 * 320 + 100


def test_a_frame_after_its_turn_is_dropped():
    placed = Placed()
    placed.play(0, 1, 3)
    before = len(placed.blocks)
    placed.placer.place(frame(2 * FRAME, 1000))
    assert len(placed.blocks) == before


def test_mono_and_stereo_are_heard_alike():
    for layout in ("mono", "stereo"):
        placed = Placed()
        for number in range(5):
            placed.now = number * 0.02
            placed.placer.place(frame(number * FRAME, 1000, layout))
        assert placed.sound()[500] == pytest.approx(1000, abs=3)


@pytest.mark.parametrize("jump", [2**32 // FRAME, -(2**31) // FRAME, 3600 * 50])
def test_a_clock_that_jumps_goes_on_from_real_time(jump):
    placed = Placed()
    placed.play(*range(10))
    for number in range(10, 60):
        placed.now = number * 0.02
        placed.placer.place(frame((number + jump) * FRAME, 1000))
    placed.placer.finish()
    assert len(placed.sound()) == 60 * 320


def test_a_burst_after_a_stall_keeps_its_times():
    placed = Placed()
    placed.play(*range(10))
    placed.now = 1.0
    for number in range(10, 50):
        placed.placer.place(frame(number * FRAME, 1000))
    placed.placer.finish()
    assert len(placed.sound()) == 50 * 320


def test_a_stream_whose_first_frame_was_taken_late_keeps_its_times_whatever_is_lost():
    placed = Placed()
    placed.now = 4.0
    for number in range(200):
        placed.placer.place(frame(number * FRAME, 1000))
    for number in range(200, 300):
        placed.now = max(4.0, number * 0.02)
        if number % 10:
            placed.placer.place(frame(number * FRAME, 1000))
    placed.placer.finish()
    assert len(placed.sound()) == 300 * 320


def test_sound_that_comes_faster_than_anybody_speaks_does_not_make_a_recording_grow():
    placed = Placed()
    for number in range(1500):  # 30 s of it, within one
        placed.now = number * 0.0006
        placed.placer.place(frame(number * FRAME, 1000))
    before = len(placed.sound())
    assert before < 12 * 16_000
    placed.now = 30.0  # and when it is what it should be, it is heard again
    for number in range(1500, 1510):
        placed.placer.place(frame(number * FRAME, 1000))
    assert len(placed.sound()) >= before + 9 * 320
