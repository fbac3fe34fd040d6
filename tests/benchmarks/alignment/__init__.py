"""How exactly a browser's own recording lies where the service heard nothing: the step at each end of a filled gap.

A real Chromium with the page's own modules (peer.js, recorder.js, server_clock.js) sends a long clip to our peer
through the UDP relay of tests/media and records it as well, without a service around it. In the middle nothing passes
for eight seconds, and a new connection follows, as in an interview. The gap is filled from the browser's recording by
the code that makes the record transcript's sound. Then the clip is looked for in the result, second by second: where it
lies later or earlier in the filled part than before or after it, sound is doubled or lost at that seam.

Figures: the steps, and by how much the page's word on when its recording began was moved. ``--quick`` does it twice,
else four times; each time with other voices and at another moment.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from playwright.async_api import Page, Route, async_playwright
from structlog.testing import capture_logs

import interviewer
from interviewer.jobs.browser_fill import Heard, browser_fills
from interviewer.live.clock import InterviewClock
from interviewer.live.placement import Placement
from interviewer.media.audio_in import AudioBlock
from interviewer.media.browser_sound import gaps
from interviewer.media.peer import Peer, PeerHandlers, PeerOptions
from interviewer.media.recording import CANDIDATE, Recorder, length, read_span, received
from interviewer.records.browser import KnownStretch, chunk_key
from interviewer.records.objects import ObjectStore
from tests.benchmarks.alignment.steps import offsets
from tests.benchmarks.report import Figure, Options, Report
from tests.browser import SPEAKING, find_chromium
from tests.clips import FOLDER, load
from tests.end_to_end.candidate import MICROPHONE, as_wav
from tests.media.relay import CLEAN, Impairment, Relay

__all__ = ["run"]

RATE = 16_000
TALKS = (
    (("libri_2412-153948-0000", "LJ001-0001", "nasa_spacewalk"), 14.0),
    (("nasa_spacewalk", "jfk", "LJ001-0005"), 11.0),
    (("jfk", "librivox_0870", "librivox_0920", "nasa_spacewalk"), 17.0),
    (("LJ001-0001", "LJ001-0005", "librivox_0890", "nasa_spacewalk"), 20.0),
)
"""Clips one after the other, and how many seconds into them the network is gone."""
QUICK = 2
GONE_S = 8.0
MOST_MS = 20.0
LOUD = 1000
ORIGIN = "https://alignment.test"
INTERVIEW = "int_alignment"
PAGES = Path(interviewer.__file__).parent / "web" / "static" / "candidate"

Samples = npt.NDArray[np.int16]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Run:
    """Milliseconds: the clip lies so much later in the fill than before it, and after it than in it. ``within``: what
    was left out of the fill, so that both its ends fit, below 0 where silence was put in."""

    into: float
    out_of: float
    within: float
    moved: float


def run(options: Options) -> Report:
    runs = [asyncio.run(_measured(*talk)) for talk in TALKS[: QUICK if options.quick else None]]
    return Report(
        [
            Figure("step into the browser's sound, most", max(abs(r.into) for r in runs), "ms", at_most=MOST_MS),
            Figure("step out of the browser's sound, most", max(abs(r.out_of) for r in runs), "ms", at_most=MOST_MS),
            Figure("left out or put in where it is quiet, most", max(abs(r.within) for r in runs), "ms"),
            Figure("the page's word on its beginning moved by, most", max(abs(r.moved) for r in runs), "ms"),
        ],
        [
            f"into {r.into:.1f} ms, out of {r.out_of:.1f} ms, within {r.within:.1f} ms, moved {r.moved:.0f} ms"
            for r in runs
        ],
    )


class _Service:
    """The service's end: a peer for each offer, all that they hear in one recording, as in an interview."""

    def __init__(self, folder: Path, relay: Relay) -> None:
        self._clock = InterviewClock()
        self._recorder = Recorder(folder, CANDIDATE)
        self._relay = relay
        self._peers: list[Peer] = []
        self.speech = asyncio.Event()
        """The clip is being heard."""

    async def answer(self, sdp: str) -> str:
        placement, number = Placement(), len(self._peers)

        def on_audio(block: AudioBlock) -> None:
            if number != len(self._peers) - 1:
                return
            if np.abs(block.samples).max(initial=0) > LOUD:
                self.speech.set()
            for start, samples in placement.place(self._clock.now(), block.start, block.samples):
                self._recorder.write(start, samples)

        def on_message(message: dict[str, Any]) -> None:
            peer.send({"t": "pong", "n": message["n"], "at": self._clock.now()})

        handlers = PeerHandlers(on_audio, on_message, lambda state: None)
        peer = await Peer.answer(self._relay.offer(sdp), PeerOptions(), handlers)
        self._peers.append(peer)
        return await self._relay.answer(peer.local_sdp)

    async def close(self) -> None:
        for peer in self._peers:
            await peer.close()
        self._recorder.close()


