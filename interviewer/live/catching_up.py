"""What was said while the connection was gone, heard before the interview goes on.

    connection   ▆▆▆▆▆▆▆▆_______________▆▆▆▆▆▆▆▆▆▆▆▆▆▆
    browser      ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆
    held                                ├──────┤         until the chunks are here
    heard        ├──────┤├─────────────┤├──────┤├────    in order, and only then the conversation is told "connected"

The page records on while it is offline, and while one process ends and the next one starts. When it is back it says
which chunks there are; they are waited for, but not for ever: what does not come in time is in the record transcript,
when it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.conversation.script import RATE
from interviewer.jobs.browser_fill import Fill, Heard, browser_fills
from interviewer.live.clock import InterviewClock
from interviewer.live.links import Links
from interviewer.live.sound_parts import NOT_KEPT
from interviewer.media.recording import CANDIDATE, read_span, received
from interviewer.records.browser import missing_before, stretches_of
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.speech.activity import VoiceActivity

__all__ = ["BrowserSound", "CatchingUp", "StoredBrowserSound", "chunks_told"]

SHORTEST = round(0.5 * RATE)
"""Less than this between the last sound and the first is what a new connection costs; a word is longer."""
MOST_WAIT_S = 20.0
TELLING_S = 5.0
"""A page that has not said by then what it recorded has recorded nothing."""
READING_S = 15.0
LOOK_EVERY_S = 0.3
BLOCK = RATE // 2
SAID = "One moment: what you said while the connection was gone is on its way."
MOST_HELD = round((MOST_WAIT_S + READING_S + TELLING_S) * RATE)
MOST_STRETCHES = 8
MOST_AWAY = 130 * RATE
"""A page records on for two minutes after the connection is lost (own_recording.js)."""

Samples = NDArray[np.int16]
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class BrowserSound(Protocol):
    async def missing(self, interview_id: str, wanted: Mapping[str, int]) -> int:
        """How many chunks are not here yet of those before these numbers, by stretch."""
        ...

    async def between(self, interview_id: str, start: int, end: int) -> Sequence[Fill]:
        """What there is for that part of the interview's clock."""
        ...


@dataclass(frozen=True, slots=True)
class StoredBrowserSound:
    """``recordings``: where this machine's own recordings lie, by which a browser's are aligned."""

    database: Database
    objects: ObjectStore
    recordings: Path
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "browser sound"))

    async def missing(self, interview_id: str, wanted: Mapping[str, int]) -> int:
        async with self.database.session() as session:
            return await missing_before(session, interview_id, dict(wanted))

    async def between(self, interview_id: str, start: int, end: int) -> Sequence[Fill]:
        folder = self.recordings / interview_id
        async with self.database.session() as session:
            stretches = await stretches_of(session, interview_id, "microphone")
        heard = Heard(received(folder, CANDIDATE), lambda first, last: read_span(folder, CANDIDATE, first, last))
        return await browser_fills(self.objects, self._run, interview_id, stretches, heard, [(start, end)])

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)


def chunks_told(told: Sequence[Any]) -> dict[str, int]:
    """How many chunks there are by stretch, as far as a page's word makes sense."""
    found: dict[str, int] = {}
    for one in told[:MOST_STRETCHES]:
        match one:
            case [str(stretch), int(chunks)] if 0 < chunks <= 1000 and len(stretch) <= 64:
                found[stretch] = chunks
    return found


