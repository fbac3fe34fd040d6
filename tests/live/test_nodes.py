"""Several nodes, one database: an interview is held by one, goes over to another, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, update

from interviewer.conversation.script import RATE
from interviewer.live import this_node
from interviewer.live.drain import LOOK_S, SILENT_LOOKS
from interviewer.live.errors import Elsewhere, Restarting
from interviewer.live.registry import Live
from interviewer.live.this_node import NodeOptions
from interviewer.media.recording import CANDIDATE, Recorder
from interviewer.records import leases, nodes
from interviewer.records.database import Database
from interviewer.records.deletions import forget
from interviewer.records.events import read_events
from interviewer.records.journal import Journal
from interviewer.records.objects import ObjectStore
from interviewer.records.recording_parts import parts_of
from interviewer.records.tables import Node
from tests.live.test_session import House, asked, join, status
from tests.media.page import until


class TwoHouses:
    """Two nodes with data folders of their own, one database and one object store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.objects = folder / "objects"
        self.a, self.b = (self._house(folder / name, name) for name in ("a", "b"))

    def _house(self, folder: Path, name: str) -> House:
        (folder / "journals").mkdir(parents=True)
        house = House(self.database, folder)
        house.node = NodeOptions(f"node_{name}", f"https://{name}.example")
        house.objects = ObjectStore(self.objects)
        return house

    async def dies(self, house: House) -> None:
        """As after a kill -9, some time ago."""
        async with self.database.session() as session:
            long_ago = func.now() - timedelta(seconds=60)
            await session.execute(
                update(Node).where(Node.id == house.node.id).values(state="ready", heartbeat_at=long_ago)
            )


@pytest.fixture
def houses(database: Database, tmp_path: Path) -> TwoHouses:
    return TwoHouses(database, tmp_path)


def long_in_touch(live: Live) -> None:
    live._node._in_touch_since = -1e9


async def cut_off(live: Live) -> None:
    """Its heartbeats do not get through any more."""
    task = live._node._task
    assert task is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_another_node_says_who_holds_the_interview_and_takes_no_seat_for_it(houses: TwoHouses) -> None:
    interview_id = await houses.a.interview()
    async with houses.a.open() as a, houses.b.open() as b:
        await asked(await join(a, interview_id))
        for asking in (
            join(b, interview_id),
            b.typed(interview_id, "background", "no"),
            b.place(interview_id, sound=False, knows=None),
        ):
            with pytest.raises(Elsewhere) as elsewhere:
                await asking
            assert (elsewhere.value.node, elsewhere.value.address) == ("node_a", "https://a.example")
        assert b._admission.typing == 0


async def test_a_drained_node_hands_over_in_silence_and_the_other_goes_on_at_the_same_question(
    houses: TwoHouses,
) -> None:
    interview_id = await houses.a.interview()
    async with houses.a.open() as a, houses.b.open() as b:
        page = await join(a, interview_id)
        question = (await asked(page))["question"]
        await a.draft(interview_id, question["id"], "half a thought")
        recorder = Recorder(houses.a.folder / "recordings" / interview_id, CANDIDATE)
        recorder.write(0, np.ones(3 * RATE, np.int16))
        recorder.close()
        draining = asyncio.create_task(a.drain(20.0))
        await until(lambda: a.draining)
        with pytest.raises(Restarting):
            await join(a, await houses.a.interview())
        await draining
        assert page.messages[-1] == {"t": "reconnect"}, "told last, when all is where the other finds it"
        assert page.messages[-2] == {"t": "moving"}, "told when nothing is heard any more"
        assert a._entries == {}
        async with houses.database.session() as db:
            assert sum(p.end - p.start for p in await parts_of(db, interview_id)) == 3 * RATE
        again = await join(b, interview_id)
        assert (await asked(again))["question"] == question
        draft = again.last("draft")
        assert draft is not None
        assert draft["text"] == "half a thought"
        async with houses.database.session() as db:
            found = {n.id: n for n in await nodes.list_nodes(db)}
        assert (found["node_a"].state, found["node_b"].holds) == ("draining", (interview_id,))


