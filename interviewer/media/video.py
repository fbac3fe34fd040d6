"""Video that a browser recorded: put into a file that players can seek in. Its pictures are copied, never decoded.

What a browser's recorder writes has no length and no index: a player would have to read all of it to find a moment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

__all__ = ["NotVideo", "playable"]

FORMATS: Final = {"video/webm": "matroska", "video/mp4": "mp4"}
CODECS: Final = {"video/webm": {"vp8", "vp9", "av1"}, "video/mp4": {"h264", "hevc", "av1", "vp9"}}
LONGEST_S: Final = 2 * 3600.0
"""Pages make twenty minutes. A few bytes can claim more."""
OPTIONS: Final = {"video/webm": {"cues_to_front": "1"}, "video/mp4": {"movflags": "faststart"}}

log = structlog.get_logger(__name__)


class NotVideo(ValueError):
    """There is no picture in it that could be played."""


def playable(source: Path, target: Path, media_type: str) -> float:
    """Write ``target`` from the joined chunks in ``source``, whole or cut off, and return its seconds.

    Only the format that ``media_type`` names is tried, and only its first video. Raises :class:`NotVideo`. Blocks;
    give it a thread.
    """
    import av

    copied, ends, began = 0, 0.0, None
    try:
        with av.open(source, format=FORMATS[media_type]) as recorded:
            video = recorded.streams.best("video")
            if video is None or video.codec_context.name not in CODECS[media_type]:
                raise NotVideo(f"no {media_type} that is known")
            container = {"video/webm": "webm", "video/mp4": "mp4"}[media_type]
            with av.open(target, "w", format=container, container_options=OPTIONS[media_type]) as file:
                out = file.add_stream_from_template(video)
                try:
                    for packet in recorded.demux(video):
                        if packet.dts is None or packet.pts is None or packet.time_base is None:
                            continue
                        at = float(packet.pts * packet.time_base)
                        began = at if began is None else began
                        if at - began > LONGEST_S:
                            break
                        ends = max(ends, at + float((packet.duration or 0) * packet.time_base))
                        packet.stream = out
                        file.mux(packet)
                        copied += 1
                except av.FFmpegError as error:
                    log.info("a camera's recording was read in part", pictures=copied, error=type(error).__name__)
    except (av.FFmpegError, IndexError) as error:
        raise NotVideo(type(error).__name__) from None
    if began is None:
        raise NotVideo("no picture")
    return ends - began
