"""Melvin's voice in one interview: texts to sound, sound to the candidate's page and into the recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.conversation.actions import Say
from interviewer.media.audio_out import Speaker
from interviewer.speech.process import ModelError, ModelGone
from interviewer.speech.voice import Voice

__all__ = ["Speaking"]

BETWEEN_TEXTS_S = 0.25
SILENT_S = 0.5
"""How long an utterance lasts where no sound can be played (typing over a page without WebRTC)."""
SOUND_RATE = 48_000

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Current:
    utterance: int
    task: asyncio.Task[None]


class Speaking:
    """``reached(utterance, part)`` is called as each text of an utterance begins to sound, ``ended(utterance, cut)``
    once for each utterance that was begun and not replaced."""

    def __init__(
        self, voice: Voice, *, reached: Callable[[int, int], None], ended: Callable[[int, bool], None]
    ) -> None:
        self._voice = voice
        self._reached = reached
        self._ended = ended
        self._speaker: Speaker | None = None
        self._current: _Current | None = None

    @property
    def busy(self) -> bool:
        """Something is being said."""
        return self._current is not None

    def attach(self, speaker: Speaker | None) -> None:
        """From now on sound goes there; None where the page has no sound."""
        self._speaker = speaker

    def say(self, action: Say, *, began: Callable[[], None]) -> None:
        """``began`` is called when the first sample is handed to the speaker."""
        self.stop()
        task = asyncio.create_task(self._say(action, began), name=f"say {action.utterance}")
        self._current = _Current(action.utterance, task)

    def stop(self, utterance: int | None = None) -> None:
        """Stop that utterance, or whatever is being said."""
        current = self._current
        if current is None or utterance not in (None, current.utterance):
            return
        self._current = None
        current.task.cancel()
        if self._speaker is not None:
            self._speaker.stop(current.utterance)

    async def close(self) -> None:
        self.stop()

    def on_speaker_finished(self, utterance: int, cut: bool) -> None:
        """The speaker's word that an utterance is over; a cut one was ours to stop and is known already."""
        if self._current is not None and self._current.utterance == utterance and not cut:
            self._current = None
            self._ended(utterance, False)

    def on_speaker_reached(self, utterance: int, mark: int) -> None:
        if self._current is not None and self._current.utterance == utterance:
            self._reached(utterance, mark)

    async def _say(self, action: Say, began: Callable[[], None]) -> None:
        sound, starts = await self._sound(action.texts)
        speaker = self._speaker
        began()
        if speaker is not None and len(sound):
            speaker.play(action.utterance, sound, starts)
            return
        self._reached(action.utterance, max(0, len(action.texts) - 1))  # the caption shows all of it at once
        await asyncio.sleep(SILENT_S)
        self._current = None
        self._ended(action.utterance, False)

    async def _sound(self, texts: tuple[str, ...]) -> tuple[NDArray[np.int16], tuple[int, ...]]:
        """48 kHz mono, and where each text begins in it; empty where the voice fails: the caption says it then."""
        gap = np.zeros(round(BETWEEN_TEXTS_S * SOUND_RATE), np.int16)
        parts: list[NDArray[np.int16]] = []
        starts: list[int] = []
        length = 0
        for text in texts:
            try:
                sound = await self._voice.say(text)
            except (ModelError, ModelGone) as error:
                log.error("the voice failed", error=str(error))
                return np.zeros(0, np.int16), ()
            pieces = [gap, sound.pcm] if parts else [sound.pcm]
            parts += pieces
            length += sum(len(piece) for piece in pieces)
            starts.append(length - len(sound.pcm))
        return (np.concatenate(parts) if parts else np.zeros(0, np.int16)), tuple(starts)
