"""How final the last words sound: on made-up endings, and on a real reading, whole and stopped in mid-sentence."""

import numpy as np
import pytest

from interviewer.speech.finality import SILENCE_FRAMES, VOICE_FRAMES, Ending, Judge, shipped, voice_of
from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from tests.clips import RATE, clips

BASE = 512


def test_the_voice_is_what_stands_right_before_the_silence() -> None:
    frames = 100
    encoded = np.zeros((500, BASE), np.float32)
    encoded[frames - SILENCE_FRAMES - VOICE_FRAMES : frames - SILENCE_FRAMES] = 2.0
    encoded[frames - SILENCE_FRAMES :] = -50.0
    assert voice_of(encoded, frames) == pytest.approx(np.full(BASE, 2.0))


def test_sound_that_is_shorter_than_its_silence_has_a_voice_too() -> None:
    encoded = np.ones((500, BASE), np.float32)
    assert np.isfinite(voice_of(encoded, 3)).all()


def test_a_likelier_mark_makes_the_same_voice_more_final() -> None:
    voice = np.zeros(BASE, np.float32)
    found = [shipped()(Ending(mark, voice)) for mark in (0.0, 0.1, 0.5, 0.9)]
    assert found == sorted(found, key=lambda f: f or 0.0)
    assert len(set(found)) == 4
    assert all(f is not None and 0 < f < 1 for f in found)


def test_an_encoder_of_another_size_is_not_judged() -> None:
    assert shipped()(Ending(0.5, np.zeros(768, np.float32))) is None
    assert Judge(np.zeros(BASE + 1), 0.0)(Ending(0.5, np.zeros(BASE, np.float32))) == 0.5


@pytest.mark.slow
def test_a_finished_reading_sounds_more_final_than_one_that_stops_in_mid_sentence(model_cache) -> None:
    whisper = RecordRecogniser(RecognitionOptions(model_cache)).load()
    for name, stop in (("librivox_0870", "consider"), ("librivox_0920", "amiable")):
        clip = clips()[name]
        end = next(end for word, _, end in clip.words if word.startswith(stop))
        silence = np.zeros(RATE // 5, np.int16)
        stopped = whisper.quick(np.concatenate([clip.pcm[: round(end * RATE)], silence]), language="en").finality
        whole = whisper.quick(clip.pcm, language="en").finality
        assert stopped is not None
        assert whole is not None
        assert stopped < 0.4 < 0.6 < whole, (name, stopped, whole)
    assert whisper.quick(silence, language="en").finality is None
