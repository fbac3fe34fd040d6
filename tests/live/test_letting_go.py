"""What is over leaves memory soon, and nothing of it stays; what was only left waits until the candidate goes on."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from interviewer.live import registry
from interviewer.records.database import Database
from interviewer.records.interviews import status_of
from tests.live.test_session import House, asked, join


@pytest.fixture
def no_collector() -> Iterator[None]:
    """None that comes by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_an_interview_that_is_over_leaves_memory_and_one_that_was_left_does_not(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SWEEP_S", 2.5)
    monkeypatch.setattr(registry, "OVER_S", 0.2)
    house = House(database, tmp_path)
    left, over = [await house.interview() for _ in range(2)]
    async with house.open() as live:
        for interview in (left, over):
            page = await join(live, interview)
            await asked(page)
            if interview == over:
                await live.receive(interview, page, {"t": "press", "button": "end"})
                session = weakref.ref(live._entries[over].session)
            await live.detach(interview, page)
        async with asyncio.timeout(20):
            while over in live._entries or session() is not None:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.02)
        assert left in live._entries
        async with database.session() as db:
            assert await status_of(db, over) == "checking"
