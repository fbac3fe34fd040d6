"""What a browser's camera recorder wrote: made into a file with a length and an index, and nothing else is taken."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from interviewer.media.video import NotVideo, playable
from tests.media.test_browser_sound import webm as sound_webm
from tests.media.video import camera_webm


def pictures(path: Path) -> int:
    with av.open(path) as file:
        return sum(1 for _ in file.decode(video=0))


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_a_recording_whole_or_cut_off_becomes_one_that_players_can_seek_in(tmp_path: Path, kept: float) -> None:
    data = camera_webm(3.0)
    source, target = tmp_path / "joined", tmp_path / "segment"
    source.write_bytes(data[: round(len(data) * kept)])
    with av.open(source) as recorded:
        assert recorded.duration is None, "a browser does not say how long it is"
    seconds = playable(source, target, "video/webm")
    assert 3.0 * kept - 0.8 < seconds <= 3.0
    with av.open(target) as made:
        assert made.duration == pytest.approx(seconds * 1e6, abs=2e5)
    assert pictures(target) == pytest.approx(seconds * 10, abs=1)
    assert b"\x1c\x53\xbb\x6b" in target.read_bytes()[:4096], "an index (Cues), near the beginning"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "video/webm"),
        (b"\x1a\x45\xdf\xa3" + bytes(500), "video/webm"),
        (b"<html>nothing to see</html>", "video/webm"),
        (camera_webm(0.5), "video/mp4"),
        (sound_webm(np.zeros(16_000, np.int16)), "video/webm"),
    ],
)
def test_what_holds_no_picture_is_refused(tmp_path: Path, data: bytes, media_type: str) -> None:
    (tmp_path / "joined").write_bytes(data)
    with pytest.raises(NotVideo):
        playable(tmp_path / "joined", tmp_path / "segment", media_type)
