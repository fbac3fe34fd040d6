"""A node that fell silent, as a frozen one does, is not waited for as one that lives; whether it does, others say. What
was on its way there is sent again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, async_playwright

from tests.browser import SPEAKING, find_chromium
from tests.http.test_candidate_modules import HERE, served

LATER = datetime(2030, 1, 2, tzinfo=UTC)

pytestmark = pytest.mark.slow

LOSE = """async () => {
  const { Connection } = await import("/static/candidate/connection.js");
  const { pinTo } = await import("/static/candidate/node.js");
  const connection = new Connection({ base: "/i/token", ice_servers: [], nodes: ["http://two.example"] }, () => null);
  window.asked = [];
  window.fetch = (url, { signal }) => {
    const began = performance.now();
    const one = { node: new URL(url, location.href).origin, waited: null };
    window.asked.push(one);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        one.waited = performance.now() - began;
        reject(new DOMException("aborted", "AbortError"));
      });
      if (one.node === location.origin) resolve(window.told(window.asked.length));
    });
  };
  const problem = (status, code, more) => new Response(JSON.stringify({ status, code, title: code, ...more }), {
    status, headers: { "Content-Type": "application/problem+json" },
  });
  window.told = (number) => number < 4
    ? problem(409, "elsewhere", { address: "http://two.example", node: "signed" })
    : problem(410, "interview-over", {});
  pinTo("http://two.example", "signed");
  connection.state = window.state;
  connection.onstate = (state) => { window.state = state; };
  connection.start();
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SPEAKING))
        page = await browser.new_page()
        await page.clock.install(time=LATER - timedelta(days=1))
        await page.route("**/*", served)
        await page.goto(f"{HERE}/i/token")
        await page.clock.pause_at(LATER)
        yield page
        await browser.close()


async def asked(page: Page, state: str) -> list[tuple[str, float | None]]:
    """Who was asked, and for how many milliseconds without an answer, until the page knows that it is over."""
    await page.evaluate(f"() => {{ window.state = {json.dumps(state)}; }}")
    await page.evaluate(LOSE)
    async with asyncio.timeout(60):
        while await page.evaluate("() => window.state") != "ended":
            await page.clock.run_for(250)
            await asyncio.sleep(0.01)
    return [(one["node"], one["waited"]) for one in await page.evaluate("() => window.asked")]


async def test_who_lost_a_node_asks_the_others_soon_and_waits_longer_for_one_that_lives(page: Page) -> None:
    two = "http://two.example"
    assert await asked(page, "lost") == [(two, 6500), (HERE, None), (two, 8000), (HERE, None)]
    assert (await asked(page, "open"))[0] == (two, 15000), "who did not lose it waits as for any answer"


SEND = """async () => {
  const { Uploader } = await import("/static/candidate/uploader.js");
  const about = { interview: "i", stretch: "s", number: 0, at: 0, type: "audio/webm" };
  const chunk = { ...about, bytes: new Uint8Array(1), sha256: "00" };
  window.taken = null;
  window.back = null;
  const store = {
    next: async (busy) => (window.taken !== null || busy.size ? null : chunk),
    remove: async () => { window.taken = performance.now(); },
  };
  window.fetch = (url, { signal }) => new Promise((resolve, reject) => {
    window.asked = url;
    signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    if (window.back !== null) resolve(new Response(null, { status: 204 }));
  });
  window.uploader = new Uploader("/i/token", store);
  window.uploader.start();
}"""


async def test_a_chunk_that_was_on_its_way_there_is_sent_again_when_the_page_is_back(page: Page) -> None:
    await page.evaluate(SEND)
    async with asyncio.timeout(60):
        while not await page.evaluate("() => window.asked"):  # noqa: ASYNC110 - it comes from the page
            await asyncio.sleep(0.01)
        await page.clock.run_for(5000)
        assert await page.evaluate("() => window.taken") is None, "it hangs"
        await page.evaluate("() => { window.back = performance.now(); window.uploader.retry(); }")
        while await page.evaluate("() => window.taken") is None:
            await page.clock.run_for(100)
            await asyncio.sleep(0.01)
    assert await page.evaluate("() => window.taken - window.back") < 3000, "not when it would have been given up"
