"""The page's packets of sound put back in order, and lost ones asked for again. No I/O, no clock of its own.

Nothing is played out here, so nothing waits for its time: what follows on the last packet goes on at once. Only behind
a hole is waited, and for no longer than it takes to send the missing packet again:

    came        1  2  3     5  6  7  4     8
    asked for                4              (by RTCP, RFC 4585 section 6.2.1, where the page agreed to it)
    handed on   1  2  3              4567  8

What does not come in time stays a gap in RTP time, which becomes silence at the right place, and the delay it cost is
over at once.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PacketOrder", "Received"]

WAIT_S = 0.06
"""For a packet that another has overtaken, where lost ones cannot be had again."""
WAIT_FOR_REPEAT_S = 0.4
"""Two tries over a path with 150 ms each way, five over a short one."""
FIRST_ASK_S = 0.01
"""Less than a packet lasts: what was overtaken by the very next one is not asked for."""
ASK_AGAIN_S = 0.07
LONGEST_HOLE = 100
"""Packets. Browsers keep those of the last seconds, aiortc 128; a network that was away for 2 s is waited for, for a
longer time there is nothing to have."""
MOST_WAITING = 500
MOST_HOLES = 300
ANEW = 1000
"""Packets. Who is that far back has begun anew."""


@dataclass(frozen=True, slots=True)
class Received:
    """``time``: RTP time (48 kHz) without its wraps, from the first packet's. ``data``: its payload."""

    time: int
    data: bytes


@dataclass(slots=True)
class _Hole:
    noticed: float
    asked: float | None = None


class PacketOrder:
    """``received`` counts what came, ``repeated`` what came after it was asked for, ``late`` what came after its turn
    or twice, ``lost`` what never came in time."""

    def __init__(self) -> None:
        self.repeats = False
        """Whether the page sends again what it is asked for."""
        self.received = self.repeated = self.late = self.lost = 0
        self._waiting: dict[int, Received] = {}
        self._holes: dict[int, _Hole] = {}
        self._newest: int | None = None
        self._next = 0
        self._began = 0
        self._time: int | None = None

    def add(self, number: int, time: int, data: bytes, now: float) -> list[Received]:
        """One packet: its sequence number (16 bits), RTP time (32 bits), payload, and when it came (s). Returns what is
        in order now."""
        self.received += 1
        packet = Received(self._unwrapped_time(time), data)
        at = number if self._newest is None else self._newest + _step(number - self._newest, 16)
        if self._newest is None:
            self._newest, self._next = at - 1, at
        rest: list[Received] = []
        if at < self._newest - ANEW or at > self._newest + LONGEST_HOLE:
            rest = self._give_up()
            self._newest, self._next = at - 1, at
        if at < self._next or at in self._waiting:
            self.late += 1
            return rest
        hole = self._holes.pop(at, None)
        if hole is not None and hole.asked is not None:
            self.repeated += 1
        for missing in range(self._newest + 1, at):
            self._holes[missing] = _Hole(now)
        self._newest = max(self._newest, at)
        self._waiting[at] = packet
        return rest + self.ready(now)

    def missing(self, now: float) -> list[int]:
        """Sequence numbers to ask for now; call it after :meth:`add`."""
        if not self.repeats:
            return []
        due = []
        for at, hole in self._holes.items():
            if now - hole.noticed >= FIRST_ASK_S if hole.asked is None else now - hole.asked >= ASK_AGAIN_S:
                hole.asked = now
                due.append(at & 0xFFFF)
        return due

    def ready(self, now: float) -> list[Received]:
        """What has waited for long enough, where no packet comes any more."""
        ready = []
        patience = WAIT_FOR_REPEAT_S if self.repeats else WAIT_S
        while self._waiting:
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                ready.append(packet)
            elif now - self._holes[self._next].noticed < patience and not self._full:
                break
            else:
                del self._holes[self._next]
                self.lost += 1
            self._next += 1
        return ready

    @property
    def _full(self) -> bool:
        return len(self._waiting) > MOST_WAITING or len(self._holes) > MOST_HOLES

    def _give_up(self) -> list[Received]:
        rest = [self._waiting[at] for at in sorted(self._waiting)]
        self.lost += len(self._holes)
        self._waiting.clear()
        self._holes.clear()
        return rest

    def _unwrapped_time(self, time: int) -> int:
        if self._time is None:
            self._began, self._time = time, 0
        self._time += _step(time - self._began - self._time, 32)
        return self._time


def _step(difference: int, bits: int) -> int:
    """The shortest way between two numbers that wrap, forward or back."""
    span = 1 << bits
    return (difference + span // 2) % span - span // 2
