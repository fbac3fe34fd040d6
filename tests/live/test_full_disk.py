"""A disk that takes nothing more: who waits for an answer to be written down is told, and may send it again."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from interviewer.live.errors import Restarting
from interviewer.records import journal
from interviewer.records.database import Database
from tests.live.test_session import House, asked, join


def no_space(fd: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_what_cannot_be_written_down_is_refused_and_taken_when_it_is_sent_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(database, tmp_path)
    interview_id = await house.interview()
    async with house.open() as live:
        question = (await asked(await join(live, interview_id)))["question"]["id"]
        with monkeypatch.context() as full_disk:
            full_disk.setattr(journal, "_sync", no_space)
            async with asyncio.timeout(10):
                with pytest.raises(Restarting):
                    await live.typed(interview_id, question, "A long answer.")
        await live.typed(interview_id, question, "A long answer.")
    entries = journal.Journal(tmp_path / "journals", interview_id).read()
    assert [e["text"] for e in entries if e["kind"] == "typed"] == ["A long answer."]
