"""From the candidate's sound to events: recording, voice activity, segments, words.

    sound     ▁▁▆▆▆▆▁▁▁▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁▁
    activity    started ended started ended
    events      Speech- Speech- Speech- Speech-      Heard
                Started Ended 1 Started Ended 1      1 (both stretches as one text)
                        ├ 0.2 s ┤      ├── settled ──┤

Recognition starts at each end and is thrown away if speech goes on, so that words are there when a silence has lasted.
A segment is settled, and never recognised again, once a silence has lasted ``SETTLE_S``, or at the first pause after
``LONG_S`` of speech. Whoever speaks on without a pause is recognised window by window, so that only the tail is left:

    sound     ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▁▁▁▁
    windows   ├─ window 1 ──┤├─ window 2 ─┤
    tail                                  ├──┤   recognised at the end
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.conversation.events import Event, Heard, SpeechEnded, SpeechStarted
from interviewer.conversation.script import RATE
from interviewer.live.recent_sound import RecentSound
from interviewer.speech.activity import VoiceActivity
from interviewer.speech.process import ModelError, ModelGone, Unwanted
from interviewer.speech.recognition import Purpose, Recognition
from interviewer.speech.windows import LONGEST_S, windows

__all__ = ["Listening", "Recognise"]

SETTLE_S = 0.7
LATE_START_S = 0.45
"""Silence after which recognition starts even where it is busy with the end of somebody's turn. Many pauses are over by
then, and what is recognised in 0.4 s is still there before any turn ends."""
LONG_S = 8.0
LEAD_S = 0.3
"""Sound kept before the onset that voice activity finds: the first consonant is often quieter than its threshold."""
TAIL_S = 0.2
AFTER_WINDOW_S = 0.5
"""Sound that must follow a window before it is cut off: more than voice activity needs to find that speech has ended,
so that there is speech in the tail."""
CAPTION_EVERY_S = 1.0
"""A word is on the page a window's recognition after this, at the latest: 1.5 s on two cores."""
KEEP_S = 30.0
"""Sound kept in memory while a segment is open: more than a window and a tail."""
FORGET_S = 10.0
"""Sound kept between segments: more than ``TUNE_S``, and what a segment begins with."""
TUNE_S = 8.0
"""Of sound up to where speech ends, that tell how final it sounds (see ``smart_turn``)."""

log = structlog.get_logger(__name__)
Samples = NDArray[np.int16]
NO_SOUND: Samples = np.zeros(0, np.int16)
Result = TypeVar("Result")


class Recognise(Protocol):
    async def __call__(
        self, pcm: Samples, /, *, purpose: Purpose, wanted: Callable[[], bool], before: Samples
    ) -> Recognition:
        """The words of 16 kHz mono sound. ``before``: sound that led up to it, for how it ends; no words are wanted of
        that. Raises ``Unwanted`` where ``wanted`` says no before it is begun."""
        ...


@dataclass(slots=True)
class _Segment:
    number: int
    start: int
    end: int
    question_id: str
    tail_from: int
    """Where the sound begins that is in no window yet."""
    captioned: int
    """Up to where words have been asked for, for the page."""
    spoken: int = 0
    windows: list[asyncio.Task[Recognition | None]] = field(default_factory=list)
    tail: asyncio.Task[Recognition | None] | None = None
    tail_to: int = -1
    """The ``end`` that ``tail`` belongs to."""
    shown: str = ""
    shown_to: int = -1
    captions: int = 0


