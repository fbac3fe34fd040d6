"""The server is killed in the middle of an interview: the page comes back by itself, at the same question, with all
that was said and typed."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from tests.end_to_end.candidate import Candidate
from tests.end_to_end.service import RunningService

pytestmark = pytest.mark.slow


def test_a_killed_server_loses_nothing(
    candidate: Callable[..., Candidate], invite: Callable[..., str], service: RunningService, api: httpx.Client
) -> None:
    one = candidate(microphone=False)
    one.consent(invite())
    one.start_by_typing()
    one.wait_for_prompt("")
    first = "I proofread legal contracts for two years, and one wrong figure would have cost the client the case."
    one.type(first)
    one.wait_for_prompt(one.asked)
    asked, title = one.asked, one.title
    one.page.locator("#answer").fill("half a thought, not sent")
    expect(one.page.locator("#answer-saved")).to_contain_text("Saved", timeout=10_000)
    interview_id = api.get("/interviews").json()["data"][0]["id"]

    service.kill()
    service.start()

    one.wait_until(lambda: one.phase in ("speaking", "writing"), "the page to come back by itself", 90)
    assert one.wait_for_prompt("")
    assert (one.title, one.asked) == (title, asked)
    expect(one.page.locator("#answer")).to_have_value("half a thought, not sent")
    one.type("A second whole answer, after the crash.")
    assert one.wait_for_prompt(asked)

    journal = next((service.folder / "data" / "journals").glob(f"*{interview_id}*"))
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    typed = [e["text"] for e in events if e["kind"] == "typed"]
    assert typed == [first, "A second whole answer, after the crash."]