class CatchingUp:
    """One interview's. ``hear`` takes sound in order, as it is to be understood. ``heard_to``: where an earlier process
    stopped hearing it; None where none did."""

    def __init__(
        self,
        interview_id: str,
        clock: InterviewClock,
        source: BrowserSound | None,
        hear: Callable[[int, Samples], None],
        links: Links,
        heard_to: int | None = None,
    ) -> None:
        self._id = interview_id
        self._links = links
        self._clock = clock
        self._source = source
        self._hear = hear
        self._heard_to = heard_to
        self._held: list[tuple[int, Samples]] = []
        self._told: asyncio.Future[dict[str, int]] | None = None
        self._task: asyncio.Task[None] | None = None
        self._page_records = False
        self._set = heard_to is None
        """Whether the clock is right: nobody kept it between the last process and this one."""

    def hello(self, page: Mapping[str, Any]) -> None:
        """The page is back, and says whether it records, and what the interview's clock is by its own: what it
        recorded while the clock stood has its place there."""
        self._page_records = page.get("records") is True
        match page:
            case {"at": int(at)} if not self._set:
                self._clock.advance_to(min(at, self._clock.now() + MOST_AWAY))
        self._set = True

    @property
    def going_on(self) -> bool:
        return self._task is not None

    def heard(self, start: int, samples: Samples) -> bool:
        """Sound has come. True where it is held, because what was said before it is not here yet."""
        if self._task is None:
            self._heard_to = start + len(samples)
            return False
        if not self._held or start + len(samples) - self._held[0][0] <= MOST_HELD:
            self._held.append((start, samples))
        return True

    def told(self, chunks: Sequence[Any]) -> None:
        """The page says what it has recorded."""
        if self._told is not None and not self._told.done():
            self._told.set_result(chunks_told(chunks))

    def begin(self, done: Callable[[bool], None]) -> bool:
        """The page is back. False where nothing can be missing; else ``done`` is called when all that was said is
        heard, or has not come in time: with whether there was speech."""
        since = self._heard_to
        if self._source is None or not self._page_records or since is None or self._task is not None:
            return False
        if self._clock.now() - since < SHORTEST:
            return False
        self._told = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._catch_up(self._source, since, done), name=f"catch up {self._id}")
        return True

    def cancel(self) -> bool:
        """The page is gone again, or all ends here. Whether it was catching up."""
        task, self._task = self._task, None
        self._held.clear()
        return task is not None and task.cancel()

    async def _catch_up(self, source: BrowserSound, since: int, done: Callable[[bool], None]) -> None:
        spoke = False
        try:
            spoke = await self._catch_up_with(source, since)
        finally:  # whatever went wrong: the candidate is there, and what they say next is heard
            if self._task is asyncio.current_task():  # or the page is gone again
                self._task = None
                self._held.clear()
                done(spoke)

    async def _catch_up_with(self, source: BrowserSound, since: int) -> bool:
        """Whether there was speech in what is heard now."""
        self._links.send_text({"t": "notice", "code": "catching-up", "text": SAID})
        began = self._clock.now()
        pieces: Sequence[Fill] = ()
        try:
            if await self._arrived(source):
                async with asyncio.timeout(READING_S):
                    end = self._held[0][0] if self._held else self._clock.now()
                    pieces = await source.between(self._id, since, end)
        except NOT_KEPT as error:
            log.warning("what was recorded offline was not read", interview=self._id, error=type(error).__name__)
        seconds = sum(len(p.samples) for p in pieces) / RATE
        log.info(
            "caught up", interview=self._id, seconds=round(seconds, 1),
            waited_s=round((self._clock.now() - began) / RATE, 1),
        )  # fmt: skip
        activity = VoiceActivity()
        spoke = False
        for piece in sorted(pieces, key=lambda p: p.start):
            spoke = await self._feed(piece.start, piece.samples, activity) or spoke
        while self._held:
            await self._feed(*self._held.pop(0))
        return spoke

    async def _arrived(self, source: BrowserSound) -> bool:
        """Whether there is something to be read, once all of it is here or has had its time."""
        if self._told is None:
            return False
        try:
            async with asyncio.timeout(TELLING_S):
                wanted = await self._told
        except TimeoutError:
            return True  # it may be here all the same
        try:
            async with asyncio.timeout(MOST_WAIT_S):
                while await source.missing(self._id, wanted):  # noqa: ASYNC110 - any node may take a chunk
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            log.warning("what was recorded offline did not come in time", interview=self._id)
        return True

    async def _feed(self, start: int, samples: Samples, activity: VoiceActivity | None = None) -> bool:
        """What of it was not heard yet, in blocks between which others have their turn. Whether ``activity`` found
        speech in it."""
        spoke = False
        for at in range(max(0, (self._heard_to or 0) - start), len(samples), BLOCK):
            block = samples[at : at + BLOCK]
            self._heard_to = start + at + len(block)
            self._hear(start + at, block)
            if activity is not None and not spoke:
                spoke = bool(activity.feed(start + at, block))
            await asyncio.sleep(0)
        return spoke
