"""Somebody at a page in Chromium who says clips and hears what comes back, both on the page's one audio clock.

Melvin's page and the peer's are the same to it: a page that opens the microphone and a WebRTC connection.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.gap.measure import Sound
from tests.browser import SPEAKING, find_chromium

__all__ = ["Caller", "open_browser", "prepare"]

HERE = Path(__file__).parent
POLL_MS = 50


@contextmanager
def open_browser() -> Iterator[Browser]:
    found = find_chromium()
    assert found is not None, "no Chromium is installed; `python -m tests` says how to get one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(SPEAKING))
        try:
            yield browser
        finally:
            browser.close()


def prepare(page: Page) -> None:
    """Before anything is opened in ``page``."""
    worklet = json.dumps((HERE / "worklet.js").read_text("utf-8"))
    page.add_init_script(f"const WORKLET = {worklet};\n" + (HERE / "earshot.js").read_text("utf-8"))
    # A worklet's module is fetched past the routes that Playwright answers, so it is given as a blob, which Melvin's
    # page does not allow: scripts from his own origin alone.
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})


class Caller:
    def __init__(self, page: Page) -> None:
        self._page = page

    def hear(self) -> tuple[float, list[Sound]]:
        """The page's time now, and every sound heard so far; in seconds of the page's audio clock."""
        found = self._page.evaluate("earshot.sounds()")
        now = float(found["now"])
        return now, [Sound(begin, now if end is None else end) for begin, end in found["sounds"]]

    def say(self, wav: bytes) -> Sound:
        """Begin to play ``wav``; when its first sample goes out and its last will have."""
        begin, end = self._page.evaluate("wav => earshot.play(wav)", base64.b64encode(wav).decode())
        return Sound(float(begin), float(end))

    def wait(self, seconds: float) -> None:
        self._page.wait_for_timeout(1000 * seconds)

    def wait_until(self, at: float) -> None:
        self.wait(max(0.0, at - self.hear()[0]))

    def wait_for_reply(self, after: float, quiet_s: float, most_s: float) -> bool:
        """Until something was heard that ended later than ``after`` and then ``quiet_s`` of silence; False where
        nothing was within ``most_s``."""
        deadline = time.monotonic() + most_s
        while True:
            now, sounds = self.hear()
            last = sounds[-1].end if sounds else 0.0
            if last > after and now - last >= quiet_s:
                return True
            if last <= after and time.monotonic() > deadline:
                return False
            self._page.wait_for_timeout(POLL_MS)
