"""Real speech to events: one segment over a short pause, words once a silence has lasted, nothing lost at a button."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import av
import numpy as np
import pytest

from interviewer.conversation.events import Event, Heard, SpeechEnded, SpeechStarted
from interviewer.live.listening import Listening
from interviewer.speech.process import ModelGone

RATE = 16_000
CLIPS = Path(__file__).parent.parent / "data" / "audio"


def clip(name: str) -> np.ndarray:  # type: ignore[type-arg] # int16, one dimension
    with av.open(str(CLIPS / name)) as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [f for frame in source.decode(audio=0) for f in resampler.resample(frame)]
    return np.concatenate([f.to_ndarray()[0] for f in frames])


def short_clip() -> np.ndarray:  # type: ignore[type-arg]
    rows = [json.loads(line) for line in (CLIPS / "manifest.jsonl").read_text().splitlines()]
    speech = [r for r in rows if r["text"] and 2 < r["duration"] < 8]
    return clip(min(speech, key=lambda r: r["duration"])["file"])


class Ear:
    """Feeds sound in 20 ms blocks; recognition answers with how many seconds it was given."""

    def __init__(self, *, fails: bool = False) -> None:
        self.events: list[Event] = []
        self.captions: list[tuple[int, str, bool]] = []
        self.question = "one"
        self.fails = fails
        self.at = 0
        self.listening = Listening(
            self._recognise,
            emit=self.events.append,
            caption=lambda *c: self.captions.append(c),
            question=lambda: self.question,
        )

    async def _recognise(self, pcm: np.ndarray, *, caption: bool) -> str:  # type: ignore[type-arg]
        await asyncio.sleep(0)
        if self.fails:
            raise ModelGone("killed")
        return f"{len(pcm) / RATE:.1f} s"

    async def hear(self, samples: np.ndarray) -> None:  # type: ignore[type-arg]
        for i in range(0, len(samples), 320):
            piece = samples[i : i + 320].astype(np.int16)
            self.listening.hear(self.at, piece)
            self.at += len(piece)
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)

    async def silence(self, seconds: float) -> None:
        await self.hear(np.zeros(round(seconds * RATE), np.int16))

    def of(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.events if isinstance(e, kind)]


async def test_speech_and_then_silence_is_one_segment_with_words() -> None:
    ear = Ear()
    speech = short_clip()
    await ear.silence(1.0)
    await ear.hear(speech)
    assert not ear.of(Heard)
    await ear.silence(1.5)
    heard = ear.of(Heard)
    assert len(heard) == 1
    segment = heard[0]
    assert isinstance(segment, Heard)
    assert segment.question_id == "one"
    assert 0.8 * RATE < segment.start < 1.6 * RATE
    assert segment.end <= 1.0 * RATE + len(speech) + 0.1 * RATE
    kinds = [type(e) for e in ear.events]
    assert kinds[0] is SpeechStarted
    assert kinds[-2:] == [SpeechEnded, Heard]


async def test_a_short_pause_does_not_make_a_new_segment() -> None:
    ear = Ear()
    speech = short_clip()
    await ear.hear(speech)
    await ear.silence(0.05)  # the clip brings half a second of its own
    await ear.hear(speech)
    await ear.silence(1.5)
    assert len(ear.of(Heard)) == 1
    assert len(ear.of(SpeechEnded)) >= 2
    heard = ear.of(Heard)[0]
    assert isinstance(heard, Heard)
    assert heard.end - heard.start > 1.6 * len(speech) - RATE


async def test_a_long_pause_makes_a_new_segment_for_the_question_that_is_open_then() -> None:
    ear = Ear()
    speech = short_clip()
    await ear.hear(speech)
    await ear.silence(1.2)
    ear.question = "two"
    await ear.hear(speech)
    await ear.silence(1.2)
    assert [(h.segment, h.question_id) for h in ear.of(Heard)] == [(1, "one"), (2, "two")]  # type: ignore[attr-defined]


async def test_a_long_segment_is_recognised_whole() -> None:
    ear = Ear()
    speech = np.concatenate([short_clip()] * 4)
    await ear.hear(speech)
    await ear.silence(2.0)
    heard = ear.of(Heard)
    seconds = sum(float(h.text.split()[0]) for h in heard)  # type: ignore[attr-defined]
    spoken = sum(h.end - h.start for h in heard) / RATE  # type: ignore[attr-defined]
    assert max(h.end - h.start for h in heard) > 8 * RATE  # type: ignore[attr-defined]
    assert seconds >= spoken


async def test_a_button_flushes_what_is_being_said() -> None:
    ear = Ear()
    speech = short_clip()
    await ear.hear(speech[: len(speech) * 2 // 3])
    ear.listening.flush()
    for _ in range(10):
        await asyncio.sleep(0)
    assert isinstance(ear.events[-1], Heard)
    assert isinstance(ear.events[-2], SpeechEnded)


async def test_a_recogniser_that_fails_gives_no_words_and_no_error() -> None:
    ear = Ear(fails=True)
    await ear.hear(short_clip())
    await ear.silence(1.5)
    assert ear.of(SpeechEnded)
    assert not ear.of(Heard)


async def test_silence_and_clicks_are_nothing() -> None:
    ear = Ear()
    click = np.zeros(4 * RATE, np.int16)
    click[RATE : RATE + 200] = 20_000
    await ear.hear(click)
    assert ear.events == []


@pytest.mark.parametrize("gap", [400, 30_000])
async def test_a_gap_in_the_sound_moves_nothing(gap: int) -> None:
    ear = Ear()
    await ear.silence(0.5)
    ear.at += gap
    began = ear.at
    await ear.hear(short_clip())
    await ear.silence(1.5)
    started = ear.of(SpeechStarted)[0]
    assert began - 200 <= started.at < began + RATE
