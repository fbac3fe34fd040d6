"""Files of sound from elsewhere: known by their first bytes, read with limits by a program of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interviewer.media.sound_file import HEAD, SoundUnreadable, decoded, kind_of
from tests.clips import FOLDER, RATE, load
from tests.sound_files import CLIP, CODECS, speech_as

NOISE = np.random.default_rng(3).integers(0, 256, 20_000, dtype=np.uint8).tobytes()
PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"


@pytest.mark.parametrize("kind", CODECS)
async def test_each_kind_becomes_the_same_sound(kind: str, tmp_path: Path) -> None:
    file, target = tmp_path / "a", tmp_path / "a.pcm"
    file.write_bytes(speech_as(kind))
    samples = await decoded(file, target)
    heard = np.fromfile(target, "<i2").astype(np.float64)
    assert len(heard) == samples
    assert abs(samples - 4 * RATE) < 0.1 * RATE
    spoken = load(FOLDER / f"{CLIP}.flac")[: 4 * RATE].astype(np.float64)
    size = 1 << 18
    both = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(spoken, size)), size)
    assert both.max() / np.linalg.norm(heard) / np.linalg.norm(spoken) > 0.95


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is not WAV, MP3, WebM, Ogg, FLAC or MP4."),
        (b"Dear reader, this is a letter.", "The file is not WAV, MP3, WebM, Ogg, FLAC or MP4."),
        (PLAYLIST, "The file is not WAV, MP3, WebM, Ogg, FLAC or MP4."),
        (b"ID3" + PLAYLIST, "The file cannot be read as sound."),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "The file cannot be read as sound."),
        (speech_as("webm")[:100] + NOISE, "The file cannot be read as sound."),
    ],
)
async def test_what_is_no_sound_says_so(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(SoundUnreadable) as refused:
        await decoded(tmp_path / "a", tmp_path / "a.pcm")
    assert str(refused.value) == reason


async def test_a_file_that_claims_more_than_an_answer_may_have_is_read_no_further(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(speech_as("mp3"))
    with pytest.raises(SoundUnreadable, match="too long"):
        await decoded(tmp_path / "a", tmp_path / "a.pcm", longest_s=2)
    assert (tmp_path / "a.pcm").stat().st_size < 3 * RATE * 2


def test_frames_of_layer_three_are_told_from_other_bytes_that_begin_alike() -> None:
    assert kind_of(b"\xff\xfb\x90\x44".ljust(HEAD, b"\0")) == "mp3"
    for other in (b"\xff\xfe\x00\x00", b"\xff\xd8\xff\xe0", b"\xff\xf1\x50\x80", b"\xff\xfb\xf0\x00", b"\xff"):
        assert kind_of(other) is None
