"""A process that stops before an outcome is written keeps the interview, so that its next start writes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from interviewer.live import outcome, registry
from interviewer.records.database import Database
from interviewer.records.leases import held_by
from tests.live.test_session import House, asked, join


async def away(*_: object) -> None:
    raise OSError("the database takes nothing")


async def test_an_interview_whose_outcome_is_not_written_stays_this_node_s(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "OUTCOME_S", 0.1)
    monkeypatch.setattr(outcome, "put_answers", away)
    house = House(database, tmp_path)
    left, finished = [await house.interview() for _ in range(2)]
    async with house.open() as live:
        await asked(await join(live, left))
        page = await join(live, finished)
        await asked(page)
        await live.receive(finished, page, {"t": "press", "button": "end"})
        async with asyncio.timeout(20):
            while live._entries[finished].session.finishing is None:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.02)
    async with database.session() as session:
        held = await held_by(session, house.node.id)
    assert left not in held
    assert finished in held
