"""Where the browser of the tests is. Playwright drives it; its own browser builds are not needed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["SPEAKING", "find_chromium"]

SPEAKING = (
    "--headless",
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""Arguments for a browser that somebody speaks into: it asks nobody for the microphone, and plays Melvin at once."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ON_MACOS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> Path | None:
    """The variable CHROMIUM where it is set, else the first known name on the path, else a macOS application."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for application in _ON_MACOS:
            if (folder / application).is_file():
                return folder / application
    return None
