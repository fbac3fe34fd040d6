"""A recording survives its process: what was written is there, gaps are known, and a killed writer loses nothing."""

import itertools
import os
import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest

from interviewer.media.recording import MIX, Recorder, RecordingError, encode_flac, length, read_span, received

WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from interviewer.media.recording import Recorder
recorder = Recorder(Path(sys.argv[1]), "candidate")
position = 0
while True:
    recorder.write(position, np.full(320, 1 + position // 320 % 30000, np.int16))
    position += 320
    print(position, flush=True)
    time.sleep(0.002)
"""


def ramp(start: int, count: int) -> np.ndarray:
    return (np.arange(start, start + count) % 20_000 + 1).astype(np.int16)


def test_what_was_written_is_read_back_with_silence_in_the_gap(tmp_path):
    recorder = Recorder(tmp_path, "candidate")
    recorder.write(0, ramp(0, 320))
    recorder.write(320, ramp(320, 320))
    recorder.write(16_000, ramp(16_000, 320))
    recorder.close()
    assert received(tmp_path, "candidate") == [(0, 640), (16_000, 16_320)]
    assert length(tmp_path, "candidate") == 16_320
    whole = read_span(tmp_path, "candidate", 0, 20_000)
    assert len(whole) == 20_000
    assert np.array_equal(whole[:640], ramp(0, 640))
    assert not whole[640:16_000].any()
    assert np.array_equal(whole[16_000:16_320], ramp(16_000, 320))
    assert not whole[16_320:].any()


def test_silence_that_was_received_is_no_gap(tmp_path):
    recorder = Recorder(tmp_path, "candidate")
    recorder.write(0, np.zeros(16_000, np.int16))
    recorder.close()
    assert received(tmp_path, "candidate") == [(0, 16_000)]


def test_a_resumed_interview_goes_on_in_the_same_files(tmp_path):
    for start in (0, 32_000):
        recorder = Recorder(tmp_path, "candidate")
        recorder.write(start, ramp(start, 1600))
        recorder.close()
    assert received(tmp_path, "candidate") == [(0, 1600), (32_000, 33_600)]
    assert np.array_equal(read_span(tmp_path, "candidate", 0, 1600), ramp(0, 1600))


def test_a_long_gap_takes_no_room(tmp_path):
    recorder = Recorder(tmp_path, "candidate")
    recorder.write(0, ramp(0, 320))
    recorder.write(3600 * 16_000, ramp(0, 320))
    recorder.close()
    assert (tmp_path / "candidate.pcm").stat().st_blocks * 512 < 100_000


@pytest.mark.parametrize("start", [-1, 25 * 3600 * 16_000])
def test_a_position_that_no_interview_has_is_refused(tmp_path, start):
    recorder = Recorder(tmp_path, "candidate")
    with pytest.raises(RecordingError, match="position"):
        recorder.write(start, ramp(0, 320))
    recorder.close()


def test_a_span_record_cut_short_is_passed_over(tmp_path):
    recorder = Recorder(tmp_path, "candidate")
    recorder.write(0, ramp(0, 320))
    recorder.close()
    with (tmp_path / "candidate.spans").open("ab") as file:
        file.write(b"\x07" * 9)
    assert received(tmp_path, "candidate") == [(0, 320)]
    recorder = Recorder(tmp_path, "candidate")
    recorder.write(640, ramp(0, 320))
    recorder.close()
    assert received(tmp_path, "candidate") == [(0, 320), (640, 960)]


def test_a_killed_writer_loses_nothing_that_it_had_written(tmp_path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(400):
        line = writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    rest = [text for text in writer.stdout.read().split("\n") if text]
    writer.wait()
    written = int((rest or [line])[-1])
    (start, end), *others = received(tmp_path, "candidate")
    assert (start, others) == (0, [])
    assert end >= written
    sound = read_span(tmp_path, "candidate", 0, written)
    assert np.array_equal(sound[::320], 1 + np.arange(written // 320) % 30_000)


def test_sound_is_on_the_disk_within_a_second(tmp_path, monkeypatch):
    synced: list[float] = []
    real = os.fdatasync

    def noting(file: int) -> None:
        real(file)
        synced.append(time.monotonic())

    monkeypatch.setattr(os, "fdatasync", noting)
    recorder = Recorder(tmp_path, "candidate")
    began = time.monotonic()
    while time.monotonic() - began < 2.2:
        recorder.write(round((time.monotonic() - began) * 16_000), ramp(0, 320))
        time.sleep(0.02)
    recorder.close()
    moments = [began, *synced]
    assert max(b - a for a, b in itertools.pairwise(moments)) < 1.2


def decoded(path) -> np.ndarray:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.layout.name, stream.codec_context.name) == (16_000, "mono", "flac")
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])


def test_flac_holds_every_sample_at_its_place_and_all_sides_are_equally_long(tmp_path):
    candidate, melvin = Recorder(tmp_path, "candidate"), Recorder(tmp_path, "melvin")
    candidate.write(16_000, ramp(0, 8000))
    melvin.write(0, ramp(5, 4000))
    melvin.write(16_100, np.full(25 * 16_000, 32_000, np.int16))
    candidate.close()
    melvin.close()
    total = 16_100 + 25 * 16_000
    for side in ("candidate", "melvin", MIX):
        assert encode_flac(tmp_path, side, tmp_path / "out" / f"{side}.flac") == total
    one, other, mix = (decoded(tmp_path / "out" / f"{s}.flac") for s in ("candidate", "melvin", MIX))
    assert len(one) == len(other) == len(mix) == total
    assert np.array_equal(one, read_span(tmp_path, "candidate", 0, total))
    assert np.array_equal(mix, np.clip(one.astype(int) + other, -32768, 32767))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["candidate.flac", "melvin.flac", "mix.flac"]


def test_an_interview_without_sound_gives_an_empty_recording(tmp_path):
    assert length(tmp_path, "candidate") == 0
    assert not read_span(tmp_path, "candidate", 0, 100).any()
    assert encode_flac(tmp_path, "candidate", tmp_path / "none.flac") == 0


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    recorder = Recorder(tmp_path, "candidate")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(RecordingError, match="No space left"):
        recorder.write(0, ramp(0, 320))
    recorder.close()
