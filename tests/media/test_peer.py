"""A page and a peer over real UDP: sound both ways, positions, messages, losses, bad offers, closing."""

import asyncio
import json
import re
import threading
import time
from contextlib import asynccontextmanager

import numpy as np
import pytest

from interviewer.media.audio_in import AudioBlock
from interviewer.media.peer import BadOffer, IceServer, Peer, PeerHandlers, PeerOptions
from tests.media.page import Page, until


def tone(hertz: float, seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * 48_000)) / 48_000
    return (8000 * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def loudest(sound: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * rate / len(sound))


class Seen:
    def __init__(self) -> None:
        self.blocks: list[AudioBlock] = []
        self.messages: list[dict] = []
        self.states: list[str] = []
        self.handlers = PeerHandlers(self.blocks.append, self.messages.append, self.states.append)

    def sound(self) -> np.ndarray:
        out = np.zeros(max(b.start + len(b.samples) for b in self.blocks), np.int16)
        for block in self.blocks:
            out[block.start : block.start + len(block.samples)] = block.samples
        return out


@asynccontextmanager
async def connected(sound: np.ndarray | None):
    seen = Seen()
    async with Page(sound) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        try:
            await page.accept(peer.local_sdp)
            await until(lambda: "connected" in seen.states and page.opened.is_set())
            yield page, peer, seen
        finally:
            await peer.close()


async def test_the_candidates_sound_arrives_at_its_place():
    sound = np.concatenate([np.zeros(48_000, np.int16), tone(1000, 1.0), np.zeros(48_000, np.int16)])
    async with connected(sound) as (_, _, seen):
        await until(lambda: seen.blocks and seen.blocks[-1].start > 2.6 * 16_000)
    heard = seen.sound()
    ends = [b.start + len(b.samples) for b in seen.blocks]
    assert [b.start for b in seen.blocks[1:]] == ends[:-1]  # nothing lost on this machine, so no jump
    loud = np.flatnonzero(np.abs(heard) > 2000)
    assert len(loud) > 0
    # Opus itself delays by 6.5 ms; the microphone may have run for a moment before the first packet was sent.
    assert loud[-1] - loud[0] == pytest.approx(16_000, abs=200)
    assert loud[0] == pytest.approx(16_000, abs=800)
    assert loudest(heard[loud[0] : loud[-1]], 16_000) == pytest.approx(1000, abs=5)


async def test_melvin_is_heard_by_the_page_and_told_when_he_has_finished():
    async with connected(None) as (page, peer, seen):
        finished, played = [], []
        peer.speaker.on_finished = lambda utterance, cut: finished.append((utterance, cut))
        peer.speaker.on_played = lambda at, samples: played.append(samples)
        peer.speaker.play(1, tone(700, 0.6))
        await until(lambda: finished)
        await asyncio.sleep(0.4)
        heard = np.concatenate(page.heard)
    loud = np.flatnonzero(np.abs(heard) > 2000)
    assert finished == [(1, False)]
    assert loudest(heard[loud[0] : loud[-1]], 48_000) == pytest.approx(700, abs=5)
    assert loud[-1] - loud[0] == pytest.approx(0.6 * 48_000, rel=0.05)
    assert sum(len(p) for p in played) == pytest.approx(0.6 * 16_000, abs=2)
    assert not peer.sends_audio
    assert seen.blocks == []


async def test_lost_packets_leave_a_gap_and_move_nothing():
    sound = np.concatenate([tone(500, 1.0), tone(2000, 1.5)])
    seen = Seen()
    async with Page(sound) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        order = peer._sound.order
        take, count = order.add, 0

        def lossy(*packet):
            nonlocal count
            count += 1
            return [] if count in (20, 33, 34, 35, 60) else take(*packet)  # on the wire between page and peer

        order.add = lossy  # type: ignore[method-assign]
        await page.accept(peer.local_sdp)
        await until(lambda: seen.blocks and seen.blocks[-1].start > 2.2 * 16_000)
        await peer.close()
    heard = seen.sound()
    jumps = [
        (a.start + len(a.samples), b.start)
        for a, b in zip(seen.blocks, seen.blocks[1:], strict=False)
        if b.start != a.start + len(a.samples)
    ]
    assert [end - start for start, end in jumps] == [320, 960, 320]
    # The change of tone is where it was sent, for all that was lost before it.
    window = 1600
    pitch = [loudest(heard[i : i + window], 16_000) for i in range(0, len(heard) - window, 160)]
    change = next(i for i, p in enumerate(pitch) if p > 1250) * 160 + window // 2
    assert change == pytest.approx(16_000, abs=900)


async def test_messages_go_both_ways_and_bad_ones_are_refused():
    async with connected(None) as (page, peer, seen):
        page.channel.send(json.dumps({"t": "hello", "audio": False}))
        await until(lambda: seen.messages)
        for bad in ("not json", "[1, 2]", "null", b"\x00\x01", "[" * 900, json.dumps({"t": "x" * 1000})):
            page.channel.send(bad)
        page.channel.send(json.dumps({"t": "ping", "n": 1}))
        await until(lambda: len(seen.messages) == 2)
        assert seen.messages == [{"t": "hello", "audio": False}, {"t": "ping", "n": 1}]
        assert peer.send({"t": "pong", "n": 1, "text": "naïve ☃"})
        assert json.loads(await asyncio.wait_for(page.messages.get(), 5)) == {"t": "pong", "n": 1, "text": "naïve ☃"}
        with pytest.raises(ValueError, match="1000 bytes"):
            peer.send({"t": "caption", "text": "☃" * 400})
    assert peer.send({"t": "pong"}) is False


async def test_a_flood_of_messages_is_cut_off_and_the_call_goes_on():
    async with connected(None) as (page, peer, seen):
        for n in range(2000):
            page.channel.send(json.dumps({"t": "ping", "n": n}))
        await until(lambda: len(seen.messages) + peer._control.refused == 2000, 20)
        assert 200 <= len(seen.messages) < 1200  # the burst, and 50 a second while the flood lasted
        await asyncio.sleep(0.2)
        page.channel.send(json.dumps({"t": "press", "button": "done"}))
        await until(lambda: seen.messages[-1]["t"] == "press")


async def test_another_channel_is_closed():
    seen = Seen()
    async with Page(None, label="files") as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        await page.accept(peer.local_sdp)
        await until(lambda: page.channel.readyState == "closed")
        assert peer.send({"t": "x"}) is False
        await peer.close()


async def test_a_page_that_goes_silent_is_disconnected_and_comes_back():
    async with connected(None) as (page, _, seen):
        page.channel.send('{"t":"ping","n":1}')
        await until(lambda: seen.states[-1] == "disconnected")
        page.channel.send('{"t":"ping","n":2}')
        await until(lambda: seen.states[-1] == "connected")


async def test_a_page_that_leaves_closes_the_peer():
    seen = Seen()
    page = Page(tone(400, 1))
    peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
    await page.accept(peer.local_sdp)
    await until(lambda: "connected" in seen.states)
    await page.__aexit__(None, None, None)
    await until(lambda: seen.states[-1] == "closed")
    assert seen.states.count("closed") == 1
    assert peer.speaker.readyState == "ended"


async def test_closing_is_quick_repeatable_and_leaves_nothing():
    async with connected(tone(400, 5)) as (_, peer, seen):
        began = time.monotonic()
        await asyncio.gather(peer.close(), peer.close())
        await peer.close()
        assert time.monotonic() - began < 5
        assert seen.states[-1] == "closed"
    await until(lambda: not any("decoder" in t.name for t in threading.enumerate()))
    own = {"watch peer", "listen to peer", "close peer"}
    await until(lambda: not own & {t.get_name() for t in asyncio.all_tasks()})


async def test_closing_a_peer_that_nobody_connected_to():
    async with Page(None) as page:
        peer = await Peer.answer(await page.offer(), PeerOptions(), PeerHandlers())
        await asyncio.wait_for(peer.close(), 5)
        assert peer.state == "closed"


async def test_the_answer_holds_candidates_and_asks_no_stun_server():
    async with Page(tone(400, 1)) as page:
        offer = await page.offer()
        began = time.monotonic()
        peer = await Peer.answer(offer, PeerOptions(), PeerHandlers())
        assert time.monotonic() - began < 4  # one that does not reply is waited for 5 s
        assert "a=candidate" in peer.local_sdp
        assert "typ srflx" not in peer.local_sdp
        assert "opus/48000/2" in peer.local_sdp
        assert "PCMU" not in peer.local_sdp
        await peer.close()


async def test_a_camera_is_declined_and_the_rest_works():
    seen = Seen()
    async with Page(tone(400, 3)) as page:
        page.connection.addTransceiver("video", direction="sendrecv")
        peer = await Peer.answer(await page.offer(), PeerOptions(), seen.handlers)
        video = peer.local_sdp[peer.local_sdp.index("m=video") :]
        assert "a=inactive" in video.split("\r\nm=")[0]
        await page.accept(peer.local_sdp)
        await until(lambda: len(seen.blocks) > 5)
        await peer.close()


async def offered() -> str:
    async with Page(np.zeros(0, np.int16)) as page:
        return await page.offer()


BAD = {
    "nothing": lambda sdp: "",
    "prose": lambda sdp: "hello there",
    "another document": lambda sdp: "<html></html>",
    "only a version": lambda sdp: "v=0\r\n",
    "cut in the middle": lambda sdp: sdp[: len(sdp) // 3],
    "too large": lambda sdp: sdp + "a=x:" + "y" * 70_000,
    "no sound": lambda sdp: sdp[: sdp.index("m=audio")] + sdp[sdp.index("m=application") :],
    "no channel": lambda sdp: sdp[: sdp.index("m=application")],
    "no opus": lambda sdp: sdp.replace("opus/48000/2", "speex/16000"),
    "no fingerprint": lambda sdp: "\r\n".join(x for x in sdp.split("\r\n") if "fingerprint" not in x),
    "no ice": lambda sdp: "\r\n".join(x for x in sdp.split("\r\n") if "ice-ufrag" not in x),
    "no bundle": lambda sdp: "\r\n".join(x for x in sdp.split("\r\n") if "BUNDLE" not in x),
    "too many candidates": lambda sdp: (
        sdp + "".join(f"a=candidate:{n} 1 udp 1 10.0.0.1 {n + 1} typ host\r\n" for n in range(100))
    ),
    "control characters": lambda sdp: sdp.replace("s=-", "s=\x00\x01"),
    "bad port": lambda sdp: re.sub(r"m=audio \d+", "m=audio port", sdp),
    "bad payload": lambda sdp: sdp.replace("a=rtpmap:", "a=rtpmap:x"),
}


@pytest.mark.parametrize("name", BAD)
async def test_an_offer_that_is_wrong_is_refused_with_the_reason(name):
    offer = BAD[name](await offered())
    with pytest.raises(BadOffer) as refused:
        await Peer.answer(offer, PeerOptions(), PeerHandlers())
    assert "offer" in str(refused.value)
    assert len(str(refused.value)) < 300


async def test_no_damaged_offer_does_anything_but_refuse_or_answer():
    sdp = await offered()
    rng = np.random.default_rng(1)
    lines = sdp.split("\r\n")
    refused = 0
    for _ in range(60):
        damaged = list(lines)
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(damaged)))
            kind = int(rng.integers(4))
            if kind == 0:
                damaged[at] = damaged[at][: int(rng.integers(len(damaged[at]) + 1))]
            elif kind == 1:
                damaged.insert(at, damaged[int(rng.integers(len(damaged)))])
            elif kind == 2:
                del damaged[at]
            else:
                damaged[at] = damaged[at].replace(" ", "", 1).replace("1", "-99999999999", 1)
        try:
            peer = await Peer.answer("\r\n".join(damaged), PeerOptions(), PeerHandlers())
        except BadOffer:
            refused += 1
        else:
            await peer.close()
    assert refused > 5
    await until(lambda: not {"watch peer", "listen to peer"} & {t.get_name() for t in asyncio.all_tasks()})


@pytest.mark.parametrize(
    ("servers", "relay_only", "reason"),
    [
        (("stun:a", "stun:b"), False, "one STUN and one TURN"),
        (("turn:a", "turns:b"), False, "one STUN and one TURN"),
        (("http://a",), False, "no STUN or TURN address"),
        (("stun:a",), True, "needs a TURN server"),
    ],
)
def test_servers_that_cannot_work_are_refused_at_start(servers, relay_only, reason):
    with pytest.raises(ValueError, match=reason):
        PeerOptions(tuple(IceServer(url, "u", "c") for url in servers), relay_only)


async def test_sound_is_sent_while_other_threads_are_busy_with_our_work():
    """aiortc encodes on asyncio's default executor; nothing of ours may ever be there."""
    async with connected(tone(400, 3)) as (page, peer, seen):
        peer.speaker.play(1, tone(700, 1))
        await until(lambda: len(page.heard) > 20 and len(seen.blocks) > 20)
        names = {t.name for t in threading.enumerate()}
    assert sum(name.startswith("asyncio_") for name in names) <= 2 * 2 + 2
