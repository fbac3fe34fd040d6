"""What browsers recorded where the service heard nothing: fetched, checked, and found on the interview's clock."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.jobs.whole_chunks import whole_chunks
from interviewer.media.browser_sound import (
    FAR_S,
    LONGEST_S,
    SEARCH_S,
    SHORTEST,
    bridged,
    decode,
    fills,
    only_late,
    position,
)
from interviewer.records.browser import KnownStretch
from interviewer.records.objects import ObjectStore

__all__ = ["Fill", "Heard", "browser_fills", "fingerprint"]

RATE = 16_000
SEARCH = round(SEARCH_S * RATE)
FAR = round(FAR_S * RATE)
FAR_SIDE = 5 * RATE
"""Of what lies next to a gap: where packets came late once, they did twice, and further off things lie elsewhere."""
NEARBY = 10 * RATE
OVERLAP = 10 * RATE
UNALIGNED = RATE
"""A shorter gap is left as it is where nothing says how exactly the two lie to each other: a seam could cost more."""

Samples = npt.NDArray[np.int16]
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class InThread(Protocol):
    """Runs what blocks on a thread, and never on asyncio's default executor."""

    def __call__(self, work: Callable[[], Result], /) -> Awaitable[Result]: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """The service's own recording of the candidate: ``received`` in order and without overlaps, and ``read(start,
    end)``, which blocks and gives silence where nothing was received."""

    received: Sequence[tuple[int, int]]
    read: Callable[[int, int], Samples]


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """``samples`` belong at ``start`` on the interview's clock."""

    start: int
    samples: Samples


def fingerprint(stretches: Sequence[KnownStretch]) -> str:
    """Names the chunks that are there; '' where there are none."""
    known = [f"{s.stretch} {s.at} {','.join(s.hashes)}" for s in stretches if s.hashes]
    return hashlib.sha256("\n".join(known).encode()).hexdigest() if known else ""


async def browser_fills(
    objects: ObjectStore,
    run: InThread,
    interview_id: str,
    stretches: Sequence[KnownStretch],
    heard: Heard,
    missing: Sequence[tuple[int, int]],
) -> list[Fill]:
    """Pieces of the browser's recordings for ``missing``, in order of their stretches."""
    found: list[Fill] = []
    begins = sorted(s.at for s in stretches)
    for stretch in stretches:
        after = next((at for at in begins if at > stretch.at), stretch.at + round(LONGEST_S * RATE))
        if not stretch.hashes or not _may_reach(stretch.at, after, missing):
            continue
        data = await _fetched(objects, interview_id, stretch)
        found += await run(_filling(data, stretch, heard, missing))
    return found


def _may_reach(begins: int, next_begins: int, missing: Sequence[tuple[int, int]]) -> bool:
    """A stretch ends as the next one begins, or a moment later."""
    first, last = begins - FAR, next_begins + OVERLAP + FAR
    return any(start < last and end > first for start, end in missing)


async def _fetched(objects: ObjectStore, interview_id: str, stretch: KnownStretch) -> bytes:
    """What of it is whole, joined."""
    return b"".join([chunk async for chunk in whole_chunks(objects, interview_id, stretch)])


def _filling(
    data: bytes, stretch: KnownStretch, heard: Heard, missing: Sequence[tuple[int, int]]
) -> Callable[[], list[Fill]]:
    def fill() -> list[Fill]:
        sound = decode(data)
        found: list[Fill] = []
        clock: int | None = None  # how wrong the page is about where its recording begins
        last: int | None = None  # and where it lay last, late packets and all
        apart_ms = 0.0
        late = 0
        for start, end in missing:
            about = stretch.at + (clock or 0)
            if start >= about + len(sound) + FAR or end <= about - FAR:
                continue
            around = list(dict.fromkeys((clock or 0 if last is None else last, clock or 0)))
            before, after = (_shift(sound, stretch.at, around, (start, end), way, heard) for way in (-1, 1))
            known = [by for by in (before, after) if by is not None]
            last = known[-1] if known else last
            # Lateness is added to how wrong the page is, so the least says most of that.
            clock = min([by for by in (clock, *known) if by is not None and abs(by) <= SEARCH], key=abs, default=None)
            if not known and clock is None and end - start < UNALIGNED:
                continue
            if len(known) == 2 and only_late(stretch.at + known[0], stretch.at + known[1], (start, end)):
                late += 1
                continue
            if len(known) == 2:
                apart_ms = max(apart_ms, abs(known[0] - known[1]) * 1000 / RATE)
                bridge = bridged(sound, stretch.at + known[0], stretch.at + known[1], (start, end))
                if bridge is not None and bridge[0] >= 0:
                    found.append(Fill(*bridge))
                    continue
            at = stretch.at + (known[0] if known else clock or 0)
            found += [Fill(first, s) for first, s in fills(sound, at, [(start, end)]) if first >= 0]
        log.info(
            "browser recording read", stretch=stretch.stretch, seconds=round(len(sound) / RATE, 1), fills=len(found),
            moved_ms=None if clock is None else round(clock * 1000 / RATE), apart_ms=round(apart_ms), late=late,
        )  # fmt: skip
        return found

    return fill


def _shift(
    sound: Samples, at: int, around: Sequence[int], gap: tuple[int, int], way: Literal[-1, 1], heard: Heard
) -> int | None:
    """By how much the page's word on where ``sound`` begins is to be moved, as what lies before (-1) or after (1) the
    ``gap`` has it: both recordings have that. None where it does not say. Looked for ``around`` these, the likeliest
    first and the page's own clock last: where a microphone stood still the two go apart, so what lies far off says
    little."""
    near = [(by, SEARCH, NEARBY if by == around[-1] else FAR_SIDE) for by in around]
    for by, reach, length in (*near, (around[0], FAR, FAR_SIDE)):
        first, last = (gap[0] - length, gap[0]) if way < 0 else (gap[1], gap[1] + length)
        moved = at + by
        low = max(0, first - moved)
        piece = sound[low : max(0, last - moved)]
        if len(piece) < SHORTEST:
            continue
        expected = moved + low
        near_by = heard.read(expected - reach, expected + len(piece) + reach)
        there = np.zeros(len(near_by), bool)
        for start, end in heard.received:
            there[max(0, start - expected + reach) : max(0, end - expected + reach)] = True
        found = position(piece, expected, near_by, there)
        if found is not None:
            return found - at - low
    return None
