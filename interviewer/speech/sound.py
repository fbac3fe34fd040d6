"""A synthesiser's output made ready to play: trimmed, at a steady loudness, at 48 kHz."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["SOUND_RATE", "SOUND_VERSION", "finished"]

SOUND_RATE = 48_000
SOUND_VERSION = 1
"""Part of the cache key: raise it when anything in this file changes what is heard."""

LEVEL_DB = -22.0
"""Loudness of the speech itself (pauses left out), in dB of full scale. Telephone speech is about -26, radio -18."""
PEAK_DB = -1.5
GATE_DB = 30.0
"""What is this far below the loudest stretch is a pause."""
LEAD_S = 0.03
TAIL_S = 0.12
FRAME_S = 0.02
FADE_S = 0.005
BETWEEN_S = 0.25
"""Pause between sentences that were synthesised apart."""


def finished(sentences: Sequence[npt.NDArray[np.float32]], rate: int) -> npt.NDArray[np.int16]:
    """One sound of ``sentences`` (mono, -1 to 1, at ``rate``): int16 mono at 48 kHz. Empty where they are."""
    parts = [part for part in (_trimmed(s, rate) for s in sentences) if len(part)]
    if not parts:
        return np.zeros(0, np.int16)
    pause = np.zeros(int(BETWEEN_S * rate), np.float32)
    joined = [parts[0]]
    for part in parts[1:]:
        joined += [pause, part]
    return _resampled(_levelled(np.concatenate(joined), rate), rate)


def _frames(sound: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Root mean square of each 20 ms."""
    size = int(FRAME_S * rate)
    padded = np.pad(sound, (0, -len(sound) % size)).reshape(-1, size)
    levels: npt.NDArray[np.float32] = np.sqrt(np.mean(np.square(padded), axis=1))
    return levels


def _loud(sound: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.bool_]:
    levels = _frames(sound, rate)
    return levels > max(1e-5, float(levels.max(initial=0.0)) * 10 ** (-GATE_DB / 20))


def _trimmed(sound: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Without silence at either end, but for a breath; faded so that no edge clicks."""
    loud = np.flatnonzero(_loud(sound, rate)) if len(sound) else np.zeros(0, np.intp)
    if not len(loud):
        return np.zeros(0, np.float32)
    size = int(FRAME_S * rate)
    first = max(0, int(loud[0]) * size - int(LEAD_S * rate))
    last = min(len(sound), (int(loud[-1]) + 1) * size + int(TAIL_S * rate))
    kept = sound[first:last].astype(np.float32)
    fade = min(int(FADE_S * rate), len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept


def _levelled(sound: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    levels = _frames(sound, rate)
    speech = levels[_loud(sound, rate)]
    now = float(np.sqrt(np.mean(np.square(speech))))
    gain = 10 ** (LEVEL_DB / 20) / max(now, 1e-6)
    peak = float(np.abs(sound).max())
    return sound * min(gain, 10 ** (PEAK_DB / 20) / max(peak, 1e-6))


def _resampled(sound: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.int16]:
    import av

    pcm = np.clip(np.round(sound * 32767.0), -32768, 32767).astype(np.int16)
    if rate == SOUND_RATE:
        return pcm
    resampler = av.AudioResampler("s16", "mono", SOUND_RATE)
    frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], "s16", "mono")
    frame.sample_rate = rate
    frame.pts = 0
    out = [f.to_ndarray()[0] for f in [*resampler.resample(frame), *resampler.resample(None)]]
    return np.concatenate(out) if out else np.zeros(0, np.int16)
