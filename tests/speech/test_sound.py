"""Melvin's sounds: no dead air at the ends, one loudness, 48 kHz, and a cache that is whole or empty."""

import numpy as np
import pytest

from interviewer.speech.sound import LEVEL_DB, finished
from interviewer.speech.sound_cache import Sound, SoundCache

RATE = 22_050


def speechlike(seconds: float, level: float, lead: float = 0.0, tail: float = 0.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    sound = level * np.sin(2 * np.pi * 200 * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    return np.concatenate([np.zeros(int(lead * RATE)), sound, np.zeros(int(tail * RATE))]).astype(np.float32)


def level_db(pcm: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((pcm / 32768.0) ** 2))))


@pytest.mark.parametrize("level", [0.01, 0.2, 0.9])
def test_quiet_and_loud_voices_come_out_equally_loud(level):
    assert level_db(finished([speechlike(2, level)], RATE)) == pytest.approx(LEVEL_DB, abs=1.5)


def test_nothing_clips():
    spike = speechlike(2, 0.05)
    spike[1000] = 1.0
    assert np.abs(finished([spike], RATE).astype(int)).max() < 32_000


def test_silence_at_the_ends_is_cut():
    pcm = finished([speechlike(1, 0.5, lead=0.8, tail=1.5)], RATE)
    assert len(pcm) / 48_000 == pytest.approx(1.15, abs=0.06)


def test_sentences_are_apart_by_a_breath():
    pcm = finished([speechlike(1, 0.5, tail=1), speechlike(1, 0.5)], RATE)
    assert len(pcm) / 48_000 == pytest.approx(2.4, abs=0.2)


@pytest.mark.parametrize("sentences", [[], [np.zeros(0, np.float32)], [np.zeros(5000, np.float32)]])
def test_nothing_gives_nothing(sentences):
    assert len(finished(sentences, RATE)) == 0


def sound(value: int, seconds: float = 1.0) -> Sound:
    return Sound(np.full(int(seconds * 48_000), value, np.int16))


def test_a_sound_is_read_back_as_it_was(tmp_path):
    cache = SoundCache(tmp_path, 10**6)
    cache.write("ab12", sound(7))
    again = SoundCache(tmp_path, 10**6).read("ab12")
    assert again is not None
    assert np.array_equal(again.pcm, sound(7).pcm)
    assert again.seconds == 1.0
    assert [p.name for p in (tmp_path / "ab").iterdir()] == ["ab12.wav"]


def test_a_file_that_is_not_whole_counts_as_none(tmp_path):
    cache = SoundCache(tmp_path, 10**6)
    assert cache.read("ab12") is None
    cache.write("ab12", sound(7))
    path = tmp_path / "ab" / "ab12.wav"
    for content in (path.read_bytes()[:5000], b"", b"RIFF", b"not a sound"):
        path.write_bytes(content)
        assert cache.read("ab12") is None


def test_memory_is_bounded_and_keeps_what_was_used_last(tmp_path):
    cache = SoundCache(tmp_path, 300_000)
    for n, key in enumerate("abc"):
        cache.remember(key, sound(n))
    cache.recall("a")
    cache.remember("d", sound(4))
    assert [k for k in "abcd" if cache.recall(k) is not None] == ["a", "c", "d"]
    cache.remember("e", sound(5, 60))
    assert cache.recall("e") is None
