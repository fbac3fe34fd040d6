"""Who may enter: seats in interviews, as many as can be served well, and the lobby in front of them.

A seat is held from entering until ``HELD_S`` after the interview was last going on (its page there, and not paused),
so whoever lost the connection comes back to it at once. One that speaks and one that types hold seats of two kinds.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from interviewer.live.errors import Busy
from interviewer.live.load import INTERVIEWS, Load
from interviewer.live.lobby import Lobby, LobbyFull, Place
from interviewer.live.standing import Seated, Standing, Waits

__all__ = ["Admission", "AdmissionOptions"]

HELD_S = 120.0
ROUNDED_ABOVE = 10
"""Minutes; longer waits are told in fives."""


@dataclass(frozen=True, slots=True)
class AdmissionOptions:
    """``measured``: newcomers also wait while the last minute says that one more would be served badly."""

    most_speaking: int = 8
    most_typing: int = 8
    measured: bool = True


@dataclass(slots=True)
class _Seat:
    going: float
    spoke: float


class Admission:
    """``left_s(interview_id)``: seconds that a running interview will still take, None where nobody can tell."""

    def __init__(
        self,
        options: AdmissionOptions,
        load: Load,
        left_s: Callable[[str], float | None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._load = load
        self._left_s = left_s
        self._monotonic = monotonic
        self._seats: dict[str, _Seat] = {}
        self.lobby = Lobby(monotonic)
        self._changed = asyncio.Event()
        self._shown: object = None

    @property
    def speaking(self) -> int:
        return sum(1 for s in self._seats.values() if self._speaks(s))

    @property
    def typing(self) -> int:
        return sum(1 for s in self._seats.values() if self._is_held(s) and not self._speaks(s))

    # ------------------------------------------------------------------ candidates

    def enter(self, interview_id: str, *, sound: bool, begun: bool) -> None:
        """Take a seat. Raises :class:`Busy` with the place in line where it is not this candidate's turn."""
        seat = self._seats.get(interview_id)
        if seat is None or not (self._speaks(seat) if sound else self._is_held(seat)):
            place = self.look(interview_id, sound=sound, begun=begun)
            if place is not None:
                raise Busy(place)
        self.lobby.leave(interview_id)
        self.going(interview_id, sound=sound)

    def look(self, interview_id: str, *, sound: bool, begun: bool) -> Place | None:
        """The candidate's place in line; None when it is their turn to enter. Raises :class:`Busy` without a place
        where too many wait already."""
        try:
            waiting = self.lobby.take(interview_id, sound=sound, begun=begun)
        except LobbyFull:
            raise Busy from None
        if self._takes(sound=sound, begun=begun) and self.lobby.call(waiting, self._free(sound)):
            return None
        number = self.lobby.number(waiting)
        typing = self._takes(sound=False, begun=begun) and self.lobby.would_call(False, self._free(False))
        return Place(number, self._minutes(number) if sound else None, typing)

    def going(self, interview_id: str, *, sound: bool) -> None:
        """This interview is going on now."""
        now = self._monotonic()
        seat = self._seats.setdefault(interview_id, _Seat(now, -math.inf))
        seat.going = now
        if sound:
            seat.spoke = now

    def over(self, interview_id: str) -> None:
        self._seats.pop(interview_id, None)

    # ------------------------------------------------------------------ over a restart

    @property
    def standing(self) -> Standing:
        held = tuple(Seated(i, self._speaks(s)) for i, s in self._seats.items() if self._is_held(s))
        return Standing(held, tuple(Waits(w.interview_id, w.sound, not w.order[0]) for w in self.lobby.line))

    def restore(self, standing: Standing) -> None:
        """As if all of them had been here just now: their pages come back within seconds."""
        for seat in standing.seated:
            self.going(seat.interview_id, sound=seat.sound)
        for one in standing.waiting:
            with contextlib.suppress(LobbyFull):
                self.lobby.take(one.interview_id, sound=one.sound, begun=one.begun)

    # ------------------------------------------------------------------ time

    def tick(self, late_s: float) -> None:
        """Once a second; ``late_s``: how late the event loop came. Wakes who waits when anything has changed."""
        self._load.sampled(self.speaking, late_s)
        self._seats = {i: s for i, s in self._seats.items() if self._is_held(s)}
        self.lobby.sweep()
        for state, count in (("speaking", self.speaking), ("typing", self.typing), ("waiting", len(self.lobby))):
            INTERVIEWS.labels(state).set(count)
        if len(self.lobby):
            self._wake()

    async def change(self, within_s: float) -> None:
        """Return when something may have changed, at the latest after this time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # ------------------------------------------------------------------ room

    def _free(self, sound: bool) -> int:
        if sound:
            return self._options.most_speaking - self.speaking
        return self._options.most_typing - self.typing

    def _takes(self, *, sound: bool, begun: bool) -> bool:
        """Whether the machine keeps up well enough. Whoever has begun is not kept out by what it does just now, and
        nobody is while it has nobody else to serve."""
        if begun or not self._options.measured or not self._seats:
            return True
        return not self._load.loop_is_late and (not sound or self._load.takes_another(self.speaking))

    def _speaks(self, seat: _Seat) -> bool:
        return self._is_held(seat) and self._monotonic() - seat.spoke <= HELD_S

    def _is_held(self, seat: _Seat) -> bool:
        return self._monotonic() - seat.going <= HELD_S

    def _minutes(self, number: int) -> int | None:
        """When the interview ends whose seat comes to this place in line. Nothing is said where a seat is free and
        the machine does not keep up, where it takes more than one round, or where an interview's length is unknown."""
        left = [self._left_s(i) for i, seat in self._seats.items() if self._speaks(seat)]
        known = sorted(s for s in left if s is not None)
        if self._free(True) > 0 or len(known) < len(left) or number > len(known):
            return None
        minutes = max(1, math.ceil(known[number - 1] / 60))
        return minutes if minutes <= ROUNDED_ABOVE else math.ceil(minutes / 5) * 5