class Listening:
    """Give it every block of sound in order; it calls ``emit`` with events and ``caption`` with text so far. ``busy``
    says whether recognition is at work on the end of some turn. Without ``caption`` nothing is recognised for the page
    alone.

    All positions are samples on the interview's clock. Runs on the event loop and never blocks it.
    """

    def __init__(
        self,
        recognise: Recognise,
        *,
        emit: Callable[[Event], None],
        caption: Callable[[int, str, bool], None] | None,
        question: Callable[[], str],
        busy: Callable[[], bool] = lambda: False,
        first_segment: int = 1,
        activity: VoiceActivity | None = None,
    ) -> None:
        self._recognise = recognise
        self._emit = emit
        self._caption = caption
        self._question = question
        self._busy = busy
        self._activity = activity or VoiceActivity()
        self._sound = RecentSound(round(KEEP_S * RATE))
        self._segment: _Segment | None = None
        self._next = first_segment
        self._speaking = False
        self._position = 0
        self._tasks: set[asyncio.Task[Any]] = set()

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
            self._cut_window(segment)
            self._maybe_caption(segment)
        elif self._position - segment.end >= SETTLE_S * RATE:
            self._settle()
        elif not self._busy() or self._position - segment.end >= LATE_START_S * RATE:
            self._recognise_tail(segment)

    @property
    def busy(self) -> bool:
        """The candidate speaks, or words of theirs are on their way."""
        return self._segment is not None or bool(self._tasks)

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

    # ------------------------------------------------------------------ segments

    def _started(self, at: int) -> None:
        self._speaking = True
        if self._segment is None:
            tail_from = at - round(LEAD_S * RATE)
            self._segment = _Segment(self._next, at, at, self._question(), tail_from, captioned=at)
            self._next += 1
        self._segment.end = at
        self._segment.captioned = max(self._segment.captioned, at)
        self._emit(SpeechStarted(at))

    def _ended(self, at: int) -> None:
        segment = self._segment
        self._speaking = False
        if segment is None:
            return
        segment.spoken += max(0, at - segment.end)
        segment.end = at
        self._emit(SpeechEnded(at, segment.number))
        if segment.spoken >= LONG_S * RATE:
            self._settle()
        elif not self._busy():
            self._recognise_tail(segment)

    def _settle(self) -> None:
        """The segment is over: as soon as its words are there, they are events."""
        segment, self._segment = self._segment, None
        if segment is not None:
            self._recognise_tail(segment)
            self._own(self._deliver(segment))

    async def _deliver(self, segment: _Segment) -> None:
        parts = [await part for part in (*segment.windows, segment.tail) if part is not None]
        if not any(parts):
            return  # no words came back; the conversation goes on without them, the recording has them
        text = _text(parts)
        if self._caption is not None:
            self._caption(segment.number, text, True)
        said = [part for part in parts if part is not None and part.text]
        finality = said[-1].finality if said else None
        where = (segment.number, segment.start, segment.end)
        self._emit(Heard(self._position, *where, text, segment.question_id, finality))

    # ------------------------------------------------------------------ words

    def _recognise_tail(self, segment: _Segment) -> None:
        """What is in no window yet, once for each end of the segment's speech."""
        end = segment.end
        if segment.tail_to == end:
            return
        segment.tail_to = end
        segment.captioned = self._position
        # Cut out now, not in the task: once the segment is settled, its sound may be forgotten before the task runs.
        to = end + round(TAIL_S * RATE)
        pcm = self._sound.span(segment.tail_from, to)
        before = self._sound.span(to - round(TUNE_S * RATE), segment.tail_from)
        segment.tail = self._own(self._words(pcm, Purpose.LIVE, lambda: segment.end == end, before))
        self._own(self._show(segment, segment.tail, self._position))

    def _cut_window(self, segment: _Segment) -> None:
        """Speech that goes on for longer than a window: recognise that much for good."""
        longest = round(LONGEST_S * RATE)
        if self._position - segment.tail_from < longest + AFTER_WINDOW_S * RATE:
            return
        to = segment.tail_from + longest + 1
        pcm = self._sound.span(segment.tail_from, to)
        cut = next(windows(pcm))[1]
        segment.tail_from = to - len(pcm) + cut
        segment.windows.append(self._own(self._words(pcm[:cut], Purpose.AHEAD, lambda: True)))

    async def _words(
        self, pcm: Samples, purpose: Purpose, wanted: Callable[[], bool], before: Samples = NO_SOUND
    ) -> Recognition | None:
        """None where recognition failed or was not wanted any more."""
        try:
            return await self._recognise(pcm, purpose=purpose, wanted=wanted, before=before)
        except Unwanted:
            return None
        except (ModelError, ModelGone) as error:
            log.warning("recognition failed", error=str(error), purpose=purpose.name)
            return None

    # ------------------------------------------------------------------ captions

    def _maybe_caption(self, segment: _Segment) -> None:
        if self._caption is None or self._position - segment.captioned < CAPTION_EVERY_S * RATE:
            return
        if self._activity.faltering:
            return  # if this is a pause, its words are wanted in a moment, and come to the page as well
        segment.captioned = self._position
        segment.captions += 1
        number = segment.captions

        def newest() -> bool:
            return self._segment is segment and self._speaking and segment.captions == number

        pcm = self._sound.span(segment.tail_from, self._position)
        words = self._own(self._words(pcm, Purpose.CAPTION, newest))
        self._own(self._show(segment, words, self._position))

    async def _show(self, segment: _Segment, tail: asyncio.Task[Recognition | None], to: int) -> None:
        """The segment's words up to ``to``, unless newer ones are on the page."""
        before = tuple(segment.windows)
        parts = [await part for part in (*before, tail)]
        stale = self._segment is not segment or len(segment.windows) > len(before) or to <= segment.shown_to
        if self._caption is None or stale or parts[-1] is None:
            return
        text = _text(parts)
        segment.shown_to = to
        if text and text != segment.shown:
            segment.shown = text
            self._caption(segment.number, text, False)

    def _own(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _text(parts: Sequence[Recognition | None]) -> str:
    return " ".join(part.text for part in parts if part is not None and part.text)
