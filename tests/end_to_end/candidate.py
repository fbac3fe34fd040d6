"""A candidate in a real browser: reads the notice, checks the sound, answers, and looks at what comes after."""

from __future__ import annotations

import base64
import io
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

__all__ = ["Candidate", "as_wav"]

SCREENSHOTS = Path(__file__).parent.parent / "out" / "screenshots"
MICROPHONE = Path(__file__).parent / "microphone.js"


def as_wav(pcm: np.ndarray, rate: int = 16_000) -> bytes:  # type: ignore[type-arg] # int16, one dimension
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype(np.int16).tobytes())
    return out.getvalue()


class Candidate:
    """``errors`` collects what a developer would see in the console; a good run leaves it empty."""

    def __init__(self, browser: Browser, *, microphone: bool = True, width: int = 1280, height: int = 800) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, permissions=["microphone"] if microphone else []
        )
        if microphone:
            self.context.add_init_script(path=str(MICROPHONE))
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on(
            "console",
            lambda m: self.errors.append(f"{m.text} ({m.location.get('url')})") if m.type == "error" else None,
        )
        self.gaps: list[float] = []
        # Nobody who types has to hear a question to its end.
        self.answers_in = ("listening", "writing") if microphone else ("speaking", "writing")

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=True)

    def close(self) -> None:
        self.context.close()

    # ------------------------------------------------------------------ the way in

    def consent(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("checkbox").check()
        self.page.get_by_role("button", name="Agree and go on").click()
        expect(self.page.locator("#device-check-title")).to_be_visible()

    def start_by_voice(self, few_words: bytes) -> None:
        self.page.get_by_role("button", name="Allow the microphone").click()
        self.page.wait_for_timeout(500)
        self.speak(few_words)
        for check in ("#check-microphone", "#check-connection"):
            expect(self.page.locator(check)).to_have_attribute("data-result", "good", timeout=20_000)
        self.page.get_by_role("button", name="Start the interview").click(timeout=30_000)

    def start_by_typing(self) -> None:
        self.page.get_by_role("button", name="Continue by typing").click()

    # ------------------------------------------------------------------ the interview

    def _read(self, script: str) -> str:
        """What a script returns; empty while the page is on its way to another."""
        try:
            return str(self.page.evaluate(script) or "")
        except Error:
            return ""

    @property
    def phase(self) -> str:
        return self._read("document.querySelector('#stage')?.dataset.phase")

    @property
    def title(self) -> str:
        return self._read("document.querySelector('#question-title')?.innerText").strip()

    @property
    def asked(self) -> str:
        return self._read("document.querySelector('#question-text')?.innerText").strip()

    @property
    def over(self) -> bool:
        return self.page.url.endswith("/check")

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                self.screenshot("stuck")
                raise AssertionError(f"{what}: not within {seconds} s; the page shows:\n{self.page.inner_text('main')}")
            self.page.wait_for_timeout(100)

    def wait_for_prompt(self, before: str) -> bool:
        """Until Melvin has asked something other than ``before`` and, for who speaks, fallen silent; False where it is
        over."""
        self.wait_until(
            lambda: self.over or (self.phase in self.answers_in and self.asked not in ("", before)),
            f"a prompt after {before!r}",
        )
        return not self.over

    def speak(self, wav: bytes) -> None:
        self.page.evaluate("clip => window.playClip(clip)", base64.b64encode(wav).decode())

    def speak_and_time(self, wav: bytes) -> float:
        """Speak, and measure the seconds from the end of the clip to Melvin's next phase of speaking."""
        self.speak(wav)
        ended = time.monotonic()
        self.wait_until(lambda: self.over or self.phase == "speaking", "Melvin's reply", 30.0)
        self.gaps.append(time.monotonic() - ended)
        return self.gaps[-1]

    def type(self, text: str) -> None:
        self.page.locator("#answer").fill(text)
        self.page.get_by_role("button", name="Send this answer").click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
