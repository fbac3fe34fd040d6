"""Where the pieces of a clip lie in a recording of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["offsets"]

RATE = 16_000
WINDOW = 2 * RATE
HOP = RATE // 2
ALIKE = 0.5

Samples = npt.NDArray[np.int16]


def offsets(sound: Samples, clip: Samples, span: tuple[int, int]) -> list[int]:
    """By how many samples (16 kHz) the clip begins later than ``sound``, by each window of it that lies in ``span`` and
    has speech; the first and last of them are those next to its ends. Raises ``ValueError`` where none has it."""
    found: list[int] = []
    whole = clip.astype(np.float64)
    for at in range(span[0], span[1] - WINDOW + 1, HOP):
        window = sound[at : at + WINDOW].astype(np.float64)
        both = _correlated(whole, window)
        best = int(np.argmax(both))
        alike = both[best] / (np.linalg.norm(window) * np.linalg.norm(whole[best : best + WINDOW]) + 1e-9)
        if alike > ALIKE:
            found.append(at - best)
    if not found:
        raise ValueError(f"the clip is nowhere in {span}")
    return found


def _correlated(sound: npt.NDArray[np.float64], piece: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum over i of piece[i] * sound[i + k], for each k at which the piece lies wholly in the sound."""
    size = 1 << (len(sound) + len(piece)).bit_length()
    both: npt.NDArray[np.float64] = np.fft.irfft(np.conj(np.fft.rfft(piece, size)) * np.fft.rfft(sound, size), size)
    return both[: len(sound) - len(piece) + 1]
