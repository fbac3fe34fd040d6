"""48 kHz to 16 kHz: nothing moves, nothing is added or lost, and what 16 kHz cannot hold is gone."""

import numpy as np
import pytest

from interviewer.media.decimator import Decimator


def tone(hertz: float, seconds: float, rate: int = 48_000) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return (10_000 * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def decimated(sound: np.ndarray, sizes: list[int]) -> np.ndarray:
    decimator = Decimator()
    out, at = [], 0
    while at < len(sound):
        size = sizes[len(out) % len(sizes)]
        out.append(decimator.push(sound[at : at + size]))
        at += size
    return np.concatenate([*out, decimator.flush()])


@pytest.mark.parametrize("sizes", [[960], [120], [2880, 960], [7, 1000, 3], [1]])
def test_blocks_of_any_size_give_the_same_sound(sizes):
    sound = tone(440, 0.1)
    assert np.array_equal(decimated(sound, sizes), decimated(sound, [len(sound)]))


def test_a_third_of_the_samples_come_out():
    assert len(decimated(tone(440, 0.5), [960])) == 8000


def test_an_impulse_stays_where_it_was():
    sound = np.zeros(9600, np.int16)
    sound[3 * 1000] = 30_000
    assert int(np.argmax(np.abs(decimated(sound, [960])))) == 1000


@pytest.mark.parametrize("hertz", [100, 1000, 3000, 6000])
def test_speech_frequencies_pass_unchanged(hertz):
    heard = decimated(tone(hertz, 0.5), [960])[100:-100]
    expected = tone(hertz, 0.5, 16_000)[100:-100]
    assert np.abs(heard.astype(int) - expected).max() < 60


@pytest.mark.parametrize("hertz", [9000, 12_000, 15_900])
def test_what_would_fold_back_is_sixty_decibels_down(hertz):
    heard = decimated(tone(hertz, 0.5), [960])[100:-100]
    assert np.abs(heard).max() <= 10


def test_flush_begins_a_new_stretch():
    decimator = Decimator()
    first = np.concatenate([decimator.push(tone(440, 0.02)), decimator.flush()])
    again = np.concatenate([decimator.push(tone(440, 0.02)), decimator.flush()])
    assert np.array_equal(first, again)
