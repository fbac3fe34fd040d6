"""What we change inside aiortc. A failure here after an update says which of its insides moved."""

import numpy as np
import pytest
from aiortc import RTCPeerConnection
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from av import AudioFrame

from interviewer.media import aiortc_internals
from interviewer.media.aiortc_internals import (
    MonoOpusEncoder,
    SteadyBuffer,
    UnknownAiortc,
    adapt_receiver,
    adapt_sender,
)


def packet(number: int) -> RtpPacket:
    made = RtpPacket(sequence_number=number & 0xFFFF, timestamp=number * 960)
    made._data = str(number).encode()
    return made


def out(buffer: JitterBuffer, numbers) -> list[tuple[int, int]]:
    """(number that came out, number whose arrival let it out)"""
    handed = []
    for number in numbers:
        _, frame = buffer.add(packet(number))
        if frame is not None:
            handed.append((int(frame.data), number))
    return handed


def test_packets_come_out_in_order_with_a_constant_delay():
    assert out(SteadyBuffer(3), range(100)) == [(n, n + 3) for n in range(97)]


def test_losses_neither_add_delay_nor_cost_good_packets():
    rng = np.random.default_rng(3)
    sent = [n for n in range(3000) if rng.random() > 0.05]
    handed = out(SteadyBuffer(3), sent)
    assert [n for n, _ in handed] == sent[:-3]
    assert max(at - n for n, at in handed) <= 8
    stock = out(JitterBuffer(capacity=16, prefetch=4), sent)
    assert len(stock) < 0.9 * len(sent)  # what it is there for: aiortc's own throws good packets away


def test_packets_that_overtook_each_other_are_put_right():
    numbers = [0, 2, 1, 3, 6, 4, 5, 7, 8, 9, 10, 11]
    assert [n for n, _ in out(SteadyBuffer(3), numbers)] == list(range(9))


def test_a_packet_after_its_turn_and_a_second_copy_are_dropped():
    buffer = SteadyBuffer(2)
    assert [n for n, _ in out(buffer, [0, 1, 2, 3, 3, 0, 4, 5])] == [0, 1, 2, 3]
    assert buffer.late == 1


def test_numbers_wrap():
    assert [n for n, _ in out(SteadyBuffer(3), range(65_530, 65_550))] == list(range(65_530, 65_547))


def test_a_sender_that_begins_anew_is_followed():
    assert [n for n, _ in out(SteadyBuffer(3), [*range(10), *range(30_000, 30_010)])][-7:] == list(
        range(30_000, 30_007)
    )


def test_sound_survives_the_encoder_at_32_kbit():
    encoder, decoder = MonoOpusEncoder(), OpusDecoder()
    t = np.arange(48_000) / 48_000
    sound = (8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    heard, size, times = [], 0, []
    for n in range(50):
        frame = AudioFrame.from_ndarray(sound[n * 960 : (n + 1) * 960][np.newaxis], "s16", "mono")
        frame.sample_rate, frame.pts = 48_000, (n if n < 25 else n + 10) * 960  # ten ticks were left out
        packets, time = encoder.encode(frame)
        assert len(packets) <= 1
        times.append(time)
        for data in packets:
            size += len(data)
            heard += [f.to_ndarray().reshape(-1, 2)[:, 0] for f in decoder.decode(JitterFrame(data, time))]
    assert times == [n * 960 for n in (*range(25), *range(35, 60))]
    whole = np.concatenate(heard)
    spectrum = np.abs(np.fft.rfft(whole[4800:43_200] * np.hanning(38_400)))
    assert int(np.argmax(spectrum)) * 48_000 / 38_400 == pytest.approx(440, abs=2)
    assert size * 8 < 40_000


async def test_the_insides_are_where_they_were():
    connection = RTCPeerConnection()
    transceiver = connection.addTransceiver("audio")
    assert adapt_receiver(transceiver.receiver).received == 0
    adapt_sender(transceiver.sender)
    aiortc_internals.clamp_data_channels()
    await connection.close()


def test_an_aiortc_that_moved_them_is_named():
    with pytest.raises(UnknownAiortc, match="aiortc"):
        adapt_sender(object())  # type: ignore[arg-type]
