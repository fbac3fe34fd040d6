"""What browsers recorded where the service heard nothing: fetched, checked, and found on the interview's clock."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.jobs.whole_chunks import whole_chunks
from interviewer.media.browser_sound import LONGEST_S, SEARCH_S, bridged, decode, fills, position
from interviewer.records.browser import KnownStretch
from interviewer.records.objects import ObjectStore

__all__ = ["Fill", "Heard", "browser_fills", "fingerprint"]

RATE = 16_000
SEARCH = round(SEARCH_S * RATE)
NEARBY = 10 * RATE
OVERLAP = 10 * RATE
SHORTEST = RATE
"""Less sound than this is alike to much else."""
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
    first, last = begins - SEARCH, next_begins + OVERLAP + SEARCH
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
        shift: int | None = None
        apart_ms = 0.0
        for start, end in missing:
            about = stretch.at + (shift or 0)
            if start >= about + len(sound) + SEARCH or end <= about - SEARCH:
                continue
            before, after = (_shift(sound, stretch.at, shift, side, heard) for side in _sides(start, end))
            known = [by for by in (before, after) if by is not None]
            shift = known[-1] if known else shift
            if shift is None and end - start < UNALIGNED:
                continue
            if len(known) == 2:
                apart_ms = max(apart_ms, abs(known[0] - known[1]) * 1000 / RATE)
                bridge = bridged(sound, stretch.at + known[0], stretch.at + known[1], (start, end))
                if bridge is not None and bridge[0] >= 0:
                    found.append(Fill(*bridge))
                    continue
            at = stretch.at + (known[0] if known else shift or 0)
            found += [Fill(first, s) for first, s in fills(sound, at, [(start, end)]) if first >= 0]
        log.info(
            "browser recording read", stretch=stretch.stretch, seconds=round(len(sound) / RATE, 1), fills=len(found),
            moved_ms=None if shift is None else round(shift * 1000 / RATE), apart_ms=round(apart_ms),
        )  # fmt: skip
        return found

    return fill


def _sides(start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """What lies next to a gap: both recordings have it."""
    return (start - NEARBY, start), (end, end + NEARBY)


def _shift(sound: Samples, at: int, before: int | None, side: tuple[int, int], heard: Heard) -> int | None:
    """By how much the page's word on where ``sound`` begins is to be moved, as that ``side`` of a gap has it; None
    where it does not say. Looked for around where it was ``before``: where a microphone stood still the two go apart,
    so what lies far off says little."""
    first, last = side
    moved = at + (before or 0)
    low = max(0, first - moved)
    piece = sound[low : max(0, last - moved)]
    expected = moved + low
    if len(piece) < SHORTEST:
        return None
    around = heard.read(expected - SEARCH, expected + len(piece) + SEARCH)
    there = np.zeros(len(around), bool)
    for span_start, span_end in heard.received:
        there[max(0, span_start - expected + SEARCH) : max(0, span_end - expected + SEARCH)] = True
    found = position(piece, expected, around, there)
    return None if found is None else found - at - low
