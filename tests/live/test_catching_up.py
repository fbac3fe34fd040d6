"""What was said offline is heard before the interview goes on: in order, once, and not waited for for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from obstore.exceptions import GenericError

from interviewer.conversation.script import RATE
from interviewer.jobs.browser_fill import Fill
from interviewer.live import catching_up
from interviewer.live.catching_up import CatchingUp, chunks_told
from interviewer.live.clock import InterviewClock
from interviewer.live.links import Links
from tests.clips import clips

SPEECH = clips()["jfk"].pcm


class Time:
    """Stands where the monotonic clock stands."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Source:
    """``lacks``: how many chunks are missing, until they are let in."""

    lacks: int = 0
    pieces: Sequence[Fill] = ()
    asked: list[tuple[int, int]] = field(default_factory=list)
    wanted: list[Mapping[str, int]] = field(default_factory=list)

    async def missing(self, interview_id: str, wanted: Mapping[str, int]) -> int:
        self.wanted.append(wanted)
        return self.lacks

    async def between(self, interview_id: str, start: int, end: int) -> Sequence[Fill]:
        self.asked.append((start, end))
        return self.pieces


class Bench:
    def __init__(self, source: Source, heard_to: int | None = None, **hello: int) -> None:
        self.time = Time()
        self.heard: list[tuple[int, int]] = []
        self.done: asyncio.Queue[bool] = asyncio.Queue()
        self.source = source
        clock = InterviewClock(0, self.time)
        self.clock = clock
        self.catching_up = CatchingUp("int_1", clock, source, self._hear, Links(), heard_to)
        self.catching_up.hello({"t": "hello", "audio": True, "records": True, **hello})

    def _hear(self, start: int, samples: np.ndarray) -> None:
        self.heard.append((start, start + len(samples)))

    def live(self, start_s: float, seconds: float = 1.0) -> bool:
        """A second of sound over the connection; whether it is held."""
        self.time.now = start_s + seconds
        return self.catching_up.heard(round(start_s * RATE), np.zeros(round(seconds * RATE), np.int16))

    def begin(self) -> bool:
        return self.catching_up.begin(self.done.put_nowait)

    async def finished(self) -> bool:
        return await asyncio.wait_for(self.done.get(), 10)

    def seconds(self) -> list[tuple[float, float]]:
        """What was heard, joined where it touches."""
        joined: list[tuple[float, float]] = []
        for start, end in self.heard:
            if joined and joined[-1][1] == start / RATE:
                joined[-1] = (joined[-1][0], end / RATE)
            else:
                joined.append((start / RATE, end / RATE))
        return joined


async def test_offline_speech_is_heard_first_and_once_and_then_what_came_meanwhile() -> None:
    bench = Bench(Source(lacks=2, pieces=[Fill(round(0.4 * RATE), SPEECH[: 9 * RATE])]))
    assert not bench.live(0.0)
    bench.time.now = 8.0
    assert bench.begin()
    assert bench.live(8.0)
    bench.catching_up.told([["0lx9k2m1a-0123456789ab", 4]])
    await asyncio.wait_for(until(lambda: bench.source.wanted), 20)
    assert bench.live(9.0)
    assert bench.heard == []
    bench.source.lacks = 0
    assert await bench.finished() is True
    assert bench.source.asked == [(RATE, 8 * RATE)]
    assert bench.source.wanted[0] == {"0lx9k2m1a-0123456789ab": 4}
    assert bench.seconds() == [(1.0, 10.0)]
    assert not bench.live(10.0)


async def test_what_was_said_between_two_processes_has_its_place_on_the_clock_that_stood_meanwhile() -> None:
    """The page's clock ran on: it says so with its hello, and what it recorded is heard before what comes then."""
    away = [Fill(5 * RATE, SPEECH[: 7 * RATE])]
    bench = Bench(Source(pieces=away), heard_to=5 * RATE, at=13 * RATE)
    assert bench.clock.now() == 13 * RATE
    assert bench.begin()
    bench.catching_up.told([])
    assert await bench.finished() is True
    assert bench.source.asked == [(5 * RATE, 13 * RATE)]
    assert bench.seconds() == [(5.0, 12.0)]