async def _measured(names: Sequence[str], gone_after_s: float) -> _Run:
    clip = np.concatenate([load(FOLDER / f"{name}.flac", RATE) for name in names])
    with tempfile.TemporaryDirectory(prefix="melvin-alignment-") as temporary:
        folder = Path(temporary)
        async with async_playwright() as playwright, Relay(3) as relay:
            service = _Service(folder, relay)
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
            try:
                page = await (await browser.new_context(permissions=["microphone"])).new_page()
                await page.add_init_script(path=str(MICROPHONE))
                await page.route(f"{ORIGIN}/**", lambda route: _serve(route, service))
                stretches = await _talk(page, relay, service, clip, gone_after_s)
            finally:
                await browser.close()
                await service.close()
        return await _steps(folder, stretches, clip)


async def _serve(route: Route, service: _Service) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    if name == "offer":
        await route.fulfill(status=201, body=await service.answer(route.request.post_data or ""))
    elif name.endswith(".js"):
        await route.fulfill(body=(PAGES / name).read_text("utf-8"), content_type="text/javascript")
    else:
        await route.fulfill(body=(Path(__file__).parent / "page.html").read_text("utf-8"), content_type="text/html")


async def _talk(
    page: Page, relay: Relay, service: _Service, clip: Samples, gone_after_s: float
) -> list[dict[str, Any]]:
    await page.goto(f"{ORIGIN}/")
    await _until(page, "window.ready")
    await page.evaluate("window.connect()")
    await _until(page, "window.clockKnown()")
    await page.evaluate("window.record()")
    wav = base64.b64encode(as_wav(clip, RATE)).decode()
    speaking = asyncio.create_task(page.evaluate("clip => window.playClip(clip)", wav))
    await asyncio.wait_for(service.speech.wait(), 120)
    await asyncio.sleep(gone_after_s)
    relay.impairment = Impairment(dead=True)
    await asyncio.sleep(GONE_S)
    relay.impairment = CLEAN
    await page.evaluate("window.connect()")
    await speaking
    await asyncio.sleep(1.0)
    recorded: list[dict[str, Any]] = await page.evaluate("window.recorded()")
    return recorded


async def _until(page: Page, truth: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not await page.evaluate(truth):
        assert time.monotonic() < deadline, f"{truth}: not within {seconds:.0f} s"
        await asyncio.sleep(0.1)


async def _steps(folder: Path, recorded: Sequence[dict[str, Any]], clip: Samples) -> _Run:
    objects, stretches = ObjectStore(folder / "objects"), []
    for n, one in enumerate(recorded):
        hashes = []
        for number, chunk in enumerate(base64.b64decode(c) for c in one["chunks"]):
            await objects.put_bytes(chunk_key(INTERVIEW, f"stretch-{n}", number), chunk)
            hashes.append(hashlib.sha256(chunk).hexdigest())
        stretch = KnownStretch(
            stretch=f"stretch-{n}", kind="microphone", media_type="audio/webm", at=one["at"], hashes=tuple(hashes),
            there=len(hashes), expected=None, sha256=None, last_received_at=datetime.now(UTC),
        )  # fmt: skip
        stretches.append(stretch)
    spans = received(folder, CANDIDATE)
    whole = read_span(folder, CANDIDATE, 0, length(folder, CANDIDATE))
    start, end = max(gaps(spans, len(whole))[1:], key=lambda gap: gap[1] - gap[0])
    heard = Heard(spans, lambda first, last: read_span(folder, CANDIDATE, first, last))
    with capture_logs() as logs:
        pieces = await browser_fills(objects, _in_thread, INTERVIEW, stretches, heard, [(start, end)])
    assert pieces, "nothing was filled"
    moved = max((float(entry["moved_ms"] or 0.0) for entry in logs if entry.get("fills")), key=abs)
    for piece in pieces:
        whole[piece.start : piece.start + len(piece.samples)] = piece.samples[: len(whole) - piece.start]
    first = min(piece.start for piece in pieces)
    last = max(piece.start + len(piece.samples) for piece in pieces)
    before, inside, after = (offsets(whole, clip, span) for span in ((0, first), (first, last), (last, len(whole))))
    into, out_of, within = inside[0] - before[-1], after[0] - inside[-1], inside[0] - inside[-1]
    return _Run(1000 * into / RATE, 1000 * out_of / RATE, 1000 * within / RATE, moved)


async def _in_thread(work: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(1) as thread:
        return await asyncio.get_running_loop().run_in_executor(thread, work)
