"""The lobby: who waits for an interview on this machine, in which order, and whose turn it is.

    arrives ── waits ── called ── enters          whoever asks is seen; an open question to us counts as being there
                 │         │
                 │         └── did not come within ``CLAIM_S``: the turn passes on, the place in line stays
                 └── not seen for ``KEPT_S``: the place is gone

Two lines, for two things can be short: those who speak need recognition, those who only type do not. In each line
whoever has begun their interview stands before all who have not, and otherwise who came first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["CLAIM_S", "KEPT_S", "Lobby", "LobbyFull", "Place", "Waiting"]

KEPT_S = 180.0
"""A page that is loaded again, or that was off the network for a while, finds its place again within this time."""
CLAIM_S = 20.0
"""From being called to coming in. A page needs up to 3 s for its offer, and the network may be slow."""
PRESENT_S = 15.0
"""After its last question a page counts as there for this long; one that only tries to join does so each 10 s."""
MOST = 200
"""More than wait for one machine in any office; what an entry costs is a few hundred bytes."""


class LobbyFull(Exception):
    """Too many wait already."""


@dataclass(frozen=True, slots=True)
class Place:
    """``number`` 1 is first in line. ``minutes``: about how long it takes, None where nothing honest can be said.
    ``typing``: whether there is room at once for somebody who answers by typing."""

    number: int
    minutes: int | None
    typing: bool


@dataclass(slots=True)
class Waiting:
    """``order``: those who have begun first, then by arrival. Times are those of the lobby's clock, in seconds."""

    interview_id: str
    order: tuple[bool, int]
    sound: bool
    seen: float
    asking: int = 0
    called: float | None = None


class Lobby:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._monotonic = monotonic
        self._most = most
        self._arrivals = 0
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, interview_id: str) -> bool:
        return interview_id in self._waiting

    def take(self, interview_id: str, *, sound: bool, begun: bool) -> Waiting:
        """This candidate's place: a new one at the end of its line, or the one it has. Raises :class:`LobbyFull`."""
        self.sweep()
        found = self._waiting.get(interview_id)
        if found is None:
            if len(self._waiting) >= self._most:
                raise LobbyFull
            self._arrivals += 1
            found = Waiting(interview_id, (not begun, self._arrivals), sound, self._monotonic())
            self._waiting[interview_id] = found
        found.seen = self._monotonic()
        if found.sound is not sound:  # another line; who came first there stays first
            found.sound, found.called = sound, None
        return found

    @contextmanager
    def asking(self, interview_id: str) -> Iterator[None]:
        """While the block runs, this candidate's page is there and waits for word."""
        waiting = self._waiting.get(interview_id)
        if waiting is None:
            yield
            return
        waiting.asking += 1
        try:
            yield
        finally:
            waiting.asking -= 1
            waiting.seen = self._monotonic()

    @property
    def line(self) -> list[Waiting]:
        """All who wait, first come first."""
        return sorted(self._waiting.values(), key=lambda w: w.order)

    def leave(self, interview_id: str) -> None:
        self._waiting.pop(interview_id, None)

    def number(self, waiting: Waiting) -> int:
        """1 for the first. Those count who keep their place, also while their page is away."""
        return 1 + sum(1 for w in self._line(waiting.sound) if w.order < waiting.order)

    def call(self, waiting: Waiting, free: int) -> bool:
        """Whether it is this candidate's turn, where ``free`` seats of their kind are empty; then it is kept for
        ``CLAIM_S``. Whoever is not there now is passed over, and is first again when they are back."""
        if self._is_called(waiting):
            return True
        before = [
            w for w in self._line(waiting.sound)
            if w is not waiting and (self._is_called(w) or (w.order < waiting.order and self._is_there(w)))
        ]  # fmt: skip
        if free <= len(before):
            return False
        waiting.called = self._monotonic()
        return True

    def would_call(self, sound: bool, free: int) -> bool:
        """Whether somebody who joined this line now would be called at once."""
        return free > sum(1 for w in self._line(sound) if self._is_called(w) or self._is_there(w))

    def sweep(self) -> None:
        """Forget who has not been seen for too long."""
        now = self._monotonic()
        for interview_id, waiting in list(self._waiting.items()):
            if not waiting.asking and now - waiting.seen > KEPT_S:
                del self._waiting[interview_id]

    def _line(self, sound: bool) -> list[Waiting]:
        return [w for w in self._waiting.values() if w.sound is sound]

    def _is_called(self, waiting: Waiting) -> bool:
        return waiting.called is not None and self._monotonic() - waiting.called <= CLAIM_S

    def _is_there(self, waiting: Waiting) -> bool:
        return waiting.asking > 0 or self._monotonic() - waiting.seen <= PRESENT_S
