"""Melvin's utterances: each text is told as it begins to sound, and one that is stopped tells nothing more."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from interviewer.conversation.actions import Say, SayKind
from interviewer.live.speaking import BETWEEN_TEXTS_S, Speaking
from interviewer.media.audio_out import Speaker
from interviewer.speech.process import ModelGone
from interviewer.speech.voice import Sound

RATE = 48_000


class Tones:
    """A voice that takes no time: a tone of 0.1 s for each word."""

    async def say(self, text: str) -> Sound:
        if text == "mute":
            raise ModelGone("killed")
        pcm = np.full(len(text.split()) * RATE // 10, 1000, np.int16)
        return Sound(pcm)


class Heard:
    def __init__(self) -> None:
        self.reached: list[tuple[int, int]] = []
        self.ended: list[tuple[int, bool]] = []
        self.done = asyncio.Event()
        self.speaking = Speaking(
            Tones(),  # type: ignore[arg-type] # stands in for the time that a voice takes
            reached=lambda utterance, part: self.reached.append((utterance, part)),
            ended=self._ended,
        )

    def _ended(self, utterance: int, cut: bool) -> None:
        self.ended.append((utterance, cut))
        self.done.set()

    def with_sound(self) -> Speaker:
        speaker = Speaker()
        speaker.on_finished = self.speaking.on_speaker_finished
        speaker.on_reached = self.speaking.on_speaker_reached
        self.speaking.attach(speaker)
        return speaker

    def say(self, utterance: int, *texts: str) -> None:
        self.speaking.say(Say(utterance, SayKind.PHRASE, texts), began=lambda: None)


async def play(speaker: Speaker, seconds: float) -> None:
    for _ in range(round(seconds / 0.02)):
        await speaker.recv()


async def test_each_text_is_told_as_it_begins_to_sound() -> None:
    heard = Heard()
    speaker = heard.with_sound()
    heard.say(1, "two words", "and three more")
    await asyncio.sleep(0)
    await play(speaker, 0.2 + BETWEEN_TEXTS_S - 0.02)
    assert heard.reached == [(1, 0)]
    await play(speaker, 0.04)
    assert heard.reached == [(1, 0), (1, 1)]
    await play(speaker, 0.4)
    assert heard.ended == [(1, False)]


async def test_what_is_stopped_tells_nothing_more() -> None:
    heard = Heard()
    speaker = heard.with_sound()
    heard.say(1, "two words", "and three more")
    await asyncio.sleep(0)
    await play(speaker, 0.1)
    heard.speaking.stop(1)
    await play(speaker, 0.6)
    assert heard.reached == [(1, 0)]
    assert heard.ended == []


@pytest.mark.parametrize("texts", [("two words", "and three more"), ("mute", "words"), ()])
async def test_without_sound_all_of_it_is_reached_at_once(texts: tuple[str, ...]) -> None:
    heard = Heard()
    heard.say(1, *texts)
    async with asyncio.timeout(5):
        await heard.done.wait()
    assert heard.reached == [(1, max(0, len(texts) - 1))]