async def test_nobody_is_handed_over_in_mid_sentence_but_by_the_end_of_the_time(houses: TwoHouses) -> None:
    interview_id = await houses.a.interview()
    async with houses.a.open() as a:
        page = await join(a, interview_id)
        await asked(page)
        session = a._entries[interview_id].session
        session.listening._started(session.clock.now())  # the candidate speaks
        draining = asyncio.create_task(a.drain(60.0))
        await until(lambda: a.draining)
        await asyncio.sleep(2 * SILENT_LOOKS * LOOK_S)  # twice as long as a silence must last
        assert interview_id in a._entries
        session.listening.flush()
        async with asyncio.timeout(60):
            await draining
    async with houses.a.open() as a:
        page = await join(a, interview_id)
        await asked(page)
        session = a._entries[interview_id].session
        session.listening._started(session.clock.now())
        hurry = asyncio.Event()
        draining = asyncio.create_task(a.drain(3600.0, hurry))
        await until(lambda: a.draining)
        hurry.set()  # told to stop a second time
        async with asyncio.timeout(60):
            await draining
    assert await status(houses.a, interview_id) == "paused"


async def test_a_dead_node_s_interview_goes_on_where_the_page_comes(houses: TwoHouses) -> None:
    interview_id = await houses.a.interview()
    async with houses.a.open() as a:
        question = (await asked(await join(a, interview_id)))["question"]
        await a.typed(interview_id, question["id"], "Said before the crash.")
        async with houses.b.open() as b:
            await a._opening.feeder.drain()
            await cut_off(a)
            await houses.dies(houses.a)
            with pytest.raises(Elsewhere):  # b has only just begun to listen for heartbeats
                await join(b, interview_id)
            long_in_touch(b)
            before = a._entries[interview_id].session.clock.now()
            state = await asked(await join(b, interview_id))
            assert state["question"]["id"] == question["id"]
            assert b._entries[interview_id].session.clock.now() > before + 5 * RATE, "behind what a may have recorded"
            # The dead one was not dead after all. It is told so, stops, and what it wrote since counts for nothing.
            await a.typed(interview_id, question["id"], "From the grave.")
            await a._opening.feeder.drain()
            await until(lambda: interview_id not in a._entries, 60)
            await b.typed(interview_id, question["id"], "Said to the other node.")
            await b._opening.feeder.drain()
    async with houses.database.session() as db:
        typed = [e.body["text"] for e in await read_events(db, interview_id) if e.kind == "typed"]
        assert typed == ["Said before the crash.", "Said to the other node."]


async def test_heartbeats_keep_an_interview_and_notice_that_it_was_taken(
    houses: TwoHouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(this_node, "BEAT_S", 0.1)
    interview_id = await houses.a.interview()
    async with houses.a.open() as a:
        await asked(await join(a, interview_id))
        await houses.dies(houses.a)

        async def alive() -> bool:
            async with houses.database.session() as db:
                return await leases.holder_of(db, interview_id, but="node_b", dead_too=False) == "node_a"

        async with asyncio.timeout(60):
            while not await alive():  # noqa: ASYNC110 - until the next heartbeat
                await asyncio.sleep(0.02)
        async with houses.database.session() as db:
            await nodes.beat(db, "node_a", "gone", 0)
            await leases.take(db, interview_id, "node_b")
        await until(lambda: interview_id not in a._entries, 60)
    async with houses.database.session() as db:
        assert await leases.held_by(db, "node_b") == [interview_id], "what was taken is not given back by who lost it"


async def test_a_node_clears_its_disk_of_interviews_that_were_deleted_elsewhere(houses: TwoHouses) -> None:
    deleted, kept = await houses.a.interview(), await houses.a.interview()
    folder = houses.a.folder
    for interview_id in (deleted, kept):
        recorder = Recorder(folder / "recordings" / interview_id, CANDIDATE)
        recorder.write(0, np.ones(RATE, np.int16))
        recorder.close()
        journal = Journal(folder / "journals", interview_id)
        await journal.append([{"seq": 1, "at": 0, "kind": "heard", "text": "Words."}])
        await journal.close()
        (folder / "journals" / f"{interview_id}.damaged").write_text("Words.")
    async with houses.database.session() as db:
        await forget(db, deleted, "a test")
    async with houses.a.open():  # and it looks again every ten minutes
        await until(lambda: not traces(folder, deleted), 30)
    assert traces(folder, kept) == {kept, f"{kept}.jsonl", f"{kept}.damaged"}


def traces(folder: Path, interview_id: str) -> set[str]:
    """Names of what is left of it on the disk."""
    return {path.name for room in ("recordings", "journals") for path in (folder / room).glob(f"{interview_id}*")}
