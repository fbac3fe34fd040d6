"""What was typed and not sent is in the box again when its question comes back."""

from __future__ import annotations

from typing import Any

from interviewer.live.registry import Live
from tests.live.test_session import House, Page, asked, house, join

__all__ = ["house"]


async def skip(live: Live, interview_id: str, page: Page) -> dict[str, Any]:
    page.messages.clear()
    await live.receive(interview_id, page, {"t": "press", "button": "skip"})
    return await asked(page)


async def test_a_draft_of_a_skipped_question_is_told_when_it_comes_back(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        first = (await asked(page))["question"]
        await live.draft(interview_id, first["id"], "half a thought")
        questions = first["count"]
        for _ in range(questions - 1):
            state = await skip(live, interview_id, page)
            assert state["question"]["id"] != first["id"]
            assert page.last("draft") is None
        state = await skip(live, interview_id, page)
        assert state["question"]["id"] == first["id"]
        told = await page.until("draft")
        assert told["question_id"] == first["id"]
        assert told["text"] == "half a thought"
        order = [m["t"] for m in page.messages]
        assert order.index("state") < order.index("draft")
        page.messages.clear()
        await live.draft(interview_id, first["id"], "half a thought, and more")
        await live.receive(interview_id, page, {"t": "press", "button": "repeat"})
        await page.until("state")
        assert page.last("draft") is None, "it would overwrite what is being typed"
