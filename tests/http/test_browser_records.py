"""The page's own recording in a real browser: sent as it is made, and what could not be sent survives a reload."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable

import pytest
import uvicorn
from playwright.async_api import Page, Route, async_playwright, expect

from interviewer.live.errors import Busy
from interviewer.live.lobby import Place
from interviewer.media.browser_sound import decode
from interviewer.records import browser
from tests.browser import SPEAKING, find_chromium
from tests.end_to_end.candidate import MICROPHONE
from tests.http.joining import Candidate, candidate, joined

__all__ = ["candidate", "joined"]

pytestmark = pytest.mark.slow

KEPT = """() => new Promise((resolve) => {
  const open = indexedDB.open("melvin");
  open.onsuccess = () => {
    const count = open.result.transaction("chunks").objectStore("chunks").count();
    count.onsuccess = () => { open.result.close(); resolve(count.result); };
  };
})"""


@pytest.fixture
async def page(joined: Candidate) -> AsyncIterator[Page]:
    """A page that speaks in an interview, on a network that lets no sound through."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(joined.site, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    began = time.monotonic() - 60.0
    joined.live.at = lambda: round((time.monotonic() - began) * 16_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
        context = await browser.new_context(permissions=["microphone"])
        await context.add_init_script(path=str(MICROPHONE))
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}{joined.link}/interview")
        yield page
        assert faults == []
        await browser.close()
    server.should_exit = True
    await serving


async def sent(who: Candidate) -> list[browser.KnownStretch]:
    async with who.rooms.database.session() as session:
        return await browser.stretches_of(session, (await who.interview()).id, "microphone")


async def until(truth: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not await truth():  # type: ignore[misc] # noqa: ASYNC110 - a page and a database have no event for it
            await asyncio.sleep(0.1)


async def speaks(page: Page, who: Candidate) -> None:
    await page.get_by_role("button", name="Allow the microphone").click()
    links = len(who.live.links)
    await page.get_by_role("button", name="Start the interview").click()

    async def joins() -> bool:
        return len(who.live.links) > links

    await until(joins)
    question = (await who.interview()).script["questions"][0]
    shown = {"id": question["id"], "number": 1, "count": 5, "kind": "spoken", "title": question["title"]}
    state = {"phase": "listening", "question": shown, "asked": question["text"], "typing": False, "probe": False}
    who.live.links[-1].send({"t": "state", **state, "seconds_left": None, "pace": "normal", "confirm_end": False})


async def says_what_the_clock_is_when_it_comes_back(who: Candidate) -> None:
    """The next process does not know for how long there was none."""
    began = who.live.received[0]
    assert "at" not in began, "nobody has told it"
    assert who.live.at is not None
    at = who.live.at()
    hellos = [m["t"] for m in who.live.received].count("hello")
    who.live.links[-1].send({"t": "reconnect"})

    async def back() -> bool:
        return [m["t"] for m in who.live.received].count("hello") > hellos

    await until(back)
    hello = next(m for m in reversed(who.live.received) if m["t"] == "hello")
    assert hello["at"] > at - 16_000
    assert hello["at"] < who.live.at() + 16_000


async def test_nothing_is_recorded_in_the_lobby_after_a_handover(page: Page, joined: Candidate) -> None:
    await page.add_init_script("""window.recorders = [];
        window.MediaRecorder = class extends MediaRecorder {
            constructor(...given) { super(...given); recorders.push(this); }
        };""")
    await page.reload()
    await speaks(page, joined)
    recording = "() => recorders.some((one) => one.state === 'recording')"
    await page.wait_for_function(recording)
    joined.live.refusal = Busy(Place(2, 5, typing=False))
    joined.live.links[-1].send({"t": "reconnect"})
    await expect(page.get_by_role("heading", name="You are second in line")).to_be_visible(timeout=15_000)
    await page.wait_for_function("() => recorders.every((one) => one.state === 'inactive')", timeout=5_000)
    joined.live.places.put_nowait(None)
    await expect(page.locator("#lobby")).to_be_hidden(timeout=15_000)


async def test_it_is_sent_as_it_is_made_and_what_was_not_survives_a_reload(page: Page, joined: Candidate) -> None:
    await speaks(page, joined)

    async def arrives() -> bool:
        return bool(await sent(joined))

    await until(arrives)
    await says_what_the_clock_is_when_it_comes_back(joined)

    away: set[int] = set()

    async def abort(route: Route) -> None:
        await route.abort()
        away.add(int(route.request.url.rpartition("/")[2]))

    async def lost() -> bool:
        """Not one that is there already and whose reply did not come in time: that one is sent again, and is known."""
        return bool(away) and max(away) >= (await sent(joined))[0].there

    await page.route("**/recording/**", abort)
    await until(lost)
    before = (await sent(joined))[0].there
    await page.reload()
    await page.unroute("**/recording/**", abort)

    async def empty() -> bool:
        return int(await page.evaluate(KEPT)) == 0

    await until(empty)
    (stretch,) = await sent(joined)
    assert stretch.there == len(stretch.hashes) > before
    interview_id = (await joined.interview()).id
    chunks = [
        await joined.rooms.objects.get(browser.chunk_key(interview_id, stretch.stretch, n))
        for n in range(stretch.there)
    ]
    assert len(decode(b"".join(chunks))) > 3 * 16_000
