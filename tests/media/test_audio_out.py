"""Melvin's track: one utterance after the other, silence between, stopped with a fade, told what was really sent."""

import time

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from interviewer.media.audio_out import FRAME, Speaker


def tone(frames: float, hertz: float = 400) -> np.ndarray:
    t = np.arange(int(frames * FRAME)) / 48_000
    return (8000 * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


class Heard:
    def __init__(self, speaker: Speaker) -> None:
        self.finished: list[tuple[int, bool]] = []
        self.played: list[tuple[float, np.ndarray]] = []
        speaker.on_finished = lambda utterance, cut: self.finished.append((utterance, cut))
        speaker.on_played = lambda at, samples: self.played.append((at, samples))


class Clock:
    """Real time, which a test can push forward, as a stalled event loop would."""

    def __init__(self) -> None:
        self.pushed = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.pushed


async def frames(speaker: Speaker, count: int) -> np.ndarray:
    return np.concatenate([(await speaker.recv()).to_ndarray()[0] for _ in range(count)])


async def test_silence_when_nothing_is_said():
    assert not (await frames(Speaker(), 3)).any()


async def test_what_is_played_comes_out_sample_for_sample():
    speaker = Speaker()
    heard = Heard(speaker)
    sound = tone(2.5)
    speaker.play(7, sound)
    out = await frames(speaker, 3)
    assert np.array_equal(out[: len(sound)], sound)
    assert not out[len(sound) :].any()
    assert heard.finished == []  # its last sample is only now on its way
    await frames(speaker, 1)
    assert heard.finished == [(7, False)]


async def test_utterances_follow_each_other_in_order():
    speaker = Speaker()
    heard = Heard(speaker)
    speaker.play(1, tone(2))
    speaker.play(2, tone(1, 800))
    out = await frames(speaker, 5)
    assert np.array_equal(out[: 3 * FRAME], np.concatenate([tone(2), tone(1, 800)]))
    assert heard.finished == [(1, False), (2, False)]


async def test_stop_fades_out_within_one_frame():
    speaker = Speaker()
    heard = Heard(speaker)
    speaker.play(1, tone(50))
    await frames(speaker, 2)
    speaker.stop(1)
    out = await frames(speaker, 3)
    assert np.abs(out[:200]).max() > 5000
    assert np.abs(out[FRAME - 50 : FRAME]).max() < 600
    assert not out[FRAME:].any()
    assert heard.finished == [(1, True)]


async def test_an_utterance_that_was_not_begun_is_left_out():
    speaker = Speaker()
    heard = Heard(speaker)
    speaker.play(1, tone(1))
    speaker.play(2, tone(9, 800))
    speaker.stop(2)
    out = await frames(speaker, 3)
    assert not out[FRAME:].any()
    assert heard.finished == [(1, False), (2, True)]


async def test_an_empty_sound_is_finished_too():
    speaker = Speaker()
    heard = Heard(speaker)
    speaker.play(1, np.zeros(0, np.int16))
    await frames(speaker, 1)
    assert heard.finished == [(1, False)]


async def test_what_was_sent_is_told_at_16_khz_with_its_time():
    speaker = Speaker()
    heard = Heard(speaker)
    await frames(speaker, 2)
    began = time.monotonic()
    speaker.play(1, tone(10))
    await frames(speaker, 12)
    told = np.concatenate([samples for _, samples in heard.played])
    assert len(told) == 10 * 320
    expected = (8000 * np.sin(2 * np.pi * 400 * np.arange(3200) / 16_000)).astype(int)
    assert np.abs(told[50:-50].astype(int) - expected[50:-50]).max() < 60
    assert heard.played[0][0] == pytest.approx(began, abs=0.05)
    for (at, samples), (after, _) in zip(heard.played, heard.played[1:], strict=False):
        assert after == pytest.approx(at + len(samples) / 16_000, abs=1e-4)


async def test_frames_come_in_real_time():
    speaker = Speaker()
    began = time.monotonic()
    await frames(speaker, 11)
    assert time.monotonic() - began == pytest.approx(0.2, abs=0.08)


async def test_after_a_stall_late_ticks_are_left_out_and_the_sound_goes_on():
    clock = Clock()
    speaker = Speaker(clock)
    sound = tone(20)
    speaker.play(1, sound)
    first = [await speaker.recv() for _ in range(5)]
    clock.pushed = 0.5
    began = time.monotonic()
    after = [await speaker.recv() for _ in range(5)]
    assert time.monotonic() - began > 0.06  # no burst to catch up
    assert after[0].pts - first[-1].pts > 20 * FRAME
    out = np.concatenate([f.to_ndarray()[0] for f in first + after])
    assert np.array_equal(out, sound[: 10 * FRAME])
    assert speaker.late_ticks == pytest.approx(25, abs=6)


async def test_a_track_that_ends_finishes_everything_cut():
    speaker = Speaker()
    heard = Heard(speaker)
    speaker.play(1, tone(50))
    speaker.play(2, tone(1))
    await frames(speaker, 1)
    speaker.stop()
    speaker.play(3, tone(1))
    assert heard.finished == [(1, True), (2, True), (3, True)]
    with pytest.raises(MediaStreamError):
        await speaker.recv()


async def test_marks_are_told_with_the_frame_that_holds_them():
    speaker = Speaker()
    reached: list[tuple[int, int, int]] = []
    sent = 0
    speaker.on_reached = lambda utterance, mark: reached.append((utterance, mark, sent))
    speaker.play(3, tone(4), (0, FRAME + 10, 2 * FRAME, 4 * FRAME))
    for _ in range(6):
        await frames(speaker, 1)
        sent += 1
    assert reached == [(3, 0, 0), (3, 1, 1), (3, 2, 2)]  # the last mark lies behind the sound


async def test_a_stopped_utterance_reaches_no_more_marks():
    speaker = Speaker()
    reached: list[int] = []
    speaker.on_reached = lambda utterance, mark: reached.append(mark)
    speaker.play(1, tone(50), (0, 10 * FRAME))
    await frames(speaker, 2)
    speaker.stop(1)
    await frames(speaker, 12)
    assert reached == [0]
