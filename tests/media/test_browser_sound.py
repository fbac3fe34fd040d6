"""What a browser recorded: read as far as it goes, found on the interview's clock, and used where sound is missing."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
import pytest

from interviewer.media.browser_sound import FAR_S, SEARCH_S, bridged, decode, fills, gaps, only_late, position
from tests.clips import clips

RATE = 16_000
SEARCH = round(SEARCH_S * RATE)
Samples = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def speech() -> Samples:
    return clips()["nasa_spacewalk"].pcm


def webm(pcm: Samples, rate: int = 32_000) -> bytes:
    """As a browser's recorder has it: Opus in WebM without a length."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = rate
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = RATE
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


def heard_around(at: int, sound: Samples, began: int, server: Samples, reach: int = SEARCH) -> Samples:
    """What the service recorded from ``reach`` before ``at`` on, where ``server`` began at ``began``."""
    out = np.zeros(len(sound) + 2 * reach, np.int16)
    low = at - reach
    first, last = max(low, began), min(low + len(out), began + len(server))
    out[first - low : last - low] = server[first - began : last - began]
    return out


def test_a_recording_is_decoded_to_its_length_and_as_far_as_it_goes(speech: Samples) -> None:
    data = webm(speech)
    whole = decode(data)
    assert abs(len(whole) - len(speech)) < 0.1 * RATE
    half = decode(data[: len(data) // 2])
    assert 0.3 * len(speech) < len(half) < 0.7 * len(speech)
    assert np.array_equal(half[: 2 * RATE], whole[: 2 * RATE])
    assert len(decode(b"")) == 0
    assert len(decode(b"\x1aE\xdf\xa3" + bytes(range(256)) * 40)) == 0


def test_it_is_found_where_it_was_recorded_though_the_page_was_wrong_by_a_second(speech: Samples) -> None:
    sound = decode(webm(speech, 16_000))
    began, at = 100_000, 100_000 + 13_000  # the page says at
    server = decode(webm(speech, 48_000))
    heard = heard_around(at, sound, began, server)
    there = np.ones(len(heard), bool)
    there[len(heard) // 2 : len(heard) * 3 // 4] = False  # the connection was gone
    found = position(sound, at, heard, there)
    assert found is not None
    assert abs(found - began) <= 0.002 * RATE


def test_another_sound_is_not_taken_for_the_same(speech: Samples) -> None:
    other = clips()["jfk"].pcm
    heard = heard_around(50_000, speech, 50_000, np.resize(other, len(speech)))
    assert position(speech, 50_000, heard, np.ones(len(heard), bool)) is None
    assert position(speech, 50_000, heard, np.zeros(len(heard), bool)) is None


@pytest.mark.parametrize("late_s", [-6.0, 3.8, 7.5])
def test_what_came_late_is_found_farther_off_and_only_where_it_surely_is(speech: Samples, late_s: float) -> None:
    reach = round(FAR_S * RATE)
    sound = decode(webm(speech, 16_000))[: 5 * RATE]
    server = decode(webm(speech, 48_000))
    at = 200_000
    began = at + round(late_s * RATE)
    heard = heard_around(at, sound, began, server, reach)
    there = np.ones(len(heard), bool)
    found = position(sound, at, heard, there)
    assert found is not None
    assert abs(found - began) <= 0.002 * RATE
    assert position(sound[: 3 * RATE], at, heard[: 3 * RATE + 2 * reach], there[: 3 * RATE + 2 * reach]) is None
    twice = np.resize(sound, len(heard))  # it says no more where the same is said again and again
    assert position(sound, at, twice, there) is None
    other = np.resize(clips()["jfk"].pcm, len(heard))
    assert position(sound, at, other, there) is None


def test_a_moment_that_was_heard_says_not_where(speech: Samples) -> None:
    sound = decode(webm(speech, 16_000))[: 5 * RATE]
    heard = heard_around(50_000, sound, 50_000, speech)
    there = np.zeros(len(heard), bool)
    there[SEARCH + RATE : SEARCH + RATE + RATE // 2] = True
    assert position(sound, 50_000, heard, there) is None
    there[SEARCH + RATE : SEARCH + 3 * RATE] = True
    assert position(sound, 50_000, heard, there) is not None


def test_nothing_is_missing_where_what_follows_came_late() -> None:
    gap = (10 * RATE, 13 * RATE)
    assert only_late(1000, 1000 + 3 * RATE, gap)
    assert not only_late(1000, 1000 + 2 * RATE, gap), "a second was lost besides"
    assert not only_late(1000, 1000, gap)


def test_gaps_are_what_was_not_received() -> None:
    assert gaps([(1000, 2000), (2010, 5000)], 9000) == [(0, 1000), (5000, 9000)]
    assert gaps([], 0) == []


def test_a_gap_is_filled_from_quiet_to_quiet() -> None:
    loud = np.full(RATE, 8000, np.int16)
    quiet = np.zeros(RATE // 2, np.int16)
    sound = np.concatenate([loud, quiet, loud, loud, quiet, loud])  # quiet at 1.0-1.5 s and 3.5-4.0 s
    ((start, piece),) = fills(sound, 5 * RATE, [(5 * RATE + 2 * RATE, 5 * RATE + 3 * RATE)])
    assert 6.0 * RATE <= start <= 6.5 * RATE
    assert 8.5 * RATE <= start + len(piece) <= 9.0 * RATE
    assert np.array_equal(piece, sound[start - 5 * RATE : start - 5 * RATE + len(piece)])


def test_a_recording_that_begins_or_ends_in_a_gap_fills_its_part() -> None:
    sound = np.arange(RATE, dtype=np.int16)
    assert [(s, len(p)) for s, p in fills(sound, 1000, [(0, 100_000)])] == [(1000, RATE)]
    assert list(fills(sound, 1000, [(50_000, 60_000)])) == []


@pytest.mark.parametrize("apart_s", [0.3, 0.0, -0.3])
def test_both_ends_of_a_fill_fit_where_the_service_placed_its_sides_differently(apart_s: float) -> None:
    """0.4 s of silence, in the middle of the gap, take up the difference."""
    apart = round(apart_s * RATE)
    rng = np.random.default_rng(3)
    sound = rng.integers(-8000, 8000, 20 * RATE).astype(np.int16)
    quiet = round(0.4 * RATE)
    for at in (7 * RATE, 10 * RATE, 13 * RATE):
        sound[at : at + quiet] = 0
    before, after = 1000 + apart, 1000
    gap = (before + 8 * RATE, after + 12 * RATE)
    bridge = bridged(sound, before, after, gap)
    assert bridge is not None
    start, piece = bridge
    assert start <= gap[0]
    assert start + len(piece) >= gap[1]
    middle = before + 9 * RATE - start
    assert np.array_equal(piece[:middle], sound[start - before : 9 * RATE])
    end = start + len(piece)
    assert np.array_equal(piece[after + 11 * RATE - start :], sound[11 * RATE : end - after])
    assert np.count_nonzero(piece) == np.count_nonzero(sound[start - before : end - after]), "only silence was cut"


def test_a_recording_that_does_not_reach_over_the_gap_bridges_nothing() -> None:
    sound = np.ones(5 * RATE, np.int16)
    assert bridged(sound, 0, 0, (3 * RATE, 6 * RATE)) is None
    assert bridged(sound, 4 * RATE, 4 * RATE, (3 * RATE, 6 * RATE)) is None
