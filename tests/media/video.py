"""Pictures as a browser's recorder writes them: a WebM file that somebody else's player would have to read whole."""

from __future__ import annotations

import io

import av
import numpy as np

__all__ = ["camera_webm"]


def camera_webm(seconds: float = 2.0, fps: int = 10) -> bytes:
    """A small grey picture that grows lighter; live, so without length and index."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm", options={"live": "1"}) as file:
        stream = file.add_stream("libvpx", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 4 % 255, np.uint8), format="rgb24")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()
