"""From one process to the next: the clock goes on, and what the page recorded in between is heard in its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

from structlog.testing import capture_logs

from interviewer.conversation.script import RATE
from interviewer.media.recording import CANDIDATE, Recorder
from interviewer.records import browser
from interviewer.records.database import Database
from tests.clips import clips
from tests.live.test_session import House, Page, asked, join
from tests.media.page import until
from tests.media.test_browser_sound import webm

SPEECH = clips()["jfk"].pcm
STRETCH = "0lx9k2m1a-0123456789ab"
HEARD, SAID = 4 * RATE, 10 * RATE
"""The first process heard so much of what the page recorded."""


async def recorded_by_the_page(house: House, interview_id: str) -> None:
    data = webm(SPEECH[:SAID])
    await house.objects.put_bytes(browser.chunk_key(interview_id, STRETCH, 0), data)
    async with house.database.session() as session:
        await browser.add_stretch(session, interview_id, STRETCH, kind="microphone", media_type="audio/webm", at=0)
        sha256 = hashlib.sha256(data).hexdigest()
        await browser.add_chunk(session, interview_id, STRETCH, 0, sha256=sha256, size=len(data))


async def test_what_was_said_while_the_process_was_changed_is_heard_by_the_next_one(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "journals").mkdir()
    house = House(database, tmp_path)
    interview_id = await house.interview()
    async with house.open() as live:
        await asked(await join(live, interview_id))
    recorder = Recorder(tmp_path / "recordings" / interview_id, CANDIDATE)
    recorder.write(0, SPEECH[:HEARD])
    recorder.close()
    await recorded_by_the_page(house, interview_id)

    async with house.open() as live:
        page = Page(live, interview_id)
        await live.attach(interview_id, page, "tab-1")
        with capture_logs() as logs:
            hello = {"t": "hello", "audio": True, "records": True, "at": SAID}
            await live.receive(interview_id, page, hello)
            await live.receive(interview_id, page, {"t": "recorded", "chunks": []})
            await until(lambda: any(entry["event"] == "caught up" for entry in logs), 60)
        (caught_up,) = [entry for entry in logs if entry["event"] == "caught up"]
        assert abs(caught_up["seconds"] - (SAID - HEARD) / RATE) < 1.0, "from one quiet moment to another"
        pong = await page.until("pong")
        assert pong["at"] >= SAID, "the clock that stood is where the page's has gone on to"
