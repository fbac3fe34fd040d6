"""Voice activity on real speech: starts and ends where the words do, whatever the blocks and gaps."""

import numpy as np
import pytest

from interviewer.speech.activity import RATE, Activity, VoiceActivity
from interviewer.speech.silero import CHUNK
from tests.clips import clips

ALIGNED = [name for name, clip in clips().items() if clip.words]
WORDLESS = ["silence_digital", "white_m60", "pink_m30", "hum50"]


def heard(pcm: np.ndarray, size: int = 320, start: int = 0) -> list[Activity]:
    activity = VoiceActivity()
    changes = []
    for at in range(0, len(pcm), size):
        changes += activity.feed(start + at, pcm[at : at + size])
    return changes


def padded(pcm: np.ndarray, before_s: float = 1.0, after_s: float = 1.0) -> np.ndarray:
    return np.concatenate([np.zeros(int(before_s * RATE), np.int16), pcm, np.zeros(int(after_s * RATE), np.int16)])


@pytest.mark.parametrize("name", ALIGNED)
def test_speech_starts_and_ends_with_the_first_and_last_word(name):
    clip = clips()[name]
    changes = heard(padded(clip.pcm))
    assert changes[0].kind == "started"
    assert changes[-1].kind == "ended"
    assert changes[0].at / RATE - 1.0 == pytest.approx(clip.words[0][1], abs=0.12)
    assert changes[-1].at / RATE - 1.0 == pytest.approx(clip.words[-1][2], abs=0.2)


@pytest.mark.parametrize("size", [1, 100, 511, 512, 960, 100_000])
def test_blocks_of_any_size_give_the_same_answer(size):
    pcm = clips()["librivox_0890"].pcm[: 3 * RATE]
    assert heard(pcm, size) == heard(pcm, 320)


def test_starts_and_ends_take_turns_and_go_forward():
    changes = heard(padded(clips()["nasa_spacewalk"].pcm))
    assert [c.kind for c in changes] == ["started", "ended"] * (len(changes) // 2)
    assert [c.at for c in changes] == sorted(c.at for c in changes)


def test_a_start_is_told_soon_and_an_end_after_a_fifth_of_a_second():
    pcm = padded(clips()["librivox_0890"].pcm)
    activity = VoiceActivity()
    told = []
    for at in range(0, len(pcm), 320):
        told += [(c, at + 320) for c in activity.feed(at, pcm[at : at + 320])]
    assert all(when - c.at <= 0.2 * RATE + CHUNK for c, when in told if c.kind == "started")
    assert all(0.2 * RATE <= when - c.at <= 0.3 * RATE for c, when in told if c.kind == "ended")


@pytest.mark.parametrize("name", WORDLESS)
def test_nothing_starts_where_nobody_speaks(name):
    assert heard(clips()[name].pcm) == []


def test_clicks_are_no_speech():
    pcm = np.zeros(5 * RATE, np.int16)
    pcm[:: RATE // 2] = 25_000
    assert heard(pcm) == []


def test_a_gap_ends_speech_where_the_sound_stopped():
    pcm = clips()["jfk"].pcm[: int(1.6 * RATE)]
    activity = VoiceActivity()
    changes = activity.feed(0, pcm)
    assert [c.kind for c in changes] == ["started"]
    after = activity.feed(len(pcm) + 3 * RATE, np.zeros(RATE, np.int16))
    assert [c.kind for c in after] == ["ended"]
    assert after[0].at / RATE == pytest.approx(1.6, abs=0.1)


def test_a_lost_packet_ends_nothing():
    pcm = clips()["librivox_0890"].pcm
    whole = heard(pcm)
    activity = VoiceActivity()
    lossy = []
    for number, at in enumerate(range(0, len(pcm), 320)):
        if number % 25 != 7:
            lossy += activity.feed(at, pcm[at : at + 320])
    assert [c.kind for c in lossy] == [c.kind for c in whole]
    assert all(abs(a.at - b.at) <= 3 * CHUNK for a, b in zip(lossy, whole, strict=True))


def test_sound_given_twice_is_passed_over():
    pcm = clips()["librivox_0890"].pcm
    activity = VoiceActivity()
    changes = []
    for at in range(0, len(pcm), 320):
        changes += activity.feed(max(0, at - 200), pcm[max(0, at - 200) : at + 320])
    assert changes == heard(pcm)


def test_speech_is_found_after_an_hour_of_noise():
    activity = VoiceActivity()
    noise = np.random.default_rng(0).normal(0, 30, 60 * RATE).astype(np.int16)
    assert activity.feed(0, noise) == []
    pcm = clips()["librivox_0890"].pcm
    later = activity.feed(3600 * RATE, pcm)
    assert later[0].at == pytest.approx(3600 * RATE + heard(pcm)[0].at, abs=CHUNK)


def test_reset_forgets_a_stretch_under_way():
    activity = VoiceActivity()
    pcm = clips()["librivox_0890"].pcm
    activity.feed(0, pcm[:RATE])
    assert activity.speaking
    activity.reset()
    assert not activity.speaking
    assert activity.feed(RATE, np.zeros(RATE, np.int16)) == []


def test_speech_falters_before_its_end_is_told_and_silence_does_not():
    pcm = padded(clips()["librivox_0890"].pcm)
    activity = VoiceActivity()
    for at in range(0, len(pcm), 320):
        faltered = activity.faltering
        ended = [c for c in activity.feed(at, pcm[at : at + 320]) if c.kind == "ended"]
        assert not ended or faltered
        assert activity.speaking or not activity.faltering