def test_a_page_moves_the_clock_once_and_by_no_more_than_it_records_alone() -> None:
    assert Bench(Source(), heard_to=5 * RATE, at=10**12).clock.now() == catching_up.MOST_AWAY
    bench = Bench(Source(), heard_to=5 * RATE, at=7 * RATE)
    bench.catching_up.hello({"t": "hello", "audio": True, "at": 20 * RATE})
    assert bench.clock.now() == 7 * RATE
    assert Bench(Source(), heard_to=5 * RATE, at=-RATE).clock.now() == 0
    assert Bench(Source(), at=9 * RATE).clock.now() == 0, "the clock of a process that was there all the time is right"


async def until(truth: object) -> None:
    while not truth():  # type: ignore[operator] # noqa: ASYNC110 - the source has no event
        await asyncio.sleep(0.01)


async def test_silence_offline_is_told_as_such() -> None:
    bench = Bench(Source(pieces=[Fill(RATE, np.zeros(7 * RATE, np.int16))]))
    bench.live(0.0)
    bench.time.now = 8.0
    assert bench.begin()
    bench.catching_up.told([])
    assert await bench.finished() is False


async def test_chunks_that_do_not_come_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "MOST_WAIT_S", 0.1)
    bench = Bench(Source(lacks=1))
    bench.live(0.0)
    bench.time.now = 5.0
    assert bench.begin()
    bench.catching_up.told([["0lx9k2m1a-0123456789ab", 9]])
    assert await bench.finished() is False


class Broken(Source):
    """``error`` is raised where what came is read."""

    error: Exception = ValueError()

    async def between(self, interview_id: str, start: int, end: int) -> Sequence[Fill]:
        raise self.error


async def test_a_store_that_fails_is_gone_on_without_and_no_sound_is_held_for_ever() -> None:
    bench = Bench(source := Broken())
    source.error = GenericError("503, slow down")
    bench.live(0.0)
    bench.time.now = 5.0
    assert bench.begin()
    assert bench.live(5.0)
    bench.catching_up.told([["0lx9k2m1a-0123456789ab", 1]])
    assert await bench.finished() is False
    assert bench.seconds() == [(5.0, 6.0)]
    assert not bench.live(6.0)


async def test_whatever_goes_wrong_in_catching_up_the_interview_goes_on() -> None:
    bench = Bench(source := Broken())
    source.error = ZeroDivisionError("a fault of ours")
    bench.live(0.0)
    bench.time.now = 5.0
    assert bench.begin()
    bench.catching_up.told([["0lx9k2m1a-0123456789ab", 1]])
    assert await bench.finished() is False
    assert not bench.live(5.0)
    assert not bench.catching_up.going_on


async def test_nothing_is_waited_for_where_nothing_can_be_missing() -> None:
    bench = Bench(Source())
    assert not bench.begin()  # nothing was ever heard
    bench.live(0.0)
    assert not bench.begin()  # it comes at once
    bench.time.now = 60.0
    bench.catching_up.hello({"t": "hello", "audio": True})
    assert not bench.begin()


async def test_a_page_that_goes_again_is_caught_up_with_later() -> None:
    bench = Bench(Source(lacks=1, pieces=[Fill(RATE, SPEECH[: 20 * RATE])]))
    bench.live(0.0)
    bench.time.now = 5.0
    assert bench.begin()
    assert bench.live(5.0)
    assert bench.catching_up.cancel()
    assert not bench.catching_up.cancel()
    bench.source.lacks = 0
    bench.time.now = 12.0
    assert bench.begin()
    bench.catching_up.told([["0lx9k2m1a-0123456789ab", 9]])
    assert await bench.finished() is True
    assert bench.source.asked == [(RATE, 12 * RATE)]
    assert bench.seconds()[0][0] == 1.0


def test_what_a_page_says_of_its_chunks_is_not_believed_blindly() -> None:
    told = [["a", 3], ["b", -1], ["c", "4"], ["d", 10**9], "e", ["f"], ["g" * 65, 2], [7, 7]]
    assert chunks_told(told) == {"a": 3}
    assert len(chunks_told([[str(n), 1] for n in range(1000)])) <= 8
