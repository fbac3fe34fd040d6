"""Sound that a browser recorded itself: decoded, found on the interview's clock, put where the service heard nothing.

    received   ▆▆▆▆▆▆▆▆▆▆________________▆▆▆▆▆▆▆▆
    browser       ▆▆▆▆▆▆ ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆
    fill                ├──────────────────┤        from one quiet moment to another, so that no word has a seam

A page knows when it began to record only to a few tens of milliseconds. Both recordings are of one microphone, so where
both exist their cross-correlation says it to a quarter of a millisecond.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import structlog

__all__ = [
    "FAR_S", "LONGEST_S", "SEARCH_S", "SHORTEST", "bridged", "decode", "fills", "gaps", "only_late", "position",
]  # fmt: skip

RATE: Final = 16_000
LONGEST_S = 600.0
"""Of one stretch; pages make one minute. A few bytes can claim hours of silence."""
SEARCH_S = 2.0
"""How far from where the page says that it began a recording is looked for first."""
FAR_S = 8.0
"""And where it is not there: sound whose packets were held up lies as late on the interview's clock."""
SHORTEST = RATE
"""Less sound than this is alike to much else."""
SHORTEST_FAR = 4 * RATE
DISTINCT = 0.7
"""Far off only what is nowhere else nearly as alike is taken. Of 138 pairs of 4 s of different sound, looked for over
8 s, none passed; of 140 true ones 84 %."""
ALIKE = 0.25
"""Correlation from which two recordings are taken to be of the same sound; that of different speech stays below 0.1."""
DECIMATE = 4
SHORTEST_GAP = round(0.02 * RATE)
"""One packet."""
REACH = round(1.5 * RATE)
"""How far beyond a gap a quiet moment is looked for."""
FRAME = round(0.03 * RATE)
JUMP = round(0.03 * RATE)

Samples = npt.NDArray[np.int16]
Spans = Sequence[tuple[int, int]]

log = structlog.get_logger(__name__)


