"""Pictures as a browser's recorder writes them: files that somebody else's player would have to read whole."""

from __future__ import annotations

import io
from typing import Literal

import av
import numpy as np

__all__ = ["camera_webm", "recorded_as"]

_OPTIONS = {
    "webm": ("libvpx", {"live": "1"}),
    "mp4": ("libvpx-vp9", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
}


def camera_webm(seconds: float = 2.0) -> bytes:
    return recorded_as("webm", seconds)


def recorded_as(container: Literal["webm", "mp4"], seconds: float) -> bytes:
    """A small grey picture that grows lighter, ten a second; live, so without length and index."""
    out = io.BytesIO()
    codec, options = _OPTIONS[container]
    with av.open(out, "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=10, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(round(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 4 % 255, np.uint8), format="rgb24")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()
