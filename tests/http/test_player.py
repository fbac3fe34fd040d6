"""The player in a real browser: a quote or a word is heard where it was said, by mouse and by keyboard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect

from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from tests.browser import find_chromium
from tests.http.conftest import EMAIL, PASSWORD
from tests.http.factories import Finished

pytestmark = pytest.mark.slow


@pytest.fixture
async def address(rooms: Rooms, passwords: Passwords) -> AsyncIterator[str]:
    """The site, served on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    site = build_site(replace(rooms, public_url=address), passwords=passwords)
    server = uvicorn.Server(uvicorn.Config(site, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield address
    server.should_exit = True
    await serving


@pytest.fixture
async def page(address: str, account: str, finished: Finished) -> AsyncIterator[Page]:
    """The review page of the finished interview, signed in; any fault that the browser reports fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = await browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        await page.goto(f"{address}/login?next=/interviews/{finished.interview_id}")
        await page.fill("#email", EMAIL)
        await page.fill("#password", PASSWORD)
        await page.click("button:has-text('Sign in')")
        await page.wait_for_url("**/interviews/*")
        await until(page, "document.getElementById('audio').readyState >= 1")
        yield page
        await browser.close()
        assert faults == []


async def until(page: Page, truth: str) -> None:
    """Asks from outside: Playwright's own waiting evaluates text in the page, which our content policy forbids."""
    async with asyncio.timeout(30):
        while not await page.evaluate(truth):  # noqa: ASYNC110 - nothing here could set an event
            await asyncio.sleep(0.05)


async def test_a_quote_is_heard_where_it_was_said_and_its_words_are_marked(page: Page) -> None:
    quote = page.locator("#answer-moon-landing button.quote").first
    start = float(await quote.get_attribute("data-play") or 0)
    end = float(await quote.get_attribute("data-until") or 0)
    await quote.click()
    await page.wait_for_selector(".word.spoken")
    spoken = page.locator(".word.spoken").first
    assert start - 0.1 <= float(await spoken.get_attribute("data-s") or 0) <= start + 3
    await until(page, "document.getElementById('audio').paused")
    stopped = float(await page.evaluate("document.getElementById('audio').currentTime"))
    assert end <= stopped <= end + 1


async def test_a_word_is_heard_by_click_and_by_keyboard(page: Page) -> None:
    word = page.locator("#answer-moon-landing .turn-candidate .word").nth(10)
    await word.click()
    start = float(await word.get_attribute("data-s") or 0)
    await until(page, f"document.getElementById('audio').currentTime >= {start}")
    assert await page.evaluate("document.getElementById('audio').currentTime") < start + 3
    turn = page.locator("#answer-background .turn-candidate .turn-text")
    await turn.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        await page.keyboard.press(key)
    assert await page.text_content(".word.cursor") == "worked"
    await page.keyboard.press("Enter")
    chosen = float(await page.get_attribute(".word.cursor", "data-s") or 0)
    await until(page, f"Math.abs(document.getElementById('audio').currentTime - {chosen}) < 2")


async def test_the_player_starts_and_stops_from_the_keyboard(page: Page) -> None:
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("l")
    await until(page, "document.getElementById('audio').currentTime >= 10")
    await page.keyboard.press(" ")
    await until(page, "!document.getElementById('audio').paused")
    await expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    await page.keyboard.press("k")
    await until(page, "document.getElementById('audio').paused")
    await expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
