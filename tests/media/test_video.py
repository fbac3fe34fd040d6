"""What a browser's camera recorder wrote: made into a file with a length and an index, and nothing else is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from interviewer.media.video import NotVideo, playable
from tests.media.test_browser_sound import webm as sound_webm
from tests.media.video import camera_webm, recorded_as


def pictures(path: Path) -> int:
    with av.open(path) as file:
        return sum(1 for _ in file.decode(video=0))


@pytest.mark.parametrize("kept", [1.0, 0.6])
@pytest.mark.parametrize("container", ["webm", "mp4"])
def test_a_recording_whole_or_cut_off_becomes_one_that_players_can_seek_in(
    tmp_path: Path, container: Literal["webm", "mp4"], kept: float
) -> None:
    data = recorded_as(container, 3.0)
    source, target = tmp_path / "joined", tmp_path / "segment"
    source.write_bytes(data[: round(len(data) * kept)])
    seconds = playable(source, target, f"video/{container}")
    assert 3.0 * kept - 1.1 < seconds <= 3.0
    with av.open(target) as made:
        assert made.duration == pytest.approx(seconds * 1e6, abs=2e5)
    assert pictures(target) == pytest.approx(seconds * 10, abs=1)
    made_of = target.read_bytes()
    index, pictures_from = (b"\x1c\x53\xbb\x6b", b"\x1f\x43\xb6\x75") if container == "webm" else (b"moov", b"mdat")
    assert 0 < made_of.index(index) < made_of.index(pictures_from), "the index comes first (Cues, moov)"


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
