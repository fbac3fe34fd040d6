"""Whisper on real recordings: the words are right, nothing is lost at joins, and silence stays silent."""

import asyncio
import os
import signal

import numpy as np
import pytest

from interviewer.speech.process import ModelError
from interviewer.speech.recognition import Purpose, Recogniser, RecognitionOptions, RecordRecogniser
from interviewer.speech.whisper import _loops
from tests.clips import RATE, clips, word_error_rate

pytestmark = pytest.mark.slow

SHORT = ["LJ001-0001", "LJ001-0005", "librivox_0870", "librivox_0920", "librivox_0890"]
LONG = ["libri_2412-153948-0000", "jfk", "nasa_spacewalk"]
WORDLESS = ["silence_digital", "white_m60", "pink_m30", "hum50"]


@pytest.fixture(scope="module")
def record(model_cache) -> RecordRecogniser:
    return RecordRecogniser(RecognitionOptions(model_cache))


@pytest.fixture(scope="module")
def whisper(record):
    return record.load()


def pooled(names: list[str], recognise) -> float:
    spoken = [clips()[n] for n in names]
    return word_error_rate(" ".join(c.text for c in spoken), " ".join(recognise(c.pcm).text for c in spoken))


def test_short_answers_live(whisper):
    assert pooled(SHORT, lambda pcm: whisper.quick(pcm, language="en")) < 0.08


def test_long_answers_live(whisper):
    assert pooled(LONG, lambda pcm: whisper.quick(pcm, language="en")) < 0.10


def test_the_record_transcript(record):
    assert pooled(SHORT + LONG, record.recognise) < 0.08


def test_word_times_follow_the_aligned_ones(record):
    clip = clips()["librivox_0890"]
    lead = 3.0
    pcm = np.concatenate([np.zeros(int(lead * RATE), np.int16), clip.pcm])
    result = record.recognise(pcm)
    aligned = {word.split("(")[0]: start for word, start, _ in clip.words if word.split("(")[0] != "rather"}
    found = [(w, aligned[key]) for w in result.words if (key := w.text.lower().strip(".,-")) in aligned]
    assert len(found) >= 5
    assert (
        np.median([abs(w.start - lead - start) for w, start in found if w.text.lower() not in ("to", "is", "be")])
        < 0.25
    )
    assert all(w.confidence is not None and 0 <= w.confidence <= 1 and w.end >= w.start for w in result.words)
    assert " ".join(w.text for w in result.words).split() == result.text.split()


def test_times_are_right_after_a_long_silence(record):
    clip = clips()["librivox_0890"].pcm
    result = record.recognise(np.concatenate([clip, np.zeros(20 * RATE, np.int16), clip]))
    second = [w for w in result.words if w.start > 15]
    assert word_error_rate(clips()["librivox_0890"].text, " ".join(w.text for w in second)) < 0.2
    assert second[0].start == pytest.approx(len(clip) / RATE + 20, abs=0.7)


def noise(name: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    if name == "clicks":
        return np.where(np.arange(5 * RATE) % RATE < 20, 20_000, 0).astype(np.int16)
    return rng.normal(0, {"loud": 3000, "faint": 10}[name], 5 * RATE).astype(np.int16)


@pytest.mark.parametrize("name", [*WORDLESS, "loud", "faint", "clicks"])
def test_silence_and_noise_have_no_words(name, whisper):
    pcm = clips()[name].pcm if name in WORDLESS else noise(name)
    assert whisper.quick(pcm, language="en").text == ""
    assert whisper.careful(pcm, language="en").text == ""


def test_no_sound_at_all_has_no_words(whisper):
    assert whisper.quick(np.zeros(0, np.int16), language="en").text == ""
    assert whisper.careful(np.zeros(0, np.int16), language="en").text == ""


def test_the_plans_vocabulary_helps(whisper):
    clip = clips()["librivox_0870"]
    assert "Dashwood" in whisper.quick(clip.pcm, language="en", hotwords="Dashwood").text


def test_the_same_recording_gives_the_same_transcript(record):
    pcm = clips()["jfk"].pcm
    assert record.recognise(pcm).words == record.recognise(pcm).words


def test_a_loop_is_known_and_speech_is_none():
    assert _loops("and some more words words words words words words words words")
    assert _loops("thank you " * 30)
    for clip in clips().values():
        assert not _loops(clip.text)


async def test_the_process_serves_all_purposes_and_comes_back_when_it_is_killed(model_cache):
    recogniser = Recogniser(RecognitionOptions(model_cache, threads=1))
    told = []
    await recogniser.start(told.append)
    clip = clips()["librivox_0890"]
    live = await recogniser.recognise(clip.pcm, hotwords=("selfish", "cold-hearted"))
    assert word_error_rate(clip.text, live.text) < 0.2
    assert live.words == ()
    assert live.audio_s == pytest.approx(5.3)
    assert 0.3 < live.confidence <= 1
    os.kill(recogniser.pid, signal.SIGKILL)
    record = await recogniser.recognise(clip.pcm, purpose=Purpose.RECORD)
    assert word_error_rate(clip.text, record.text) < 0.2
    assert len(record.words) > 8
    assert told
    with pytest.raises(ModelError):
        await recogniser.recognise(clip.pcm, language="no such language")
    assert recogniser.model.startswith("whisper-base")
    await recogniser.close()


async def test_the_end_of_a_turn_waits_for_one_window_of_a_recording_at_most(model_cache):
    recogniser = Recogniser(RecognitionOptions(model_cache, threads=1))
    await recogniser.start()
    clip = clips()["librivox_0890"]
    rest = np.zeros(20 * RATE, np.int16)
    done = []

    async def recognise(purpose: Purpose, pcm: np.ndarray) -> str:
        text = (await recogniser.recognise(pcm, purpose=purpose)).text
        done.append(purpose)
        return text

    recording = asyncio.create_task(recognise(Purpose.RECORD, np.concatenate([clip.pcm, rest, clip.pcm, rest])))
    for _ in range(20):  # the process takes the first window
        await asyncio.sleep(0)
    asked = (Purpose.CAPTION, Purpose.AHEAD, Purpose.LIVE)
    others = [asyncio.create_task(recognise(purpose, clip.pcm)) for purpose in asked]
    await asyncio.sleep(0)
    assert recogniser.busy
    texts = await asyncio.gather(recording, *others)
    assert done == [Purpose.LIVE, Purpose.AHEAD, Purpose.CAPTION, Purpose.RECORD]
    assert word_error_rate(f"{clip.text} {clip.text}", texts[0]) < 0.2
    assert not recogniser.busy
    await recogniser.close()
