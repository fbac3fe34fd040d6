"""Melvin speaks: what he says is heard, known texts are there at once, and what is urgent does not wait."""

import asyncio
import os
import signal
import sys

import av
import numpy as np
import pytest

from interviewer.speech.process import ModelGone
from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from interviewer.speech.voice import Sound, Voice, VoiceOptions, as_wav
from tests.clips import word_error_rate

pytestmark = pytest.mark.slow

SENTENCE = "Please explain the moon landing to a six year old. Take all the time that you need."


@pytest.fixture
async def voice(tmp_path):
    """hibari: it loads sooner than Piper, and everything but the sound itself is the same."""
    voice = Voice(VoiceOptions(tmp_path, "hibari"))
    await voice.start()
    yield voice
    await voice.close()


def at_16_khz(sound: Sound) -> np.ndarray:
    resampler = av.AudioResampler("s16", "mono", 16_000)
    frame = av.AudioFrame.from_ndarray(sound.pcm[np.newaxis], "s16", "mono")
    frame.sample_rate = 48_000
    return np.concatenate([f.to_ndarray()[0] for f in [*resampler.resample(frame), *resampler.resample(None)]])


@pytest.mark.parametrize("engine", ["piper", "hibari"])
async def test_what_melvin_says_is_understood(engine, tmp_path, model_cache):
    voice = Voice(VoiceOptions(tmp_path, engine))
    await voice.start()
    sound = await voice.say(SENTENCE)
    await voice.close()
    assert voice.description.engine == engine
    assert not [name for name in sys.modules if name.split(".")[0] == "piper"]  # GPL: in its own process alone
    assert 3 < sound.seconds < 9
    heard = RecordRecogniser(RecognitionOptions(model_cache)).recognise(at_16_khz(sound))
    assert word_error_rate(SENTENCE, heard.text.replace("6", "six")) < 0.1


def test_melvin_is_male_where_piper_is_installed(tmp_path):
    description = Voice(VoiceOptions(tmp_path)).description
    assert (description.engine, description.male) == ("piper", True)


async def test_a_known_text_is_there_also_after_a_restart_and_before_the_engine(voice, tmp_path):
    first = await voice.say("Thank you.")
    assert await voice.say("Thank you.") is first
    await voice.close()
    again = Voice(VoiceOptions(tmp_path, "hibari"))
    sound = await again.say("Thank you.")  # no engine runs yet that could make it
    assert np.array_equal(sound.pcm, first.pcm)
    await again.prepare(["Thank you."])
    starting = asyncio.create_task(again.start())
    await asyncio.sleep(0)
    assert (await again.say("A text that is new.")).seconds > 0.5
    await starting
    await again.close()


async def test_speed_changes_the_pace_and_is_kept_apart(voice):
    normal, slow = await voice.say(SENTENCE), await voice.say(SENTENCE, speed=0.75)
    assert slow.seconds / normal.seconds == pytest.approx(1 / 0.75, rel=0.15)


async def test_preparing_tells_how_far_it_is_and_an_urgent_text_goes_first(voice, tmp_path):
    texts = [f"This is prepared text number {n}, which takes a moment to say." for n in range(6)]
    told = []
    preparing = asyncio.create_task(voice.prepare([*texts, texts[0], " "], lambda d, t: told.append((d, t))))
    while not told or told[-1][0] < 1:  # noqa: ASYNC110 - progress is a plain callable
        await asyncio.sleep(0.01)
    await voice.say("Urgent.")
    assert told[-1][0] < 5
    await preparing
    assert told == [(n, 6) for n in range(7)]
    engineless = Voice(VoiceOptions(tmp_path, "hibari"))
    await asyncio.wait_for(engineless.prepare(texts), 30)  # all are known
    await engineless.close()


async def test_what_is_wanted_soon_comes_before_what_is_made_ready_gently(voice):
    later = [f"This is said in some minutes, as sentence {n}, and takes a moment." for n in range(6)]
    told = []
    preparing = asyncio.create_task(voice.prepare(later, lambda d, _: told.append(d), gently=True))
    while not told or told[-1] < 1:  # noqa: ASYNC110 - progress is a plain callable
        await asyncio.sleep(0.01)
    await voice.prepare(["This is said next.", "And this is said after it."])
    assert told[-1] < 5
    await preparing
    assert told == list(range(7))


async def test_the_same_text_asked_twice_at_once_is_made_once(voice):
    first, second = await asyncio.gather(voice.say(SENTENCE), voice.say(SENTENCE))
    assert first is second


async def test_a_killed_engine_comes_back(voice):
    os.kill(voice.pid, signal.SIGKILL)
    assert (await voice.say("I am still here.")).seconds > 0.5


async def test_nothing_to_say_is_an_empty_sound(voice):
    assert (await voice.say(" ... ")).seconds < 0.5
    assert (await voice.say("")).seconds == 0


async def test_an_engine_that_is_not_there_is_said(tmp_path):
    voice = Voice(VoiceOptions(tmp_path, "piper"))
    with pytest.raises(ModelGone, match="not started"):
        await voice.say("Hello.")
    await voice.close()


def test_a_sound_as_a_wav_file(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(as_wav(Sound(np.arange(960, dtype=np.int16))))
    with av.open(str(path)) as container:
        assert container.streams.audio[0].rate == 48_000
        assert sum(f.samples for f in container.decode(audio=0)) == 960
