"""Real speech to events: one segment over a short pause, words once a silence has lasted, nothing lost at a button."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from interviewer.conversation.events import Event, Heard, SpeechEnded, SpeechStarted
from interviewer.live.listening import Listening
from interviewer.speech.process import ModelGone, Unwanted
from interviewer.speech.recognition import Purpose, Recognition

RATE = 16_000
Pcm = npt.NDArray[np.int16]
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


def unbroken(seconds: float) -> np.ndarray:  # type: ignore[type-arg]
    """Speech without a pause: a voiced stretch of a clip, again and again."""
    stretch = short_clip()[round(0.6 * RATE) : round(1.8 * RATE)]
    return np.tile(stretch, round(seconds * RATE / len(stretch)) + 1)[: round(seconds * RATE)]


class Ear:
    """Feeds sound in 20 ms blocks; recognition answers with how many seconds it was given. While ``gate`` is closed the
    recogniser is taken up with other interviews."""

    def __init__(self, *, fails: bool = False, busy: bool = False) -> None:
        self.events: list[Event] = []
        self.captions: list[tuple[int, str, bool]] = []
        self.question = "one"
        self.fails = fails
        self.busy = busy
        self.at = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[Purpose] = []
        self.recognised: list[tuple[Purpose, np.ndarray]] = []  # type: ignore[type-arg]
        self.before: list[Pcm] = []
        self.listening = Listening(
            self._recognise,
            emit=self.events.append,
            caption=lambda *c: self.captions.append(c),
            question=lambda: self.question,
            busy=lambda: self.busy,
        )

    async def _recognise(self, pcm: Pcm, *, purpose: Purpose, wanted: Callable[[], bool], before: Pcm) -> Recognition:
        self.asked.append(purpose)
        await asyncio.sleep(0)
        await self.gate.wait()
        if not wanted():
            raise Unwanted
        if self.fails:
            raise ModelGone("killed")
        self.recognised.append((purpose, pcm))
        self.before.append(before)
        return Recognition(f"{len(pcm) / RATE:.1f} s")

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def hear(self, samples: np.ndarray) -> None:  # type: ignore[type-arg]
        for i in range(0, len(samples), 320):
            piece = samples[i : i + 320].astype(np.int16)
            self.listening.hear(self.at, piece)
            self.at += len(piece)
            await asyncio.sleep(0)
        await self.settle()

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
    await ear.settle()
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


async def test_recognition_starts_at_the_first_silence_and_is_there_when_it_has_lasted() -> None:
    ear = Ear()
    await ear.hear(unbroken(2.0))
    await ear.silence(0.3)
    assert [purpose for purpose, _ in ear.recognised if purpose is Purpose.LIVE] == [Purpose.LIVE]
    assert not ear.of(Heard)
    await ear.silence(0.5)
    assert len(ear.of(Heard)) == 1
    assert ear.asked.count(Purpose.LIVE) == 1


async def test_what_was_begun_at_a_pause_is_dropped_where_speech_goes_on() -> None:
    ear = Ear()
    ear.gate.clear()
    await ear.hear(unbroken(2.0))
    await ear.silence(0.3)
    await ear.hear(unbroken(2.0))
    await ear.silence(0.8)
    ear.gate.set()
    await ear.settle()
    assert ear.asked.count(Purpose.LIVE) == 2
    live = [pcm for purpose, pcm in ear.recognised if purpose is Purpose.LIVE]
    assert [round(len(pcm) / RATE) for pcm in live] == [4]
    assert [h.text for h in ear.of(Heard)] == [f"{len(live[0]) / RATE:.1f} s"]  # type: ignore[attr-defined]


async def test_while_other_turns_end_a_pause_is_recognised_later_and_not_never() -> None:
    ear = Ear(busy=True)
    await ear.hear(unbroken(2.0))
    await ear.silence(0.35)
    assert Purpose.LIVE not in ear.asked
    await ear.silence(0.2)
    assert ear.asked.count(Purpose.LIVE) == 1
    await ear.silence(0.4)
    assert len(ear.of(Heard)) == 1


async def test_a_button_does_not_wait_for_others() -> None:
    ear = Ear(busy=True)
    await ear.hear(unbroken(2.0))
    ear.listening.flush()
    await ear.settle()
    assert len(ear.of(Heard)) == 1


async def test_of_speech_without_a_pause_only_the_tail_is_left_and_no_sample_is_lost_or_doubled() -> None:
    ear = Ear()
    speech = unbroken(40.0)
    speech = speech + np.arange(len(speech)) % 7  # no two stretches are the same
    await ear.hear(speech)
    before = [pcm for purpose, pcm in ear.recognised if purpose is Purpose.AHEAD]
    assert sum(map(len, before)) > 26 * RATE
    await ear.silence(1.0)
    assert len(ear.of(Heard)) == 1
    tails = [pcm for purpose, pcm in ear.recognised if purpose is Purpose.LIVE]
    assert len(tails) == 1
    assert len(tails[0]) < 13 * RATE
    heard = ear.of(Heard)[0]
    assert isinstance(heard, Heard)
    whole = np.concatenate([*before, *tails])
    first = heard.end + round(0.2 * RATE) - len(whole)
    assert 0 <= first <= heard.start
    sound = np.concatenate([speech, np.zeros(RATE)])
    assert np.array_equal(whole, sound[first : first + len(whole)])
    assert heard.text == " ".join(f"{len(pcm) / RATE:.1f} s" for pcm in (*before, *tails))


async def test_captions_come_every_second_and_hold_all_words_of_the_segment() -> None:
    ear = Ear()
    await ear.hear(unbroken(16.0))
    assert all(number == 1 and not final for number, _, final in ear.captions)
    assert 14 <= len(ear.captions) <= 16
    seconds = [sum(float(n) for n in text.split()[::2]) for _, text, _ in ear.captions]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 14
    await ear.silence(1.0)
    assert ear.captions[-1][2]
    assert [final for _, _, final in ear.captions].count(True) == 1


async def test_captions_that_are_behind_are_dropped_for_the_newest() -> None:
    ear = Ear()
    ear.gate.clear()
    await ear.hear(unbroken(5.0))
    assert ear.asked.count(Purpose.CAPTION) == 4
    assert not ear.captions
    ear.gate.set()
    await ear.settle()
    assert [purpose for purpose, _ in ear.recognised] == [Purpose.CAPTION]
    assert len(ear.captions) == 1
    assert float(ear.captions[0][1].split()[0]) > 4


async def test_without_a_page_for_captions_none_are_recognised() -> None:
    ear = Ear()
    ear.listening = Listening(ear._recognise, emit=ear.events.append, caption=None, question=lambda: ear.question)
    await ear.hear(unbroken(5.0))
    await ear.silence(1.0)
    assert ear.asked == [Purpose.LIVE]
    assert len(ear.of(Heard)) == 1


async def test_no_caption_is_begun_as_a_pause_begins() -> None:
    """It would be under way when the pause's own words, which come to the page as well, are wanted."""
    ear = Ear()
    await ear.hear(unbroken(3.0))
    await ear.silence(0.4)
    assert ear.asked == [Purpose.CAPTION, Purpose.CAPTION, Purpose.LIVE]
    assert len(ear.captions) == 3


async def test_the_end_of_speech_is_given_with_the_eight_seconds_that_it_ends() -> None:
    ear = Ear()
    await ear.silence(7.0)
    await ear.hear(short_clip())
    await ear.silence(1.0)
    await ear.hear(short_clip())
    await ear.silence(1.5)
    for (purpose, pcm), before in zip(ear.recognised, ear.before, strict=True):
        together = (len(before) + len(pcm)) / RATE
        assert together == pytest.approx(8.0, abs=0.05) if purpose is Purpose.LIVE else not len(before)
    assert np.abs(ear.before[-1]).max() > 0  # the speech before the pause is in it