def decode(data: bytes) -> Samples:
    """A whole or cut-off recording (WebM, Ogg or MP4) as 16 kHz mono from its first sample; empty where it cannot be
    read. Pauses in its own time are silence. Blocks; give it a thread."""
    import av

    pieces: list[tuple[int, Samples]] = []
    try:
        with av.open(io.BytesIO(data)) as container:
            resampler = av.AudioResampler("s16", "mono", RATE)
            began: float | None = None
            for frame in container.decode(audio=0):
                time = frame.time if frame.time is not None else 0.0
                began = time if began is None else began
                at = round((time - began) * RATE)
                if at > LONGEST_S * RATE:
                    break
                frame.pts = None
                pieces += [(at, part.to_ndarray()[0]) for part in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as error:  # the rest is cut off, or none of it is sound
        log.info("a browser's recording was read in part", pieces=len(pieces), error=type(error).__name__)
    return _joined(pieces)


def _joined(pieces: Sequence[tuple[int, Samples]]) -> Samples:
    placed: list[Samples] = []
    length = 0
    for at, samples in pieces:
        if at > length + JUMP:
            placed.append(np.zeros(at - length, np.int16))
            length = at
        placed.append(samples)
        length += len(samples)
    return np.concatenate(placed) if placed else np.zeros(0, np.int16)


def position(sound: Samples, at: int, heard: Samples, there: npt.NDArray[np.bool_]) -> int | None:
    """Where ``sound`` begins on the interview's clock, found near ``at``; None where the two are not alike.

    ``heard`` is what the service recorded as long before ``at`` as it goes on after ``sound`` would end there, and
    ``there`` where it was received. More than SEARCH_S before and after, only what is surely the same is found.
    """
    search = (len(heard) - len(sound)) // 2
    far = search > SEARCH_S * RATE
    if search < 0 or len(sound) < (SHORTEST_FAR if far else 0) or not there.any():
        return None
    x, y = _decimated(sound), _decimated(np.where(there, heard, 0).astype(np.int16))
    mask = np.asarray(there[: len(y) * DECIMATE].reshape(-1, DECIMATE).all(axis=1), np.float32)
    size = 1 << (len(x) + len(y)).bit_length()
    lags = len(y) - len(x) + 1
    x_power = _correlate(np.square(x), mask, size)[:lags]
    y_power = _windowed(np.square(y, dtype=np.float64), len(x))
    alike = _correlate(x, y, size)[:lags] / np.sqrt(_floored(x_power) * _floored(y_power))
    alike[_windowed(mask, len(x)) * DECIMATE < min(SHORTEST, len(sound))] = 0.0
    best = int(np.argmax(alike))
    highest = float(alike[best])
    if highest < ALIKE or (far and _second(alike, best) > DISTINCT * highest):
        return None
    return at - search + best * DECIMATE


def _windowed(values: npt.NDArray[Any], length: int) -> npt.NDArray[np.float64]:
    """Sums over every ``length`` values that follow each other."""
    total = np.cumsum(np.concatenate([[0.0], values]), dtype=np.float64)
    out: npt.NDArray[np.float64] = total[length:] - total[:-length]
    return out


def _floored(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What is nearly silent is alike to everything."""
    out: npt.NDArray[np.float64] = np.maximum(power, max(1.0, 0.02 * float(power.max())))
    return out


def _second(alike: npt.NDArray[np.float64], best: int) -> float:
    """The highest but for that around the ``best``: a voice is alike to itself a few of its periods later."""
    around = round(0.05 * RATE / DECIMATE)
    elsewhere = alike.copy()
    elsewhere[max(0, best - around) : best + around + 1] = 0.0
    return float(elsewhere.max())


def _decimated(sound: Samples) -> npt.NDArray[np.float32]:
    """At 4 kHz, where most of the power of speech is; the mean takes away enough of what lies above."""
    whole = len(sound) // DECIMATE * DECIMATE
    out: npt.NDArray[np.float32] = sound[:whole].reshape(-1, DECIMATE).mean(axis=1, dtype=np.float32)
    return out


def _correlate(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float64]:
    """Sum over i of x[i] * y[i + k], for k from 0 on."""
    out: npt.NDArray[np.float64] = np.fft.irfft(np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size), size)
    return out


def gaps(received: Spans, end: int) -> list[tuple[int, int]]:
    """Stretches within [0, end) that were not received, half open; ``received`` in order and without overlaps."""
    found: list[tuple[int, int]] = []
    at = 0
    for start, stop in received:
        if start - at >= SHORTEST_GAP:
            found.append((at, start))
        at = max(at, stop)
    if end - at >= SHORTEST_GAP:
        found.append((at, end))
    return found


def fills(sound: Samples, start: int, missing: Spans) -> Iterator[tuple[int, Samples]]:
    """The pieces of ``sound``, which begins at ``start`` on the interview's clock, that belong into ``missing`` and a
    little beyond: up to a quiet moment."""
    end = start + len(sound)
    taken: list[tuple[int, int]] = []
    for gap_start, gap_end in missing:
        first, last = max(gap_start, start), min(gap_end, end)
        if last - first < SHORTEST_GAP:
            continue
        first = first if first > gap_start else start + _quietest(sound, first - start, -1)
        last = last if last < gap_end else start + _quietest(sound, last - start, 1)
        if taken and first <= taken[-1][1]:
            taken[-1] = (taken[-1][0], max(last, taken[-1][1]))
        else:
            taken.append((first, last))
    for first, last in taken:
        yield first, sound[first - start : last - start]


def only_late(before: int, after: int, gap: tuple[int, int]) -> bool:
    """Whether nothing is missing in ``gap``, by where a recording lies to its two sides (as in ``bridged``): what
    comes after it follows on what came before, and was held up on its way."""
    return gap[1] - after <= gap[0] - before + FRAME


def bridged(sound: Samples, before: int, after: int, gap: tuple[int, int]) -> tuple[int, Samples] | None:
    """As ``fills``, for one gap whose two sides lie differently to ``sound``, which begins at ``before`` by the sound
    before the gap and at ``after`` by that after it: a new connection's first packet may have been slow, or a packet
    before its loss. Both seams are exact then, and what is too much (or too little) between them is cut out (or made
    up by silence) where least is heard. None where ``sound`` does not reach over the whole gap."""
    low, high = gap[0] - before, gap[1] - after
    surplus = before - after
    size = surplus if surplus > 0 else FRAME
    if low < 0 or high > len(sound) or high - low <= size:
        return None
    power = np.concatenate([[0.0], np.cumsum(np.square(sound[low:high], dtype=np.float64))])
    at = low + int(np.argmin(power[size:] - power[:-size]))
    first, last = _quietest(sound, low, -1), _quietest(sound, high, 1)
    if surplus > 0:
        return before + first, np.concatenate([sound[first:at], sound[at + surplus : last]])
    at += FRAME // 2
    return before + first, np.concatenate([sound[first:at], np.zeros(-surplus, np.int16), sound[at:last]])


def _quietest(sound: Samples, at: int, way: int) -> int:
    """The middle of the quietest 30 ms within reach of ``at``, before (-1) or after it (1)."""
    low, high = (max(0, at - REACH), at) if way < 0 else (at, min(len(sound), at + REACH))
    frames = (high - low) // FRAME
    if frames == 0:
        return at
    power = (sound[low : low + frames * FRAME].astype(np.float32).reshape(frames, FRAME) ** 2).mean(axis=1)
    return low + int(np.argmin(power)) * FRAME + FRAME // 2
