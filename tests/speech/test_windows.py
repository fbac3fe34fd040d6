"""Long speech is cut where it is quiet, and every sample is in exactly one window."""

import numpy as np
import pytest

from interviewer.speech.windows import LONGEST_S, RATE, windows
from tests.clips import clips


@pytest.mark.parametrize("seconds", [0, 0.5, 11.9, 12.0, 12.1, 30, 61.7])
def test_windows_cover_everything_once(seconds):
    pcm = np.random.default_rng(0).normal(0, 1000, int(seconds * RATE)).astype(np.int16)
    spans = list(windows(pcm))
    assert [start for start, _ in spans] == [0, *[end for _, end in spans]][: len(spans)]
    assert (spans[-1][1] if spans else 0) == len(pcm)
    assert all(0 < end - start <= LONGEST_S * RATE for start, end in spans)


def test_the_cut_is_in_the_pause():
    noise = np.random.default_rng(0).normal(0, 3000, 16 * RATE).astype(np.int16)
    noise[int(6.5 * RATE) : int(6.9 * RATE)] = 0
    (_, cut), _ = windows(noise)
    assert 6.5 <= cut / RATE <= 6.9


def test_no_cut_goes_through_a_loud_stretch_of_real_speech():
    pcm = clips()["nasa_spacewalk"].pcm
    typical = np.abs(pcm.astype(float)).mean()
    for _, cut in list(windows(pcm))[:-1]:
        assert np.abs(pcm[cut - 800 : cut + 800].astype(float)).mean() < typical / 2
