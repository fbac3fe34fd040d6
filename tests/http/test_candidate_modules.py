"""Parts of the candidate's page alone, in a real browser: what is said of a recording holds only while there is one,
a node that answers nothing is left, and origins are compared as browsers write them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Request, Route, async_playwright

import interviewer.web
from tests.browser import SPEAKING, find_chromium

pytestmark = pytest.mark.slow

STATIC = Path(interviewer.web.__path__[0]) / "static"
HERE = "http://localhost:1"
SILENT, REFUSING = "/i/token/silent", "/i/token/refusing"


async def served(route: Route, request: Request) -> None:
    """The page's own files; an address that never answers, and one that is not reached."""
    path = request.url.removeprefix(HERE).partition("?")[0]
    if path.endswith(REFUSING):
        await route.abort("connectionrefused")
    elif path.startswith("/static/"):
        await route.fulfill(path=STATIC / path.removeprefix("/static/"))
    elif not path.endswith(SILENT):
        await route.fulfill(content_type="text/html", body="<!doctype html><title>A page</title>")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
        page = await browser.new_page()
        await page.route("**/*", served)
        await page.goto(f"{HERE}/i/token")
        yield page
        await browser.close()


async def run(page: Page, script: str) -> Any:
    """What this returns, with the page's modules ``node``, ``requests`` and ``recorder`` at hand."""
    names = ("node", "requests", "recorder")
    modules = "; ".join(f'const {n} = await import("/static/candidate/{n}.js")' for n in names)
    return await page.evaluate(f"async () => {{ {modules}; {script} }}")


async def test_it_is_recorded_only_while_the_browser_does_so(page: Page) -> None:
    kept = await run(page, """
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const store = { add: async () => 0 };
        const own = new recorder.Recorder("microphone", store, { at: () => 0 });
        const seen = [own.keeps];
        own.start(stream);
        seen.push(own.keeps);
        stream.getTracks()[0].stop(); // as when it is unplugged
        while (own.keeps) await new Promise((resolve) => setTimeout(resolve, 10));
        seen.push(own.keeps, own.active);
        await own.stop();
        return seen;
    """)  # fmt: skip
    assert kept == [False, True, False, True]


async def test_a_node_that_is_gone_is_left_for_the_address_of_all(page: Page) -> None:
    pinned = """
        node.know(["http://two.example"]);
        node.pinTo("http://two.example", "signed");
        const seen = [node.atNode("/x")];
        const failed = (asking) => asking.then(() => "answered", (error) => error.name);
    """
    silent = f'seen.push(await failed(requests.postJson("{SILENT}", {{}}, {{ within: 100 }})), node.atNode("/x"));'
    refusing = f'seen.push(await failed(requests.postJson("{REFUSING}", {{}})), node.atNode("/x"));'
    given_up = f"""
        const asking = new AbortController();
        setTimeout(() => asking.abort(), 50);
        seen.push(await failed(requests.postJson("{SILENT}", {{}}, {{ signal: asking.signal }})), node.atNode("/x"));
    """
    at = "http://two.example/x"
    assert await run(page, f"{pinned} {silent} return seen;") == [at, "TypeError", "/x"]
    assert await run(page, f"{pinned} {refusing} return seen;") == [at, "TypeError", "/x"]
    assert await run(page, f"{pinned} {given_up} return seen;") == [at, "AbortError", at], "the page's own doing"


async def test_a_node_is_known_however_its_address_is_written(page: Page) -> None:
    known = 'node.know(["https://Two.Example:443/"]);'
    pinned = await run(page, f'{known} node.pinTo("https://two.example:443", "signed"); return node.atNode("/x");')
    assert pinned == "https://two.example/x"


async def test_for_an_unknown_node_the_page_is_loaded_again_once(page: Page) -> None:
    asked = 'node.know([]); node.pinTo("https://three.example", "signed"); return node.atNode("/x");'
    async with page.expect_navigation():
        await run(page, asked)
    assert await run(page, f"window.mark = 1; {asked}") == "/x"
    assert await page.evaluate("() => window.mark") == 1, "it stays, with the address of all"


async def test_a_text_that_is_sent_again_has_its_name_until_a_reply_came(page: Page) -> None:
    first, again, reloaded, other, after = await page.evaluate("""async () => {
        const { Draft } = await import("/static/candidate/draft.js");
        const draft = new Draft("/i/token");
        const names = [draft.sentAs("q", "Yes"), draft.sentAs("q", "Yes"), new Draft("/i/token").sentAs("q", "Yes")];
        names.push(draft.sentAs("q", "Yes, I did"));
        draft.forget("q");
        return [...names, draft.sentAs("q", "Yes, I did")];
    }""")
    assert first == again == reloaded
    assert len({first, other, after}) == 3


async def test_corrections_stay_until_the_receipt_and_are_those_of_one_link(page: Page) -> None:
    kept = await page.evaluate("""async () => {
        const { forgetCorrections, keepCorrection, keptCorrections } =
            await import("/static/candidate/kept_corrections.js");
        keepCorrection("/i/token", { name: "turn-1", heard: "They flu", text: "They f" });
        keepCorrection("/i/token", { name: "turn-1", heard: "They flu", text: "They flew" });
        keepCorrection("/i/other", { name: "turn-1", heard: "No", text: "Now" });
        const before = keptCorrections("/i/token");
        forgetCorrections("/i/token");
        return [before, keptCorrections("/i/token").length, keptCorrections("/i/other").length];
    }""")
    assert kept == [[{"name": "turn-1", "heard": "They flu", "text": "They flew"}], 0, 1]


