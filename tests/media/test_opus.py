"""Melvin's sound on the wire: mono, small, at its own time; and sent whatever asyncio's own threads are busy with."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from av.packet import Packet

from interviewer.media.audio_out import Speaker
from interviewer.media.opus import OpusEncoder, OpusTrack
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from tests.media.page import Page, until


def tone(hertz: float, seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * 48_000)) / 48_000
    return (8000 * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def stereo(data: bytes) -> bool:
    """Bit 2 of the first byte of an Opus packet (RFC 6716 section 3.1)."""
    return bool(data[0] & 0x04)


def test_sound_survives_the_encoder_at_32_kbit_in_mono():
    encoder, decoder = OpusEncoder(), OpusDecoder()
    sound = tone(440, 1)
    heard, size, times = [], 0, []
    for n in range(50):
        frame = AudioFrame.from_ndarray(sound[n * 960 : (n + 1) * 960][np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts = 48_000, (n if n < 25 else n + 10) * 960  # ten ticks were left out
        (packet,) = encoder.encode(frame)
        times.append(packet.pts)
        size += packet.size
        assert not stereo(bytes(packet))
        heard += [f.to_ndarray().reshape(-1, 2)[:, 0] for f in decoder.decode(JitterFrame(bytes(packet), packet.pts))]
    assert times == [n * 960 for n in (*range(25), *range(35, 60))]
    whole = np.concatenate(heard)
    spectrum = np.abs(np.fft.rfft(whole[4800:43_200] * np.hanning(38_400)))
    assert int(np.argmax(spectrum)) * 48_000 / 38_400 == pytest.approx(440, abs=2)
    assert size * 8 < 40_000


async def test_the_track_gives_packets_and_ends_with_its_speaker():
    speaker = Speaker()
    track = OpusTrack(speaker)
    packets = [await track.recv() for _ in range(3)]
    assert all(isinstance(p, Packet) for p in packets)
    assert [p.pts for p in packets] == [0, 960, 1920]
    track.stop()
    assert speaker.readyState == "ended"
    with pytest.raises(MediaStreamError):
        await track.recv()


async def test_melvin_is_heard_while_all_of_asyncios_own_threads_are_busy():
    """aiortc encodes frames on them: with forty jobs there, no candidate of that process would hear anything."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(4))
    let_go = threading.Event()
    async with Page(None) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), PeerHandlers())
        try:
            await page.accept(peer.local_sdp)
            await until(lambda: page.opened.is_set())
            for _ in range(40):
                loop.run_in_executor(None, let_go.wait)
            page.heard.clear()
            peer.speaker.play(1, tone(700, 5))
            await until(lambda: any(np.abs(h).max() > 2000 for h in page.heard))
        finally:
            let_go.set()
            await peer.close()
