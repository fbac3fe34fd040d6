"""The feeder: journals reach the database within a second, whole, once, and after any outage."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.events import read_events
from interviewer.records.feeder import KEEP_S, Feeder
from interviewer.records.interviews import set_status
from interviewer.records.journal import Journal, journal_path
from interviewer.records.migrations import upgrade
from tests.records.rows import an_interview


def entry(seq: int, words: str = "") -> dict[str, object]:
    return {"seq": seq, "at": seq * 1600, "kind": "heard", "text": words}


async def seqs(database: Database, interview_id: str) -> list[int]:
    async with database.session() as session:
        return [e.seq for e in await read_events(session, interview_id)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the condition is not ours to set
            await asyncio.sleep(0.05)


@pytest.fixture
async def interview_id(database: Database) -> str:
    async with database.session() as session:
        return (await an_interview(session)).id


@pytest.fixture
async def feeder(database: Database, tmp_path: Path) -> AsyncIterator[Feeder]:
    feeder = Feeder(database, tmp_path)
    yield feeder
    await feeder.close()


async def test_an_appended_event_comes_into_the_database_by_itself(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    feeder.start()
    journal = Journal(tmp_path, interview_id)
    await journal.append([entry(1)])
    await journal.append([entry(2, "a candidate's words")])
    async with asyncio.timeout(30):
        while await seqs(database, interview_id) != [1, 2]:  # noqa: ASYNC110 - the database sets no event
            await asyncio.sleep(0.02)
    await journal.close()
    async with database.session() as session:
        last = (await read_events(session, interview_id))[-1]
    assert (last.at, last.kind, last.body) == (3200, "heard", {"text": "a candidate's words"})


async def test_feeding_again_after_a_restart_adds_nothing(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, interview_id)
    await journal.append([entry(n) for n in range(1, 4000)])
    await feeder.drain()
    await journal.append([entry(4000)])
    other = Feeder(database, tmp_path)
    await other.drain()
    await feeder.drain()
    assert await seqs(database, interview_id) == list(range(1, 4001))
    await journal.close()
    await other.close()


async def test_a_torn_last_line_waits_for_its_end(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    path = journal_path(tmp_path, interview_id)
    path.write_bytes(b'{"seq":1,"at":1,"kind":"tick"}\n{"seq":2,"at"')
    await feeder.drain()
    assert await seqs(database, interview_id) == [1]
    with path.open("ab") as file:
        file.write(b':2,"kind":"tick"}\n')
    await feeder.drain()
    assert await seqs(database, interview_id) == [1, 2]


async def test_words_that_postgresql_cannot_hold_do_not_stop_the_log(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, interview_id)
    await journal.append([entry(1, "null \x00, half a pair \ud83d, and \\u0000 typed out")])
    await feeder.drain()
    async with database.session() as session:
        (event,) = await read_events(session, interview_id)
    assert event.body["text"] == "null \ufffd, half a pair ?, and \\u0000 typed out"
    await journal.close()


async def test_a_deleted_interview_s_journal_does_not_hold_up_the_others(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    for name in ("int_0deleted", interview_id):
        journal = Journal(tmp_path, name)
        await journal.append([entry(1)])
        await journal.close()
    await feeder.drain()
    assert await seqs(database, interview_id) == [1]


async def test_a_journal_that_cannot_be_read_holds_up_no_other(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    async with database.session() as session:
        others = [(await an_interview(session)).id for _ in range(3)]
    for name, line in zip(others, ('{"at":1,"kind":"tick"}', '{"seq":"x"}', '{"seq":[1]}'), strict=True):
        journal_path(tmp_path, name).write_text(line + "\n")
    feeder.start()
    journal = Journal(tmp_path, interview_id)
    async with asyncio.timeout(20):
        for seq in (1, 2):
            await journal.append([entry(seq)])
            while (await seqs(database, interview_id))[-1:] != [seq]:  # noqa: ASYNC110 - the database sets no event
                await asyncio.sleep(0.02)
    await journal.close()
    assert not feeder.database_away


async def test_a_journal_is_deleted_once_it_is_old_fed_and_over(
    database: Database, interview_id: str, feeder: Feeder, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, interview_id)
    await journal.append([entry(1)])
    await journal.close()
    path = journal_path(tmp_path, interview_id)
    old = time.time() - KEEP_S - 60
    os.utime(path, (old, old))
    await feeder.drain()
    await feeder._sweep()
    assert path.exists(), "it may still go on"
    async with database.session() as session:
        await set_status(session, interview_id, "checking")
    await feeder._sweep()
    assert not path.exists()


async def test_an_outage_of_the_database_loses_nothing(open_folder: Path) -> None:
    folder = open_folder
    server = EmbeddedPostgres(folder, shared_state=folder / "shared")
    url = await server.start()
    upgrade(url)
    database = Database(url)
    async with database.session() as session:
        interview_id = (await an_interview(session)).id
    feeder = Feeder(database, folder / "journals")
    journal = Journal(folder / "journals", interview_id)
    feeder.start()
    await journal.append([entry(1)])
    await server.stop()
    for seq in range(2, 50):
        await journal.append([entry(seq)])
    await until(lambda: feeder.database_away)
    assert await server.start() == url
    await journal.append([entry(50)])
    await until(lambda: not feeder.database_away)
    await feeder.drain()
    assert await seqs(database, interview_id) == list(range(1, 51))
    async with database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM interview_events")) == 50
    await feeder.close()
    await journal.close()
    await database.close()
    await server.stop()
