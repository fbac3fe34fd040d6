"""The camera in a real browser, with Chromium's fake one: recorded and kept until it is sent, also over a reload; once
turned off it stays off; played at review in step with the talk."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.media.video import playable
from interviewer.plans.library import Library
from interviewer.records import browser
from interviewer.records.camera import put_segment
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from tests.browser import SPEAKING, find_chromium
from tests.http.factories import Finished, finished_interview
from tests.http.joining import Candidate, a_candidate
from tests.http.test_browser_records import KEPT, until
from tests.http.test_camera import Asking, consent
from tests.http.test_player import address, page
from tests.http.test_player import until as reached
from tests.media.video import camera_webm

__all__ = ["address", "page"]

pytestmark = pytest.mark.slow


@pytest.fixture
async def asked(rooms: Rooms, library: Library, passwords: Passwords) -> AsyncIterator[Candidate]:
    async with a_candidate(rooms, Asking(library), passwords) as one:
        began = time.monotonic() - 60.0
        one.live.at = lambda: round((time.monotonic() - began) * 16_000)
        yield one


@pytest.fixture
async def served(asked: Candidate) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(asked.site, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
        yield await running.new_context(permissions=["camera"])
        await running.close()


SENT_FIRST = """async () => {
  const { CAMERA, ChunkStore } = await import("/static/candidate/chunk_store.js");
  const store = await ChunkStore.open("another link");
  const add = (kind, id) => store.add({ id, kind, type: kind, at: 0 }, new ArrayBuffer(8));
  await add("camera", `${CAMERA}001-older`);
  await add("microphone", "002-newer");
  const both = [await store.next(new Set()), await store.next(new Set([await store.next(new Set())]
    .map((one) => [one.interview, one.stretch, one.number].join("/"))))];
  const alone = await store.next(new Set(), true);
  await store.remove(alone);
  const kinds = [...both, alone, await store.next(new Set(), true)].map((one) => one && one.type);
  await store.forget();
  return kinds;
}"""
"""What is sent first and second of an older chunk of the camera and a newer one of the sound; and what by the one of
the two senders that takes sound alone."""


async def stretches(who: Candidate, kind: str) -> list[browser.KnownStretch]:
    async with who.rooms.database.session() as session:
        return await browser.stretches_of(session, (await who.interview()).id, kind)


def goes_on(who: Candidate, question: dict[str, str], phase: str) -> None:
    shown = {"id": question["id"], "number": 1, "count": 5, "kind": "spoken", "title": question["title"]}
    state = {"phase": phase, "question": shown, "asked": question["text"], "typing": True, "probe": False}
    who.live.links[-1].send({"t": "state", **state, "seconds_left": None, "pace": "normal", "confirm_end": False})


async def test_it_is_recorded_where_it_was_chosen_and_off_for_good_where_it_was_turned_off(
    asked: Candidate, served: str, context: BrowserContext, tmp_path: Path
) -> None:
    candidates = await context.new_page()
    faults: list[str] = []
    candidates.on("pageerror", lambda error: faults.append(str(error)))
    await candidates.goto(f"{served}{asked.link}")
    await candidates.get_by_label("Record my camera too").check()
    await candidates.get_by_role("checkbox").check()
    await candidates.get_by_role("button", name="Agree and go on").click()
    await candidates.get_by_role("button", name="Turn the camera on").click()
    await expect(candidates.locator("#camera-check")).to_have_attribute("data-result", "good")
    await candidates.route("**/recording/**", lambda route: route.abort())
    await candidates.get_by_role("button", name="Continue by typing").click()

    async def joins() -> bool:
        return bool(asked.live.links)

    await until(joins)
    question = (await asked.interview()).script["questions"][0]
    goes_on(asked, question, "listening")
    await expect(candidates.locator("#camera-sign")).to_have_text("Your camera is recorded", timeout=20_000)

    async def waits() -> bool:
        return int(await candidates.evaluate(KEPT)) >= 1

    await until(waits)
    await candidates.get_by_role("button", name="Turn camera off").click()
    await expect(candidates.locator("#camera-sign")).to_have_text("Your camera is off, and stays off.")
    assert await candidates.evaluate("document.getElementById('camera-picture').srcObject") is None

    async def known() -> bool:
        return (await consent(asked)).camera_off_at is not None

    await until(known)
    assert await stretches(asked, "camera") == []
    await candidates.reload()
    await expect(candidates.locator("#check-microphone")).to_be_visible()
    await expect(candidates.locator("#camera-check")).to_have_count(0)
    await candidates.unroute("**/recording/**")

    async def empty() -> bool:
        return int(await candidates.evaluate(KEPT)) == 0

    await until(empty)
    (stretch,) = await stretches(asked, "camera")
    assert len(stretch.hashes) == stretch.there > 0
    assert await stretches(asked, "microphone") == []
    interview_id = (await asked.interview()).id
    recorded, target = tmp_path / "recorded", tmp_path / "segment.webm"
    with recorded.open("wb") as file:
        for number in range(stretch.there):
            file.write(await asked.rooms.objects.get(browser.chunk_key(interview_id, stretch.stretch, number)))
    assert playable(recorded, target, stretch.media_type) > 1.0
    assert await candidates.evaluate(SENT_FIRST) == ["microphone", "camera", "microphone", None]
    assert faults == []


@pytest.fixture
async def finished(database: Database, library: Library, objects: ObjectStore, tmp_path: Path) -> Finished:
    """With two pieces of a camera's recording: from 2 s to 8 s, and from 12 s to 16 s."""
    made = await finished_interview(database, library, objects, tmp_path)
    for start, seconds, stretch in ((2, 6.0, "z-first"), (12, 4.0, "z-second")):
        recorded, target = tmp_path / f"{stretch}.recorded", tmp_path / f"{stretch}.webm"
        recorded.write_bytes(camera_webm(seconds))
        playable(recorded, target, "video/webm")
        key = f"recordings/{made.interview_id}/camera/{stretch}.webm"
        async with database.session() as session:
            await put_segment(
                session, interview_id=made.interview_id, stretch=stretch, at=start * 16_000,
                samples=round(seconds * 16_000), object_key=key, sha256=await objects.put_file(key, target),
                size=target.stat().st_size, media_type="video/webm", made_from="test",
            )  # fmt: skip
    return made


IN_STEP = """(() => {
  const [audio, video] = ["audio", "video"].map((id) => document.getElementById(id));
  const { start } = JSON.parse(document.getElementById("picture").dataset.segments)
    .findLast((one) => one.start <= audio.currentTime);
  return video.readyState >= 2 && !video.seeking && Math.abs(audio.currentTime - start - video.currentTime) < 0.3;
})()"""


async def test_the_picture_goes_with_the_sound(page: Page, finished: Finished) -> None:
    await page.evaluate("document.getElementById('audio').currentTime = 4")
    await reached(page, IN_STEP)
    await page.get_by_role("button", name="Play", exact=True).click()
    await reached(page, f"document.getElementById('video').currentTime > 2.3 && {IN_STEP}")
    await page.evaluate("document.getElementById('audio').currentTime = 9")
    await expect(page.locator("#picture-none")).to_be_visible()
    await page.evaluate("document.getElementById('audio').currentTime = 13")
    await reached(page, f"document.getElementById('video').currentTime > 1.2 && {IN_STEP}")
    await page.get_by_role("button", name="Pause", exact=True).click()
    await reached(page, "document.getElementById('video').paused")
