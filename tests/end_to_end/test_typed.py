"""Without a microphone: the same interview by typing alone, on a phone's width; a refused microphone; a lost tab."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from interviewer.plans.library import Library, default_folder
from tests.end_to_end.candidate import Candidate
from tests.end_to_end.service import RunningService
from tests.end_to_end.test_spoken import PLAN, wait_for

pytestmark = pytest.mark.slow

REFUSE = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("Permission denied", "NotAllowedError");
};"""


def newest(api: httpx.Client) -> str:
    return str(api.get("/interviews").json()["data"][0]["id"])


def type_everything(candidate: Candidate) -> list[tuple[str, str]]:
    asked, typed = "", []
    while candidate.wait_for_prompt(asked):
        asked = candidate.asked
        text = f"My answer number {len(typed)}. I checked it twice, because a mistake would have cost us a week."
        typed.append((candidate.title, text))
        candidate.type(text)
    return typed


def test_the_whole_interview_by_typing_alone(
    candidate: Callable[..., Candidate], invite: Callable[..., str], api: httpx.Client
) -> None:
    link = invite()
    one = candidate(microphone=False, width=390, height=844)
    one.consent(link)
    one.screenshot("device-check-390")
    one.start_by_typing()
    typed = type_everything(one)
    interview_id = newest(api)
    plan = Library.load(default_folder()).get(PLAN).plan
    assert list(dict.fromkeys(title for title, _ in typed)) == [q.title for q in plan.questions]
    expect(one.page.locator("#submit-corrections")).to_be_visible(timeout=120_000)
    one.screenshot("check-390")
    one.page.get_by_role("button", name="Pass without checking").click()
    one.page.wait_for_url("**/receipt")
    one.screenshot("receipt-390")
    wait_for(lambda: api.get(f"/interviews/{interview_id}").json()["status"] == "scored", 180)
    transcript = api.get(f"/interviews/{interview_id}/transcript").json()
    stored = [t["text"] for t in transcript["turns"] if t["side"] == "candidate"]
    assert stored == [text for _, text in typed]
    assert all(t["mode"] == "typed" for t in transcript["turns"] if t["side"] == "candidate")
    copy = one.page.request.get(f"{link}/transcript.txt").text()
    assert all(text in " ".join(copy.split()) for _, text in typed)
    assert one.errors == []
    # The link is used up: it leads to the receipt, not to a second interview.
    one.page.goto(link)
    assert one.page.url.endswith("/receipt")


def test_a_refused_microphone_says_what_to_do_and_typing_goes_on(
    candidate: Callable[..., Candidate], invite: Callable[..., str]
) -> None:
    one = candidate(microphone=False)
    one.context.add_init_script(REFUSE)
    one.consent(invite())
    one.page.get_by_role("button", name="Allow the microphone").click()
    trouble = one.page.locator("#check-microphone [data-part=trouble]")
    expect(trouble).to_be_visible()
    assert re.search(r"allow|permission|blocked", trouble.inner_text(), re.I)
    expect(one.page.locator("#start-speaking")).to_be_disabled()
    one.screenshot("refused-1280")
    one.start_by_typing()
    assert one.wait_for_prompt("")
    expect(one.page.locator("#answer")).to_be_visible()


def test_a_reload_goes_on_at_the_same_question_with_the_draft(
    candidate: Callable[..., Candidate], invite: Callable[..., str]
) -> None:
    one = candidate(microphone=False)
    one.consent(invite())
    one.start_by_typing()
    one.wait_for_prompt("")
    title = one.title
    one.page.locator("#answer").fill("half a sentence that I have not sent")
    expect(one.page.locator("#answer-saved")).to_contain_text("Saved", timeout=10_000)
    one.page.reload()
    one.start_by_typing()
    one.wait_for_prompt("")
    assert one.title == title
    expect(one.page.locator("#answer")).to_have_value("half a sentence that I have not sent")


def test_a_link_opened_twice_is_taken_over_by_the_newer_page(
    candidate: Callable[..., Candidate], invite: Callable[..., str]
) -> None:
    link = invite()
    first, second = candidate(microphone=False), candidate(microphone=False)
    first.consent(link)
    first.start_by_typing()
    first.wait_for_prompt("")
    second.page.goto(f"{link}/interview")
    second.start_by_typing()
    second.wait_for_prompt("")
    expect(first.page.locator("#banner")).to_contain_text("another", timeout=10_000)
    second.type("This is written in the second tab, with some care.")
    assert second.wait_for_prompt(second.asked) or second.over


def test_html_in_an_answer_is_text_everywhere(
    candidate: Callable[..., Candidate], invite: Callable[..., str], api: httpx.Client, service: RunningService
) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"> and </textarea><script>document.title='owned'</script>"
    link = invite()
    one = candidate(microphone=False)
    one.consent(link)
    one.start_by_typing()
    one.wait_for_prompt("")
    one.type(hostile)
    one.wait_for_prompt(one.asked)
    one.page.locator("#end").click()
    one.page.locator("#end-confirm").click()
    one.wait_until(lambda: one.over, "the check page")
    expect(one.page.locator("#submit-corrections")).to_be_visible(timeout=120_000)
    assert hostile in one.page.inner_text("main")
    assert one.page.title() != "owned"
    assert one.errors == []
    vtt = api.get(f"/interviews/{newest(api)}/transcript.vtt").text
    assert "<script>" not in vtt


def page_text(candidate: Candidate, url: str) -> tuple[int, str]:
    reply: Any = candidate.page.goto(url)
    return reply.status, candidate.page.inner_text("main")


def test_dead_and_malformed_links_say_what_to_do(candidate: Callable[..., Candidate], service: RunningService) -> None:
    one = candidate()
    for token in ("AAAAAAAAAAAAAAAAAAAAAA", "x", "<b>"):
        status, text = page_text(one, f"{service.address}/i/{token}")
        assert status == 404
        assert "link" in text.lower()
    one.screenshot("dead-link-1280")


def test_an_expired_link_says_what_to_do(candidate: Callable[..., Candidate], invite: Callable[..., str]) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=3)
    link = invite(expires_at=soon.isoformat())
    one = candidate()
    wait_for(lambda: datetime.now(UTC) > soon, 10)
    status, text = page_text(one, link)
    assert status == 410
    assert "expired" in text.lower()
    one.screenshot("expired-1280")


def test_garbage_is_refused_and_the_interview_goes_on(
    candidate: Callable[..., Candidate], invite: Callable[..., str], service: RunningService
) -> None:
    link = invite()
    one = candidate(microphone=False)
    one.consent(link)
    one.start_by_typing()
    one.wait_for_prompt("")
    request = one.page.request
    origin = {"Origin": service.address}
    sdp = {**origin, "Content-Type": "application/sdp", "X-Tab": "tab-12345678"}
    for body in ("", "hello", "v=0\r\ngarbage", "v=0\r\n" + "a=candidate:x\r\n" * 10_000):
        reply = request.post(f"{link}/offer", headers=sdp, data=body)
        assert reply.status in (400, 413, 415, 422), body[:20]
        assert reply.headers["content-type"].startswith("application/problem+json")
    reply = request.post(f"{link}/typed", headers=origin, data={"question_id": "background", "text": "x" * 20_001})
    assert reply.status == 413
    assert "20,000" in reply.text()
    reply = request.post(f"{link}/typed", headers=origin, multipart={"file": {
        "name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}})  # fmt: skip
    assert reply.status == 415
    one.type("After all that, I still answer this question carefully.")
    assert one.wait_for_prompt(one.asked)
