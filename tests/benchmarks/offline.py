"""The network is gone for 60 s in the middle of an answer, and the candidate speaks on: what of it is written out.

A real Chromium holds two interviews of one spoken question with the running service, through the UDP relay of
tests/media: one on a clean network, and one in which, 8 s into the answer, nothing passes any more for 60 s, neither
sound nor requests. The answer is clips of tests/data/audio, one after the other, played into the page's microphone
without a pause for the network. Figures: the word error rate of the record transcript against what was said, in both;
how long after the network came back Melvin knew what was said meanwhile (from the service's log); and what of the
answer was asked into while it was missing.

``--quick`` is gone for 20 s.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect

from interviewer.plans.library import default_folder
from tests.benchmarks.report import Figure, Options, Report
from tests.browser import SPEAKING, find_chromium
from tests.clips import clips, load, word_error_rate
from tests.end_to_end.candidate import MICROPHONE, as_wav
from tests.end_to_end.service import RunningService
from tests.media.relay import CLEAN, Impairment, Relay

__all__ = ["run"]

NAMES = (
    "LJ001-0001", "nasa_spacewalk", "libri_2412-153948-0000", "librivox_0870", "jfk", "LJ001-0005", "librivox_0920",
    "librivox_0890",
)  # fmt: skip
QUICK = 4
BETWEEN_S = 0.4
GONE_AFTER_S = 8.0
GONE_S, QUICK_GONE_S = 60.0, 20.0
POINTS = 1.0
WRITTEN_S = 420.0
PLAN = """\
plan: offline-check
version: 1
title: Offline check
summary: One spoken question without probes.
minutes: 5
questions:
  - id: only
    title: The only question
    text: Please tell me about something.
    rubric: careful-work
    time_limit_s: 600
    max_probes: 0
    probes:
      - {id: more, text: Is there more?, covers: []}
