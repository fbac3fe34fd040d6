"""One service and one browser for all end-to-end tests; each test has its own candidate.

Their scope is this package: while Playwright runs, no other event loop can run in this thread.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import SPEAKING, find_chromium
from tests.end_to_end.candidate import Candidate
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = find_chromium()
    assert found is not None, "no Chromium is installed; `python -m tests` says how to get one"
    running = playwright.chromium.launch(executable_path=found, args=list(SPEAKING))
    yield running
    running.close()


@pytest.fixture(scope="package")
def service() -> Iterator[RunningService]:
    folder = Path(tempfile.mkdtemp(prefix="melvin-e2e-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    # By measured load, candidates would wait in the lobby whenever the tests themselves keep the machine busy.
    running = RunningService(folder, extra={"MELVIN_ADMISSION": "fixed"})
    running.start()
    yield running
    code = running.stop()
    assert code == 0, running.output[-4000:]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def api(service: RunningService) -> Iterator[httpx.Client]:
    with service.api() as client:
        yield client


@pytest.fixture
def candidate(browser: Browser) -> Iterator[Callable[..., Candidate]]:
    opened: list[Candidate] = []

    def join(**options: object) -> Candidate:
        opened.append(Candidate(browser, **options))  # type: ignore[arg-type] # a test's own options
        return opened[-1]

    yield join
    for one in opened:
        one.close()


@pytest.fixture
def invite(api: httpx.Client) -> Callable[..., str]:
    def make(plan: str = "generalist-ai-trainer", **fields: object) -> str:
        reply = api.post("/invitations", json={"plan": {"name": plan}, "candidate": {"name": "Test"}, **fields})
        assert reply.status_code == 201, reply.text
        return str(reply.json()["link"])

    return make
