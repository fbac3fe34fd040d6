"""Who is next: the most urgent that is still wanted, with rest between polite ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from interviewer.speech.request_queue import Request, RequestQueue, Unwanted

LIVE, AHEAD, CAPTION, RECORD = range(4)


class Counter:
    """A queue and the replies of those who stand in it."""

    def __init__(self) -> None:
        self.queue = RequestQueue(polite_from=CAPTION)
        self.replies: dict[str, asyncio.Future] = {}

    def add(self, name: str, priority: int, wanted: Callable[[], bool] = lambda: True) -> None:
        self.replies[name] = asyncio.get_running_loop().create_future()
        self.queue.add(name.encode(), priority, 1.0, wanted, self.replies[name])

    def take(self, now: float) -> str | None:
        request = self.queue.take(now)
        return None if request is None else request.data.decode()

    def serve(self, now: float, took: float) -> str | None:
        request: Request | None = self.queue.take(now)
        if request is None:
            return None
        self.queue.finished(request, now, now + took)
        return request.data.decode()


async def test_by_urgency_and_then_in_order():
    counter = Counter()
    for name, priority in (("r", RECORD), ("c", CAPTION), ("a", AHEAD), ("l1", LIVE), ("l2", LIVE)):
        counter.add(name, priority)
    assert [counter.serve(now, 0.0) for now in range(6)] == ["l1", "l2", "a", "c", "r", None]


async def test_what_is_not_wanted_is_refused_when_its_turn_comes_or_the_next_request():
    counter = Counter()
    wanted = {"one", "two"}
    counter.add("one", LIVE, lambda: "one" in wanted)
    counter.add("two", LIVE, lambda: "two" in wanted)
    wanted.remove("one")
    assert counter.take(0.0) == "two"
    with pytest.raises(Unwanted):
        await counter.replies["one"]
    counter.add("three", LIVE, lambda: "three" in wanted)
    counter.add("four", LIVE)
    assert counter.replies["three"].done()
    with pytest.raises(Unwanted):
        await counter.replies["three"]


async def test_a_caller_that_has_gone_is_passed_over():
    counter = Counter()
    counter.add("gone", LIVE)
    counter.add("here", LIVE)
    counter.replies["gone"].cancel()
    assert counter.queue.count(LIVE) == 1
    assert counter.take(0.0) == "here"


async def test_a_polite_request_is_followed_by_as_much_rest_from_its_like_alone():
    counter = Counter()
    counter.add("caption", CAPTION)
    assert counter.serve(10.0, 0.5) == "caption"
    counter.add("another", CAPTION)
    assert counter.take(10.6) is None
    assert counter.queue.rest_s(10.6) == pytest.approx(0.4)
    counter.add("end of a turn", LIVE)
    assert counter.serve(10.6, 0.1) == "end of a turn"
    assert counter.take(11.0) == "another"
    assert counter.queue.rest_s(11.0) is None


async def test_the_one_under_way_counts_until_it_is_finished_and_keeps_its_place_when_put_back():
    counter = Counter()
    counter.add("one", LIVE)
    counter.add("two", LIVE)
    request = counter.queue.take(0.0)
    assert request is not None
    assert counter.queue.count(LIVE) == 2
    counter.queue.finished(request, 0.0, 0.1)
    assert counter.queue.count(LIVE) == 1
    counter.queue.again(request)
    assert counter.take(0.1) == "one"


async def test_clearing_refuses_all_that_wait():
    counter = Counter()
    counter.add("one", LIVE)
    counter.queue.clear(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await counter.replies["one"]
    assert counter.take(0.0) is None
