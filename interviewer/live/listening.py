"""From the candidate's sound to events: recording, voice activity, segments, words.

    sound     ▁▁▆▆▆▆▁▁▁▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁▁
    activity    started ended started ended
    events      Speech- Speech- Speech- Speech-      Heard
                Started Ended 1 Started Ended 1      1 (both stretches as one text)
                        ├ 0.2 s ┤      ├── settled ──┤

Recognition starts at each end and is thrown away if speech goes on, so that words are there when a silence has lasted.
A segment is settled, and never recognised again, once a silence has lasted ``SETTLE_S``, or at the first pause after
``LONG_S`` of speech.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.conversation.events import Event, Heard, SpeechEnded, SpeechStarted
from interviewer.conversation.script import RATE
from interviewer.live.recent_sound import RecentSound
from interviewer.speech.activity import VoiceActivity
from interviewer.speech.process import ModelError, ModelGone

__all__ = ["Listening", "Recognise"]

SETTLE_S = 0.7
LONG_S = 8.0
LEAD_S = 0.3
"""Sound kept before the onset that voice activity finds: the first consonant is often quieter than its threshold."""
TAIL_S = 0.2
CAPTION_EVERY_S = 2.5
CAPTION_WINDOW_S = 10.0
KEEP_S = 120.0
"""Sound kept in memory while a segment is open; longer ones lose their beginning here, not in the recording."""
FORGET_S = 5.0
"""Sound kept between segments."""

log = structlog.get_logger(__name__)
Samples = NDArray[np.int16]


class Recognise(Protocol):
    async def __call__(self, pcm: Samples, *, caption: bool) -> str:
        """Text of 16 kHz mono sound. Captions come after everything else and may be refused."""
        ...


@dataclass(slots=True)
class _Segment:
    number: int
    start: int
    end: int
    question_id: str
    spoken: int = 0
    task: asyncio.Task[None] | None = None
    text: str | None = None
    text_end: int = -1
    """The ``end`` that ``text`` belongs to."""


class Listening:
    """Give it every block of sound in order; it calls ``emit`` with events and ``caption`` with text so far.

    All positions are samples on the interview's clock. Runs on the event loop and never blocks it.
    """

    def __init__(
        self,
        recognise: Recognise,
        *,
        emit: Callable[[Event], None],
        caption: Callable[[int, str, bool], None],
        question: Callable[[], str],
        first_segment: int = 1,
        activity: VoiceActivity | None = None,
    ) -> None:
        self._recognise = recognise
        self._emit = emit
        self._caption = caption
        self._question = question
        self._activity = activity or VoiceActivity()
        self._sound = RecentSound(round(KEEP_S * RATE))
        self._segment: _Segment | None = None
        self._next = first_segment
        self._speaking = False
        self._position = 0
        self._captioned_at = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, start: int, samples: Samples) -> None:
        """One block. A jump in ``start`` is a gap, and counts as silence."""
        self._sound.add(start, samples)
        self._position = start + len(samples)
        for change in self._activity.feed(start, samples):
            if change.kind == "started":
                self._started(change.at)
            else:
                self._ended(change.at)
        segment = self._segment
        if segment is None:
            self._sound.forget_before(self._position - round(FORGET_S * RATE))
        elif self._speaking:
            self._maybe_caption(segment)
        elif self._position - segment.end >= SETTLE_S * RATE:
            self._settle()

    def flush(self) -> None:
        """The candidate said that the turn is over (or stopped speaking to type): do not wait for silence."""
        if self._speaking:
            self._ended(self._position)
        self._activity.reset()
        self._settle()

    async def close(self) -> None:
        self.flush()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for task in self._tasks:
            task.cancel()

    def _started(self, at: int) -> None:
        self._speaking = True
        if self._segment is not None and self._segment.spoken >= LONG_S * RATE:
            self._settle()
        if self._segment is None:
            self._segment = _Segment(self._next, at, at, self._question())
            self._next += 1
            self._captioned_at = at
        self._segment.end = at
        self._emit(SpeechStarted(at))

    def _ended(self, at: int) -> None:
        segment = self._segment
        self._speaking = False
        if segment is None:
            return
        segment.spoken += max(0, at - segment.end)
        segment.end = at
        self._emit(SpeechEnded(at, segment.number))
        if segment.task is not None:
            segment.task.cancel()
        # Cut out now, not in the task: once the segment is settled, its sound may be forgotten before the task runs.
        segment.task = self._own(self._words(segment, at, self._cut(segment.start, at)))
        if segment.spoken >= LONG_S * RATE:
            self._settle()

    async def _words(self, segment: _Segment, end: int, pcm: Samples) -> None:
        text = await self._recognised(pcm, caption=False)
        if text is not None:
            segment.text, segment.text_end = text, end
            if self._segment is segment:
                self._caption(segment.number, text, False)

    def _settle(self) -> None:
        """The segment is over: as soon as its words are there, they are events."""
        segment, self._segment = self._segment, None
        if segment is not None:
            self._own(self._deliver(segment))

    async def _deliver(self, segment: _Segment) -> None:
        if segment.task is not None:
            await asyncio.wait({segment.task})
        if segment.text_end != segment.end:
            return  # no words came back; the conversation goes on without them, the recording has them
        text = segment.text or ""
        self._caption(segment.number, text, True)
        self._emit(Heard(self._position, segment.number, segment.start, segment.end, text, segment.question_id))

    def _maybe_caption(self, segment: _Segment) -> None:
        if self._position - self._captioned_at >= CAPTION_EVERY_S * RATE:
            self._captioned_at = self._position
            start = max(segment.start, self._position - round(CAPTION_WINDOW_S * RATE))
            self._own(self._show(segment, start, self._cut(start, self._position)))

    async def _show(self, segment: _Segment, start: int, pcm: Samples) -> None:
        text = await self._recognised(pcm, caption=True)
        if text and self._segment is segment and self._speaking:
            self._caption(segment.number, text if start == segment.start else "… " + text, False)

    def _cut(self, start: int, end: int) -> Samples:
        return self._sound.span(start - round(LEAD_S * RATE), end + round(TAIL_S * RATE))

    async def _recognised(self, pcm: Samples, *, caption: bool) -> str | None:
        try:
            return await self._recognise(pcm, caption=caption)
        except (ModelError, ModelGone) as error:
            log.warning("recognition failed", error=str(error), caption=caption)
            return None

    def _own(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
