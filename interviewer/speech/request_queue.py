"""Which request a model's process takes next: the most urgent one that is still wanted.

    waiting   caption  record  end of turn  caption           end of turn first, then as they came
    process   ▐ end of turn ▌▐ caption ▌······▐ caption ▌     what is polite rests as long as it took

Requests from a set urgency on are polite: together they take at most half of the process's time, so a request that is
not polite seldom finds one of them under way. Nothing here waits or reads a clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from interviewer.speech.messages import Message

__all__ = ["Request", "RequestQueue", "Unwanted"]


class Unwanted(RuntimeError):
    """The request was dropped before the process took it, because nobody wanted its result any more."""


@dataclass(slots=True)
class Request:
    """Lower ``priority`` comes first, equal ones by ``number``. ``wanted`` is asked before the process takes it."""

    priority: int
    number: int
    data: bytes
    timeout_s: float
    wanted: Callable[[], bool]
    reply: asyncio.Future[Message]
    attempts: int = 0

    def __lt__(self, other: Request) -> bool:
        return (self.priority, self.number) < (other.priority, other.number)

    def fail(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)

    def stands(self) -> bool:
        """Refuse it where it is not wanted; False then, and where its caller has gone."""
        if not self.reply.done() and not self.wanted():
            self.fail(Unwanted())
        return not self.reply.done()


class RequestQueue:
    """Moments are seconds on any clock that runs forward."""

    def __init__(self, polite_from: int | None = None) -> None:
        self._polite_from = polite_from
        self._numbers = itertools.count()
        self._waiting: list[Request] = []
        self._under_way: Request | None = None
        self._rest_until = 0.0

    def add(
        self, data: bytes, priority: int, timeout_s: float, wanted: Callable[[], bool], reply: asyncio.Future[Message]
    ) -> None:
        # What is given up goes now: it holds sound, and under load its turn may never come.
        self._waiting = [r for r in self._waiting if r.stands()]
        self._waiting.append(Request(priority, next(self._numbers), data, timeout_s, wanted, reply))
        heapq.heapify(self._waiting)

    def take(self, now: float) -> Request | None:
        """The next one; it counts as under way until :meth:`finished`. None where none may be taken now."""
        while self._waiting:
            if self._polite(self._waiting[0]) and now < self._rest_until:
                return None
            request = heapq.heappop(self._waiting)
            if request.stands():
                self._under_way = request
                return request
        return None

    def finished(self, request: Request, began: float, now: float) -> None:
        self._under_way = None
        if self._polite(request):
            self._rest_until = now + (now - began)

    def again(self, request: Request) -> None:
        """Put back what the process could not finish; it keeps its place."""
        heapq.heappush(self._waiting, request)

    def rest_s(self, now: float) -> float | None:
        """Seconds until something that waits may be taken; None where nothing waits."""
        return max(0.0, self._rest_until - now) if self._waiting else None

    def count(self, priority: int) -> int:
        """Requests of this priority or a more urgent one, waiting or under way, that are still wanted."""
        under_way = [self._under_way] if self._under_way is not None else []
        return sum(r.priority <= priority and not r.reply.done() for r in [*self._waiting, *under_way])

    def clear(self, error: Exception) -> None:
        """Refuse all that wait."""
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            request.fail(error)

    def _polite(self, request: Request) -> bool:
        return self._polite_from is not None and request.priority >= self._polite_from