"""


@dataclass(frozen=True, slots=True)
class Held:
    """``prompts``: what Melvin asked between the loss and the end of the answer."""

    heard: str
    error_rate: float
    prompts: int
    ended: str
    caught_up: Sequence[dict[str, float]]


def run(options: Options) -> Report:
    names = NAMES[:QUICK] if options.quick else NAMES
    gone_s = QUICK_GONE_S if options.quick else GONE_S
    folder = Path(tempfile.mkdtemp(prefix="melvin-offline-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    prompts = folder / "prompts"
    shutil.copytree(default_folder(), prompts)
    (prompts / "plans" / "offline-check.yaml").write_text(PLAN, "utf-8")
    service = RunningService(folder, extra={"MELVIN_PROMPTS_FOLDER": str(prompts), "MELVIN_ADMISSION": "fixed"})
    try:
        service.start()
        service.settle()
        with service.api() as api:
            clean = _held(service, api, names, 0.0)
            offline = _held(service, api, names, gone_s)
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    words = sum(len(clips()[name].text.split()) for name in names)
    caught_up = offline.caught_up[-1] if offline.caught_up else {"seconds": 0.0, "waited_s": 99.0}
    beyond = 100 * (offline.error_rate - clean.error_rate)
    figures = [
        Figure("interviews with a record transcript", bool(clean.heard) + bool(offline.heard), "of 2", at_least=2),
        Figure("clean: word error rate", 100 * clean.error_rate, "%"),
        Figure("offline: word error rate beyond clean", beyond, "points", at_most=POINTS),
        Figure("offline: sound taken from the browser before going on", caught_up["seconds"], "s", at_least=gone_s - 4),
        Figure("offline: waited for it", caught_up["waited_s"], "s", at_most=20.0),
        Figure("offline: asked before it was in", offline.prompts, "prompts", at_most=0),
    ]
    notes = [f"{words} words; one is {100 / words:.1f} points", f"ended: {clean.ended} and {offline.ended}"]
    return Report(figures, notes)


def _held(service: RunningService, api: httpx.Client, names: Sequence[str], gone_s: float) -> Held:
    prompts, heard = asyncio.run(_talk(service.command("invite", "offline-check"), api, names, gone_s))
    interview = api.get("/interviews").json()["data"][0]
    said = " ".join(clips()[name].text for name in names)
    lines = [json.loads(line) for line in service.output.splitlines() if '"caught up"' in line]
    caught_up = [line for line in lines if line["interview"] == interview["id"]]
    return Held(heard, word_error_rate(said, heard), prompts, interview["end_reason"], caught_up)


async def _talk(link: str, api: httpx.Client, names: Sequence[str], gone_s: float) -> tuple[int, str]:
    """What Melvin said meanwhile, and the record transcript."""
    async with async_playwright() as playwright, Relay(5) as relay:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
        try:
            prompts = await _answer(browser, relay, link, names, gone_s)
            # The page stays open: what it has not sent yet, it sends now.
            return prompts, await asyncio.to_thread(_record_transcript, api)
        finally:
            await browser.close()


async def _answer(browser: Browser, relay: Relay, link: str, names: Sequence[str], gone_s: float) -> int:
    context = await browser.new_context(permissions=["microphone"])
    await context.add_init_script(path=str(MICROPHONE))
    page = await context.new_page()
    await page.route("**/offer", lambda route: _through(relay, route))
    await _come_in(page, link)
    await _until(page, "document.querySelector('#stage')?.dataset.phase === 'listening'", 60)
    before = await _melvin_said(page)
    speaking = asyncio.create_task(_speak(page, _answer_sound(names)))
    if gone_s:
        await asyncio.sleep(GONE_AFTER_S)
        await _network(context, relay, gone=True)
        await asyncio.sleep(gone_s)
        await _network(context, relay, gone=False)
    await speaking
    meanwhile = await _melvin_said(page) - before
    await page.wait_for_url("**/check", timeout=120_000)
    return meanwhile


async def _network(context: BrowserContext, relay: Relay, *, gone: bool) -> None:
    relay.impairment = Impairment(dead=True) if gone else CLEAN
    await context.set_offline(gone)


async def _through(relay: Relay, route: Route) -> None:
    if relay.impairment.dead:
        await route.abort()
        return
    reply = await route.fetch(post_data=relay.offer(route.request.post_data or ""))
    body = await reply.text()
    await route.fulfill(response=reply, body=await relay.answer(body) if reply.status == 201 else body)


async def _come_in(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Agree and go on").click()
    await page.get_by_role("button", name="Allow the microphone").click()
    await asyncio.sleep(0.5)
    await _speak(page, as_wav(clips()["librivox_0890"].pcm))
    await expect(page.locator("#check-connection")).to_have_attribute("data-result", "good", timeout=20_000)
    await page.get_by_role("button", name="Start the interview").click(timeout=30_000)


async def _speak(page: Page, wav: bytes) -> None:
    await page.evaluate("clip => window.playClip(clip)", base64.b64encode(wav).decode())


def _answer_sound(names: Sequence[str]) -> bytes:
    gap = np.zeros(round(BETWEEN_S * 48_000), np.int16)
    folder = {name: clips()[name].path for name in names}
    return as_wav(np.concatenate([p for name in names for p in (load(folder[name], 48_000), gap)]), 48_000)


async def _melvin_said(page: Page) -> int:
    """How many times he spoke, by the page's captions."""
    return int(
        await page.evaluate(
            "[...document.querySelectorAll('#captions .caption')].filter(c => c.innerText.startsWith('Melvin')).length"
        )
    )


async def _until(page: Page, truth: str, seconds: float) -> None:
    """Asked from outside: Playwright's own waiting evaluates text in the page, which our content policy forbids."""
    deadline = time.monotonic() + seconds
    while not await page.evaluate(truth):
        assert time.monotonic() < deadline, f"{truth}: not within {seconds:.0f} s"
        await asyncio.sleep(0.1)


def _record_transcript(api: httpx.Client) -> str:
    """What the candidate said, of the newest version that was made from the recording."""
    interview_id = api.get("/interviews").json()["data"][0]["id"]
    deadline = time.monotonic() + WRITTEN_S
    while time.monotonic() < deadline:
        for version in range(6, 0, -1):
            reply = api.get(f"/interviews/{interview_id}/transcript", params={"version": version})
            if reply.status_code == 200 and reply.json()["source"] == "record":
                return " ".join(t["text"] for t in reply.json()["turns"] if t["side"] == "candidate")
        time.sleep(1)
    return ""