async def test_a_correction_that_is_as_long_as_it_can_be_says_so(page: Page) -> None:
    await page.evaluate("""async () => {
        document.body.dataset.base = "/i/token";
        document.body.innerHTML = `<form id="corrections">
            <textarea name="turn-1" maxlength="20" aria-describedby="said"></textarea>
            <span id="said"></span><button id="submit-corrections"></button></form>`;
        await import("/static/candidate/corrections.js");
    }""")
    told = page.locator("#said")
    await page.locator("textarea").press_sequentially("They flew")
    assert await told.inner_text() == "Changed by you"
    await page.locator("textarea").press_sequentially(" to the moon and back")
    assert len(await page.locator("textarea").input_value()) == 20
    assert "20 characters: please look whether its end is missing" in await told.inner_text()


async def test_a_correction_goes_with_its_words_to_a_newer_transcript_and_into_no_other_answer(page: Page) -> None:
    shown = await page.evaluate("""async () => {
        const { keepCorrection } = await import("/static/candidate/kept_corrections.js");
        keepCorrection("/i/token", { name: "turn-3", heard: "Yes.", text: "Chess." });
        keepCorrection("/i/token", { name: "turn-9", heard: "They flu", text: "They flew" });
        document.body.dataset.base = "/i/token";
        const turns = [["turn-3", "Yes."], ["turn-7", "Yes."], ["turn-10", "They flu"]];
        document.body.innerHTML = `<form id="corrections"><button id="submit-corrections"></button>${turns.map(
            ([name, heard]) => `<textarea name="${name}" aria-describedby="${name}-said">${heard}</textarea>
                <span id="${name}-said"></span>`).join("")}</form>`;
        await import("/static/candidate/corrections.js");
        return [...document.querySelectorAll("textarea")].map((box) => box.value);
    }""")
    assert shown == ["Chess.", "Yes.", "They flew"]


async def test_a_microphone_that_the_browser_still_asks_about_stays_off_once_it_was_closed(page: Page) -> None:
    left = await page.evaluate("""async () => {
        const { Microphone } = await import("/static/candidate/microphone.js");
        const streams = [];
        const give = [];
        const stream = () => {
            const track = { stops: 0, stop() { this.stops += 1; }, addEventListener: () => {} };
            streams.push({ track, getTracks: () => [track], getAudioTracks: () => [track] });
            return streams.at(-1);
        };
        Object.defineProperty(navigator, "mediaDevices", {
            value: { getUserMedia: () => new Promise((resolve) => give.push(() => resolve(stream()))) },
        });
        const microphone = new Microphone();
        const opening = microphone.open();
        microphone.close(); // the candidate chose to type
        give[0]();
        const declined = (await opening) === null && microphone.stream === null;
        const other = microphone.open("one");
        const chosen = microphone.open("another");
        give[2]();
        give[1]();
        await Promise.all([other, chosen]);
        return [declined, microphone.stream === streams[1], streams.map(({ track }) => track.stops)];
    }""")
    assert left == [True, True, [1, 0, 1]]


async def test_what_a_tab_keeps_is_there_without_site_data_and_with_a_full_storage(page: Page) -> None:
    seen = await page.evaluate("""async () => {
        const { kept } = await import("/static/candidate/kept.js");
        kept.setItem("a", "1");
        const lasting = [sessionStorage.getItem("a"), kept.getItem("a"), kept.lasts("a")];
        const real = Storage.prototype.setItem;
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
        kept.setItem("a", "2");
        const full = [kept.getItem("a"), kept.names];
        Storage.prototype.setItem = real;
        kept.setItem("a", "3");
        const again = [kept.getItem("a"), sessionStorage.getItem("a")];
        Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("no", "SecurityError"); } });
        kept.setItem("b", "4");
        const blocked = [kept.getItem("a"), kept.getItem("b"), kept.names, kept.lasts("b")];
        kept.removeItem("b");
        return [lasting, full, again, [...blocked, kept.getItem("b")]];
    }""")
    assert seen == [["1", "1", True], ["2", ["a"]], ["3", "3"], [None, "4", ["b"], False, None]]


async def test_a_camera_that_the_browser_still_asks_about_stays_off_once_it_was_closed(page: Page) -> None:
    left = await page.evaluate("""async () => {
        const { Camera } = await import("/static/candidate/camera.js");
        let give;
        const stopped = [];
        const track = { stop: () => stopped.push(1), addEventListener: () => {} };
        const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
        Object.defineProperty(navigator, "mediaDevices", {
            value: { getUserMedia: () => new Promise((resolve) => (give = () => resolve(stream))) },
        });
        const camera = new Camera();
        const opening = camera.open();
        camera.close();
        give();
        await opening;
        const declined = camera.stream === null && stopped.length === 1;
        const again = camera.open();
        give();
        await again;
        return [declined, camera.stream === stream];
    }""")
    assert left == [True, True]
