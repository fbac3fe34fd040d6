"""Speech as files of the kinds that programs send."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import av
import numpy as np

from tests.clips import FOLDER, load

CODECS = {
    "wav": ("pcm_s16le", 16_000, "mono"),
    "mp3": ("libmp3lame", 44_100, "stereo"),
    "webm": ("libopus", 48_000, "mono"),
    "ogg": ("libopus", 48_000, "mono"),
    "flac": ("flac", 16_000, "mono"),
    "mp4": ("aac", 44_100, "stereo"),
}
CLIP = "jfk"


@functools.cache
def speech_as(kind: str, seconds: float = 4.0) -> bytes:
    """The beginning of a clip."""
    codec, rate, layout = CODECS[kind]
    pcm = load(FOLDER / f"{CLIP}.flac", rate)[: round(seconds * rate)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"speech.{kind}"
        with av.open(str(file), "w", format=kind) as container:
            stream = container.add_stream(codec, rate=rate, layout=layout)
            assert isinstance(stream, av.AudioStream)
            whole = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
            whole.sample_rate = rate
            context = stream.codec_context
            resampler = av.AudioResampler(context.format.name, layout, rate, frame_size=context.frame_size or None)
            for frame in [*resampler.resample(whole), *resampler.resample(None)]:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file.read_bytes()
