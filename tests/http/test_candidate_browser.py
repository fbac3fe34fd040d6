"""The interview page in a real browser, on a network that lets no sound through: it types, by WebSocket.

Also what the page says where the microphone is refused, and that nothing typed is lost.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Locator, Page, Route, async_playwright, expect

from interviewer.live.errors import Busy, Restarting
from interviewer.live.lobby import Place
from tests.browser import find_chromium
from tests.http.joining import Candidate, candidate, joined

__all__ = ["candidate", "joined"]

pytestmark = pytest.mark.slow

REFUSED = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"


@dataclass
class Opened:
    """The interview page of a candidate whose microphone is refused."""

    page: Page
    candidate: Candidate
    errors: list[str]

    def say(self, **message: Any) -> None:
        assert self.candidate.live.links[-1].send(message)

    async def ask(self, **changes: Any) -> None:
        question = (await self.candidate.interview()).script["questions"][0]
        shown = {"id": question["id"], "number": 1, "count": 5, "kind": "spoken", "title": question["title"]}
        state = {"phase": "writing", "question": shown, "asked": question["text"], "typing": True, "probe": False}
        self.say(t="state", **{**state, "seconds_left": None, **changes})

    async def by_typing(self) -> None:
        await self.page.get_by_role("button", name="Continue by typing").click()
        await expect(self.page.locator("#banner")).to_contain_text("Sound cannot get through", timeout=15_000)
        await expect(self.page.locator("#controls")).to_be_hidden()  # there is no question yet
        await self.ask()

    async def told(self, kind: str, least: int) -> list[dict[str, Any]]:
        """What the page has told of this kind, once that many have come and no more follow."""

        def so_far() -> list[dict[str, Any]]:
            return [m for m in self.candidate.live.received if m["t"] == kind]

        async with asyncio.timeout(10):
            while len(so_far()) < least:  # noqa: ASYNC110 - it comes from the page
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        return so_far()


@pytest.fixture
async def opened(joined: Candidate) -> AsyncIterator[Opened]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(joined.site, port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.05)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--use-fake-device-for-media-stream"]
        )
        page = await browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        await page.add_init_script(REFUSED)
        await page.goto(f"http://127.0.0.1:{port}{joined.link}/interview")
        yield Opened(page, joined, errors)
        assert errors == []
        await browser.close()
    server.should_exit = True
    await serving


async def test_a_refused_microphone_says_what_to_do_and_typing_goes_on(opened: Opened) -> None:
    page = opened.page
    await page.get_by_role("button", name="Allow the microphone").click()
    await expect(page.locator("#check-microphone")).to_contain_text("The microphone is blocked for this page")
    await expect(page.get_by_role("button", name="Start the interview")).to_be_disabled()
    await opened.by_typing()
    await expect(page.get_by_label("Your answer")).to_be_visible()
    assert opened.candidate.live.received[0] == {"t": "hello", "audio": False}


async def test_what_is_typed_is_kept_counted_sent_and_shown_as_text(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    box = page.get_by_label("Your answer")
    await box.fill("<img src=x onerror=alert(1)> is what I typed")
    await expect(page.locator("#answer-saved")).to_have_text("Saved")
    assert live.texts[-1][0] == "draft"
    await box.fill("y" * 20_003)
    await expect(page.locator("#answer-count")).to_have_text("3 characters too many")
    await box.press("Control+Enter")
    await expect(page.locator("#answer-error")).to_contain_text("at most 20,000 characters")
    await box.fill("<img src=x onerror=alert(1)> is what I typed")
    await box.press("Control+Enter")
    await expect(page.locator("#captions")).to_contain_text("<img src=x onerror=alert(1)> is what I typed")
    assert await page.locator("#captions img").count() == 0
    assert live.texts[-1][0] == "typed"
    await expect(box).to_have_value("")


async def test_text_that_never_reached_the_server_survives_a_reload(opened: Opened) -> None:
    page = opened.page
    await opened.by_typing()
    await page.route("**/draft", lambda route: route.abort())
    await page.get_by_label("Your answer").fill("Typed while the server was away")
    await page.unroute("**/draft")
    await page.reload()
    await opened.by_typing()
    await expect(page.get_by_label("Your answer")).to_have_value("Typed while the server was away")


async def sent_slowly(page: Page, text: str) -> tuple[Locator, asyncio.Event]:
    """The box with an answer on its way, which arrives when the event is set."""
    may_go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await may_go.wait()
        await route.continue_()

    await page.route("**/typed**", slowly)
    box = page.get_by_label("Your answer")
    await box.fill(text)
    await box.press("Control+Enter")
    return box, may_go


async def test_words_typed_while_an_answer_is_on_its_way_stay(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    box, may_go = await sent_slowly(page, "The first part.")
    await box.press_sequentially(" And a second thought", delay=5)
    may_go.set()
    await expect(box).to_have_value("And a second thought")
    await expect(page.locator("#captions")).to_contain_text("The first part.")
    await expect(page.locator("#answer-saved")).to_have_text("Saved")
    sent = [(kind, text) for kind, _, _, text in live.texts if kind == "typed" or "second" in text]
    assert sent == [("typed", "The first part."), ("draft", "And a second thought")]


async def test_words_typed_for_a_question_that_moved_on_are_sent_with_it(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    first, second = (await opened.candidate.interview()).script["questions"][:2]
    box, may_go = await sent_slowly(page, "The first part.")
    await box.press_sequentially(" And more", delay=5)
    shown = {"id": second["id"], "number": 2, "count": 5, "kind": "spoken", "title": second["title"]}
    await opened.ask(question=shown, asked=second["text"])
    await expect(box).to_have_value("")
    may_go.set()
    await expect(page.locator("#captions")).to_contain_text("And more")
    typed = [(question, text) for kind, _, question, text in live.texts if kind == "typed"]
    assert typed == [(first["id"], "The first part."), (first["id"], "And more")]
    await expect(box).to_have_value("")


async def not_taken(opened: Opened, text: str) -> Locator:
    """The box with an answer that is refused, as everything is from now on."""
    opened.candidate.live.refusal = Restarting()
    box = opened.page.get_by_label("Your answer")
    await box.fill(text)
    await box.press("Control+Enter")
    await expect(opened.page.locator("#answer-error")).to_have_text(
        "Melvin is being restarted. Your text is kept, and is sent again by itself."
    )
    return box


async def test_a_typed_answer_that_cannot_be_taken_now_is_sent_again_by_itself_and_once(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    box = await not_taken(opened, "What I had to say")
    live.refusal = None
    await expect(page.locator("#captions")).to_contain_text("What I had to say")
    await expect(box).to_have_value("")
    await expect(page.locator("#answer-error")).to_be_hidden()
    assert [text for kind, _, _, text in live.texts if kind == "typed"] == ["What I had to say"]
    # A reply that is lost: the same text comes twice, under one name.
    dropped: list[str] = []

    async def lose_the_reply(route: Route) -> None:
        if dropped:
            await route.continue_()
            return
        await route.fetch()
        dropped.append(route.request.url)
        await route.abort()

    await page.route("**/typed**", lose_the_reply)
    await box.fill("And this")
    await box.press("Control+Enter")
    await expect(page.locator("#answer-error")).to_have_text(
        "The connection is gone just now. Your text is kept, and is sent again by itself."
    )
    await expect(page.locator("#captions")).to_contain_text("And this")
    assert live.sent_as[-1] == live.sent_as[-2] != ""
    await expect(page.locator("#captions .caption")).to_have_count(2)


async def test_a_text_that_was_changed_after_a_failed_try_is_sent_by_its_button_alone(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    box = await not_taken(opened, "What I had to say")
    await box.press_sequentially(", or rather")
    await expect(page.locator("#answer-error")).to_be_hidden()
    live.refusal = None
    await expect(page.locator("#answer-saved")).to_have_text("Saved")
    await asyncio.sleep(4)
    assert [kind for kind, *_ in live.texts if kind == "typed"] == []
    await expect(box).to_have_value("What I had to say, or rather")


async def test_the_page_works_where_the_browser_keeps_nothing_for_sites(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await page.add_init_script("""for (const name of ["sessionStorage", "localStorage", "indexedDB"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
    }""")
    await page.reload()
    await opened.by_typing()
    box = page.get_by_label("Your answer")
    await box.fill("Typed without any storage")
    await box.press("Control+Enter")
    await expect(box).to_have_value("")
    assert live.texts[-1][-1] == "Typed without any storage"


async def test_the_check_does_not_blame_the_network_for_a_refusal_of_ours(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await page.evaluate("delete navigator.mediaDevices.getUserMedia")  # the browser's own, with its fake device
    await page.context.grant_permissions(["microphone"])
    live.refusal = Restarting()
    await page.get_by_role("button", name="Allow the microphone").click()
    entry = page.locator("#check-connection")
    await expect(entry).to_contain_text("The test cannot be made just now")
    await expect(entry).not_to_contain_text("VPN")
    await expect(entry.get_by_role("button", name="Try again")).to_be_visible()


async def test_melvins_finished_captions_alone_are_announced(opened: Opened) -> None:
    page = opened.page
    await opened.by_typing()
    opened.say(t="caption", id="m1", side="melvin", text="Hello, ", part=0, parts=2, final=True)
    opened.say(t="caption", id="m1", side="melvin", text="I'm Melvin.", part=1, parts=2, final=True)
    opened.say(t="caption", id="c1", side="candidate", text="Good mor", part=0, parts=1, final=False)
    opened.say(t="caption", id="c1", side="candidate", text="Good morning.", part=0, parts=1, final=True)
    await expect(page.locator("#captions .caption")).to_have_text(["MelvinHello, I'm Melvin.", "YouGood morning."])
    await expect(page.locator("#announcer")).to_have_text("Hello, I'm Melvin.")


async def test_the_keyboard_is_never_left_on_a_control_that_is_gone(opened: Opened) -> None:
    page = opened.page
    await opened.by_typing()
    await page.get_by_role("button", name="I need a moment").press("Enter")
    await opened.ask(phase="holding")
    await expect(page.get_by_role("button", name="Go on")).to_be_focused()
    await page.get_by_role("button", name="Go on").press("Enter")
    await opened.ask()
    await expect(page.get_by_label("Your answer")).to_be_focused()
    assert [m["button"] for m in await opened.told("press", 2)] == ["moment", "resume"]


async def test_ending_asks_first(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    await page.locator("#end").click()
    await page.get_by_role("button", name="Keep going").click()
    assert not [m for m in live.received if m["t"] == "press"]
    await page.locator("#end").click()
    await page.locator("#end-confirm").click()
    assert [m["button"] for m in await opened.told("press", 1)] == ["end"]


async def test_the_pace_is_chosen_kept_over_a_reload_and_told(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    pace = page.get_by_role("group", name="Your pace")
    await pace.get_by_role("radio", name="Brisk").press("ArrowRight")
    await pace.get_by_role("radio", name="Normal").press("ArrowRight")
    await page.reload()
    await expect(pace.get_by_role("radio", name="Relaxed")).to_be_checked()
    await opened.by_typing()
    assert live.received[0] == {"t": "hello", "audio": False, "pace": "relaxed"}
    await expect(pace).to_be_hidden()  # who types is not waited for
    await opened.ask(phase="listening", typing=False, pace="relaxed")
    await pace.get_by_role("radio", name="Brisk").check()
    await opened.ask(phase="listening", typing=False, pace="relaxed")  # sent before the choice arrived
    await expect(pace.get_by_role("radio", name="Brisk")).to_be_checked()
    hint = page.locator("#status-hint")
    await expect(hint).to_have_text("Take your time. He waits while you think.")
    await opened.ask(phase="listening", typing=False, pace="brisk", waits=True)
    await expect(hint).to_have_text("Take your time. If that was all, choose I'm done.")
    assert await hint.evaluate("e => e.closest('[aria-live], [role=status], [role=alert]')") is None  # no chatter
    await opened.ask(phase="listening", typing=False, pace="brisk")
    await expect(hint).to_have_text("Take your time. He waits while you think.")
    assert await opened.told("pace", 1) == [{"t": "pace", "pace": "brisk"}]


async def test_who_asked_aloud_to_stop_is_asked_back_on_the_page(opened: Opened) -> None:
    page, _live = opened.page, opened.candidate.live
    await opened.by_typing()
    dialog = page.get_by_role("dialog", name="End the interview?")
    await opened.ask(confirm_end=True)
    await expect(dialog).to_contain_text("You can also say yes or no")
    await opened.ask(confirm_end=False)  # settled aloud
    await expect(dialog).to_be_hidden()
    await opened.ask(confirm_end=True)
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert [m["button"] for m in await opened.told("press", 1)] == ["keep"]


async def test_another_tab_takes_over_and_this_one_can_take_back(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    await opened.by_typing()
    opened.say(t="superseded")
    await expect(page.locator("#banner")).to_contain_text("opened in another tab")
    await asyncio.sleep(1.5)
    assert len(live.links) == 1  # it does not fight for the interview
    await page.get_by_role("button", name="Use it here").click()
    await expect(page.locator("#banner")).to_contain_text("Sound cannot get through")
    assert len(live.links) == 2


async def test_who_waits_sees_the_place_hears_changes_once_and_enters_without_a_press(opened: Opened) -> None:
    page, live = opened.page, opened.candidate.live
    live.refusal = Busy(Place(3, 12, typing=False))
    await page.get_by_role("button", name="Continue by typing").click()
    await expect(page.get_by_role("heading", name="You are third in line")).to_be_focused()
    await expect(page.locator("#lobby-time")).to_have_text("About 12 minutes")
    await expect(page.locator("#stage")).to_be_hidden()
    announcer = page.locator("#lobby-announcer")
    live.places.put_nowait(Place(3, 10, typing=False))
    await expect(page.locator("#lobby-time")).to_have_text("About 10 minutes")
    await expect(announcer).to_have_text("")  # nobody wants to hear every minute
    live.places.put_nowait(Place(1, None, typing=False))
    await expect(announcer).to_have_text("You are next")
    await page.reload()  # and the place is still there
    await page.get_by_role("button", name="Continue by typing").click()
    await expect(page.get_by_role("heading", name="You are third in line")).to_be_visible()
    live.places.put_nowait(None)  # for the page that was left
    live.places.put_nowait(None)
    await expect(page.locator("#lobby")).to_be_hidden()
    await expect(page.locator("#banner")).to_contain_text("Sound cannot get through", timeout=15_000)
    await opened.ask()
    await expect(page.get_by_label("Your answer")).to_be_visible()


async def test_the_end_leads_to_the_check_of_the_transcript(opened: Opened) -> None:
    await opened.by_typing()
    await opened.candidate.ends(source=None)
    opened.say(t="finished", next="check")
    await expect(opened.page.get_by_role("heading", name="Writing out your answers")).to_be_visible()
