"""One node holds an interview: who lost the lease writes nothing more of it, however late it notices."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, update

from interviewer.records import interviews, leases, nodes
from interviewer.records.database import Database
from interviewer.records.events import read_events
from interviewer.records.feeder import Feeder
from interviewer.records.journal import Journal
from interviewer.records.tables import Node
from tests.records.rows import an_interview


def entry(seq: int, words: str) -> dict[str, object]:
    return {"seq": seq, "at": seq * 1600, "kind": "heard", "text": words}


@pytest.fixture
async def interview_id(database: Database) -> str:
    async with database.session() as session:
        for name in ("a", "b"):
            await nodes.register(session, name, address=f"https://{name}.example", host=name, version="1")
        return (await an_interview(session)).id


async def take(database: Database, interview_id: str, node: str, *, from_dead: bool = True) -> int:
    async with database.session() as session:
        return (await leases.take(session, interview_id, node, from_dead=from_dead)).number


async def silent_for(database: Database, node: str, seconds: float) -> None:
    async with database.session() as session:
        last = func.now() - timedelta(seconds=seconds)
        await session.execute(update(Node).where(Node.id == node).values(heartbeat_at=last))


async def words(database: Database, interview_id: str) -> list[str]:
    async with database.session() as session:
        return [e.body["text"] for e in await read_events(session, interview_id)]


async def test_a_live_node_keeps_its_interview(database: Database, interview_id: str) -> None:
    assert await take(database, interview_id, "a") == 1
    with pytest.raises(leases.Held) as held:
        await take(database, interview_id, "b")
    assert held.value.node == "a"
    assert await take(database, interview_id, "a") == 2, "its own holder may take it again"


async def test_a_released_interview_is_anybody_s(database: Database, interview_id: str) -> None:
    lease = await take(database, interview_id, "a")
    async with database.session() as session:
        assert await leases.release(session, interview_id, lease)
    assert await take(database, interview_id, "b") == 2
    async with database.session() as session:
        assert not await leases.release(session, interview_id, lease), "what was lost cannot be given back"
        assert await leases.holds(session, interview_id, 2)


async def test_a_node_without_heartbeats_loses_its_interview_after_ten_seconds(
    database: Database, interview_id: str
) -> None:
    await take(database, interview_id, "a")
    await silent_for(database, "a", 8)
    with pytest.raises(leases.Held):
        await take(database, interview_id, "b")
    await silent_for(database, "a", 11)
    with pytest.raises(leases.Held):  # b was cut off itself: it cannot tell who is dead
        await take(database, interview_id, "b", from_dead=False)
    assert await take(database, interview_id, "b") == 2


async def test_a_node_that_has_said_goodbye_is_not_waited_for(database: Database, interview_id: str) -> None:
    await take(database, interview_id, "a")
    async with database.session() as session:
        await nodes.beat(session, "a", "gone", 0)
    assert await take(database, interview_id, "b", from_dead=False) == 2


async def test_of_two_that_take_at_once_one_gets_it(database: Database, interview_id: str) -> None:
    ends = await asyncio.gather(*(take(database, interview_id, n) for n in "ab"), return_exceptions=True)
    assert sorted(str(e) if isinstance(e, int) else type(e).__name__ for e in ends) == ["1", "Held"]


async def test_what_a_former_holder_writes_late_is_refused_and_it_is_told(
    database: Database, interview_id: str, tmp_path: Path
) -> None:
    former = Journal(tmp_path / "a", interview_id, await take(database, interview_id, "a"))
    feeds = Feeder(database, tmp_path / "a")
    told: list[str] = []
    feeds.on_refused = told.append
    await former.append([entry(1, "both know this")])
    await feeds.drain()
    await silent_for(database, "a", 60)
    present = Journal(tmp_path / "b", interview_id, await take(database, interview_id, "b"))
    await former.append([entry(2, "from the grave")])
    await feeds.drain()
    assert told == [interview_id]
    await present.append([entry(2, "said to the new holder")])
    other = Feeder(database, tmp_path / "b")
    await other.drain()
    again = Feeder(database, tmp_path / "a")  # the dead node comes back and reads its journal from the start
    await again.drain()
    assert await words(database, interview_id) == ["both know this", "said to the new holder"]
    for one in (former, present, feeds, other, again):
        await one.close()


async def test_what_a_crash_kept_from_the_database_is_brought_there_before_the_next_lease(
    database: Database, interview_id: str, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, interview_id, await take(database, interview_id, "a"))
    await journal.append([entry(1, "said just before the crash")])
    await journal.close()
    feeder = Feeder(database, tmp_path)
    await feeder.bring(interview_id)
    journal = Journal(tmp_path, interview_id, await take(database, interview_id, "a"))
    await journal.append([entry(2, "and after it")])
    await feeder.bring(interview_id)
    assert await words(database, interview_id) == ["said just before the crash", "and after it"]
    await journal.close()
    await feeder.close()


async def test_nodes_are_listed_with_what_they_hold_and_who_is_dead(database: Database, interview_id: str) -> None:
    await take(database, interview_id, "a")
    async with database.session() as session:
        await nodes.beat(session, "b", "draining", 0)
    await silent_for(database, "a", 11)
    async with database.session() as session:
        found = {n.id: n for n in await nodes.list_nodes(session)}
        assert (found["a"].state, found["a"].holds) == ("dead", (interview_id,))
        assert (found["b"].state, found["b"].holds) == ("draining", ())
        assert await nodes.known_address(session, "a") == "https://a.example"
        assert await nodes.addresses(session) == ["https://b.example"]


async def test_interviews_of_a_node_that_stays_dead_are_found(database: Database, interview_id: str) -> None:
    await take(database, interview_id, "a")
    async with database.session() as session:
        await interviews.set_status(session, interview_id, "live")
    for silent, found in ((60, []), (700, [interview_id])):
        await silent_for(database, "a", silent)
        async with database.session() as session:
            assert await leases.orphaned(session, timedelta(seconds=600)) == found


async def test_what_a_node_that_was_only_cut_off_wrote_counts_where_nobody_has_taken_its_interview(
    database: Database, interview_id: str, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, interview_id, await take(database, interview_id, "a"))
    await interview_is_live(database, interview_id)
    dead = timedelta(seconds=600)
    for silent, left in ((60, [interview_id]), (700, [])):
        await silent_for(database, "a", silent)
        async with database.session() as session:
            await leases.let_go(session, interview_id, dead)
        async with database.session() as session:
            assert await leases.held_by(session, "a") == left
            assert await leases.orphaned(session, dead) == []
            await nodes.beat(session, "a", "ready", 0)
    await journal.append([entry(1, "said while the database was away")])
    feeder = Feeder(database, tmp_path)
    await feeder.drain()
    assert await words(database, interview_id) == ["said while the database was away"]
    await journal.close()
    await feeder.close()


async def interview_is_live(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        await interviews.set_status(session, interview_id, "live")


async def test_all_nodes_share_a_secret_that_the_first_made(database: Database) -> None:
    async def asked() -> str:
        async with database.session() as session:
            return await nodes.shared_secret(session, "pins")

    made = await asyncio.gather(*(asked() for _ in range(4)))
    assert len(set(made)) == 1
    assert len(made[0]) >= 40
