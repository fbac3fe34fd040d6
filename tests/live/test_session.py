"""A session over a page without sound: what the page is told, what is on disk, what a crash leaves, what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interviewer.conversation.casting import script_for
from interviewer.conversation.script import RATE
from interviewer.live.admission import AdmissionOptions
from interviewer.live.coverage import LiveCoverage
from interviewer.live.errors import Busy, InterviewOver, UnknownInterview
from interviewer.live.lobby import Place
from interviewer.live.registry import Live, LiveOptions
from interviewer.live.this_node import NodeOptions
from interviewer.media.recording import Recorder
from interviewer.plans.library import Library, default_folder
from interviewer.records import answers, interviews, invitations, plan_versions, transcripts
from interviewer.records.database import Database
from interviewer.records.feeder import Feeder
from interviewer.records.journal import Journal
from interviewer.records.objects import ObjectStore
from interviewer.speech.recognition import Recogniser, RecognitionOptions
from interviewer.speech.voice import Voice, VoiceOptions


class Page:
    """A WebSocket page: keeps what it was sent, and pings while it waits."""

    def __init__(self, live: Live, interview_id: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._live = live
        self._id = interview_id

    def send(self, message: dict[str, Any]) -> bool:
        assert len(json.dumps(message).encode()) <= 1000
        self.messages.append(message)
        return True

    def last(self, kind: str) -> dict[str, Any] | None:
        return next((m for m in reversed(self.messages) if m["t"] == kind), None)

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                found = self.last(kind)
                if found is not None and all(found.get(k) == v for k, v in fields.items()):
                    return found
                await self._live.receive(self._id, self, {"t": "ping", "n": 1})
                await asyncio.sleep(0.02)


class Jobs:
    def __init__(self) -> None:
        self.finalised: list[str] = []
        self.told = asyncio.Event()

    async def defer_finalise(self, interview_id: str) -> None:
        self.finalised.append(interview_id)
        self.told.set()


class House:
    """A registry on a real database; its models are not started, as on a machine where they failed."""

    def __init__(self, database: Database, folder: Path, most: int = 2) -> None:
        self.database = database
        self.folder = folder
        self.jobs = Jobs()
        self.most = most
        self.node = NodeOptions()
        self.objects = ObjectStore(folder / "objects")

    @property
    def admission(self) -> AdmissionOptions:
        return AdmissionOptions(self.most, self.most)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Live]:
        feeder = Feeder(self.database, self.folder / "journals")
        live = Live(
            LiveOptions(self.folder / "journals", self.folder / "recordings", self.node, admission=self.admission),
            database=self.database,
            feeder=feeder,
            objects=self.objects,
            recogniser=Recogniser(RecognitionOptions(cache=self.folder)),
            voice=Voice(VoiceOptions(cache=self.folder / "sounds")),
            coverage=LiveCoverage(),
            jobs=self.jobs,
            clock=lambda: datetime.now(UTC),
            sound_check="Hello.",
        )
        await live.start()
        try:
            yield live
        finally:
            await live.close()
            await feeder.close()

    async def interview(self, expires_at: datetime = datetime(2099, 1, 1, tzinfo=UTC)) -> str:
        bundle = Library.load(default_folder()).get("generalist-ai-trainer")
        async with self.database.session() as session:
            plan = await plan_versions.store_plan(
                session, name=bundle.plan.plan, version=bundle.plan.version, hash=bundle.hash,
                title=bundle.plan.title, body=bundle.to_dict(),
            )  # fmt: skip
            invitation, _ = await invitations.create_invitation(
                session, plan_id=plan.id, candidate_name="Test", candidate_email=None, variables={}, accommodation=1.0,
                expires_at=expires_at, created_by=None,
            )  # fmt: skip
            row = await interviews.create_interview(session, invitation.id, script_for(bundle, {}).to_dict())
            return row.id


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    (tmp_path / "journals").mkdir()
    return House(database, tmp_path)


async def join(live: Live, interview_id: str, tab: str = "tab-1") -> Page:
    page = Page(live, interview_id)
    await live.attach(interview_id, page, tab)
    await live.receive(interview_id, page, {"t": "hello", "audio": False})
    return page


async def asked(page: Page) -> dict[str, Any]:
    return await page.until("state", phase="writing")


async def test_a_typed_interview_runs_to_its_end_and_is_stored(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        ids: list[str] = []
        for turn in range(30):
            state = await asked(page)
            question = state["question"]["id"]
            ids = ids if question in ids else [*ids, question]
            page.messages.clear()
            await live.typed(interview_id, question, f"My answer to {question}, part {turn}.")
            page_over = asyncio.create_task(page.until("finished"))
            next_asked = asyncio.create_task(asked(page))
            done, pending = await asyncio.wait({page_over, next_asked}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            if page_over in done:
                break
        with pytest.raises(InterviewOver):
            await live.typed(interview_id, ids[0], "too late")
    async with house.database.session() as session:
        row = await interviews.interview(session, interview_id)
        stored = await answers.answers_of(session, interview_id)
        transcript = await transcripts.latest_transcript(session, interview_id)
    assert row is not None
    assert (row.status, row.end_reason) == ("checking", "completed")
    assert [a.question_id for a in stored] == ids
    assert {a.status for a in stored} == {"answered"}
    assert transcript is not None
    assert transcript.source == "live"
    assert house.jobs.finalised == [interview_id]


async def test_a_chosen_pace_is_in_the_log_and_outlives_the_process(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = Page(live, interview_id)
        await live.attach(interview_id, page, "tab-1")
        await live.receive(interview_id, page, {"t": "hello", "audio": False, "pace": "relaxed"})
        assert (await asked(page))["pace"] == "relaxed"
        await live.receive(interview_id, page, {"t": "pace", "pace": "brisk"})
        await page.until("state", pace="brisk")
        await live.receive(interview_id, page, {"t": "pace", "pace": "hasty"})
    journal = Journal(house.folder / "journals", interview_id).read()
    assert [e["pace"] for e in journal if e["kind"] == "pace-chosen"] == ["relaxed", "brisk"]
    async with house.open() as live:
        assert (await asked(await join(live, interview_id)))["pace"] == "brisk"


async def test_why_a_turn_ended_is_on_the_disk_beside_its_event(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        question = (await asked(page))["question"]["id"]
        page.messages.clear()
        await live.typed(interview_id, question, "All that I had to say.")
        await asked(page)
    journal = Journal(house.folder / "journals", interview_id).read()
    decided = [d for e in journal for d in e.get("decided", ())]
    assert [(d["what"], d["why"]) for d in decided] == [("turn-over", "the candidate asked")]
    assert [e["seq"] for e in journal] == list(range(1, len(journal) + 1))


async def test_a_killed_process_goes_on_at_the_same_question(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        first = (await asked(page))["question"]
        await live.draft(interview_id, first["id"], "half a thought")
    # Nothing of the first process is left but its files: no event of it has reached the database.
    async with house.open() as live:
        page = await join(live, interview_id)
        state = await asked(page)
        assert state["question"] == first
        draft = page.last("draft")
        assert draft is not None
        assert draft["text"] == "half a thought"
        welcome = page.last("caption")
        assert welcome is not None
        assert "welcome" in welcome["text"].lower() or "back" in welcome["text"].lower()


async def test_after_a_lost_connection_and_after_a_restart_the_question_is_on_the_page_again_and_not_said_again(
    house: House,
) -> None:
    interview_id = await house.interview()

    def melvin(page: Page) -> list[dict[str, Any]]:
        return [m for m in page.messages if m["t"] == "caption" and m["side"] == "melvin"]

    async with house.open() as live:
        page = await join(live, interview_id)
        await asked(page)
        question = melvin(page)[-1]
        await live.detach(interview_id, page)
        again = await join(live, interview_id)
        await again.until("state", phase="speaking")
        await asked(again)
        assert melvin(again)[0] == question
        assert "back" in melvin(again)[-1]["text"]
        assert question["text"] not in melvin(again)[-1]["text"]
    async with house.open() as live:  # nothing of the first process is left but its files
        another = await join(live, interview_id, "tab-2")
        await another.until("state", phase="speaking")
        await asked(another)
        assert melvin(another)[0] == question
        assert question["text"] not in melvin(another)[-1]["text"]


async def test_a_newer_page_takes_over_and_the_older_is_told(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        first = await join(live, interview_id, "tab-1")
        await asked(first)
        second = await join(live, interview_id, "tab-2")
        await asked(second)
        assert first.last("superseded") is not None
        first.messages.clear()
        await live.receive(interview_id, first, {"t": "press", "button": "end"})
        await asyncio.sleep(0.3)
        assert first.messages == []
        assert (await live.state(interview_id))["phase"] == "writing"


@pytest.mark.parametrize("message", [
    {"t": "press", "button": "explode"}, {"t": "typing", "on": "yes"}, {"t": 7}, {}, {"t": "ping", "n": "x"},
])  # fmt: skip
async def test_messages_that_fit_nothing_are_dropped(house: House, message: dict[str, Any]) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        before = await asked(page)
        await live.receive(interview_id, page, message)
        await asyncio.sleep(0.2)
        assert (await live.state(interview_id))["question"] == before["question"]


async def test_a_full_house_gives_a_place_in_line_and_serves_the_running_one(house: House) -> None:
    house.most = 1
    first, second = await house.interview(), await house.interview()
    async with house.open() as live:
        page = await join(live, first)
        await asked(page)
        with pytest.raises(Busy) as busy:
            await join(live, second)
        assert busy.value.place == Place(1, None, typing=False)
        with pytest.raises(Busy):  # not let in by another door
            await live.typed(second, "background", "I would like to begin")
        assert (await live.state(first))["phase"] == "writing"
        await live.receive(first, page, {"t": "press", "button": "end"})
        await page.until("finished")
        async with asyncio.timeout(30):
            while await live.place(second, sound=False, knows=busy.value.place) is not None:
                pass
        assert (await asked(await join(live, second)))["question"]
    journal = Journal(house.folder / "journals", second).read()
    assert int(journal[0]["at"]) < RATE  # its clock began when it was let in


async def test_a_lost_page_comes_back_to_its_seat_while_others_wait(house: House) -> None:
    house.most = 1
    first, second = await house.interview(), await house.interview()
    async with house.open() as live:
        page = await join(live, first)
        question = (await asked(page))["question"]
        await live.detach(first, page)
        with pytest.raises(Busy):
            await join(live, second)
        await live.typed(first, question["id"], "Sent while the connection was down.")
        assert (await asked(await join(live, first, "tab-2")))["question"]


async def test_an_unknown_interview_is_refused(house: House) -> None:
    async with house.open() as live:
        with pytest.raises(UnknownInterview):
            await live.state("int_nothing")


async def test_a_crash_between_the_last_event_and_the_outcome_is_made_good_at_the_next_start(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        await asked(page)
        await live.receive(interview_id, page, {"t": "press", "button": "end"})
        await page.until("finished")
    async with house.database.session() as session:  # as if the outcome had never reached the database
        await interviews.set_status(session, interview_id, "live", node="local")
    house.jobs = Jobs()
    async with house.open():
        async with asyncio.timeout(30):
            await house.jobs.told.wait()
    assert await status(house, interview_id) == "checking"


async def test_an_interview_that_nobody_came_back_to_ends_as_it_stands(house: House) -> None:
    interview_id = await house.interview(expires_at=datetime.now(UTC) - timedelta(days=2))
    async with house.open() as live:
        page = await join(live, interview_id)
        question = (await asked(page))["question"]["id"]
        await live.typed(interview_id, question, "All that I had to say.")
        await live.detach(interview_id, page)
    async with house.open():
        async with asyncio.timeout(30):
            await house.jobs.told.wait()
    async with house.database.session() as session:
        row = await interviews.interview(session, interview_id)
        stored = {a.question_id: a.status for a in await answers.answers_of(session, interview_id)}
    assert row is not None
    assert (row.status, row.end_reason) == ("checking", "not finished before the link expired")
    assert stored.pop(question) == "answered"
    assert set(stored.values()) == {"not-reached"}


async def status(house: House, interview_id: str) -> str:
    async with house.database.session() as session:
        row = await interviews.interview(session, interview_id)
    assert row is not None
    return row.status


async def test_after_a_restart_nobody_is_live(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        await asked(await join(live, interview_id))
        assert await status(house, interview_id) == "live"
    assert await status(house, interview_id) == "paused"
    async with house.database.session() as session:  # as a killed process leaves it
        await interviews.set_status(session, interview_id, "live", node="local")
    async with house.open():
        assert await status(house, interview_id) == "paused"


async def test_a_returning_candidate_is_live_again_and_new_sound_lies_after_the_old(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live:
        await asked(await join(live, interview_id))
    recorder = Recorder(house.folder / "recordings" / interview_id, "candidate")
    recorder.write(60 * RATE, np.ones(RATE, np.int16))  # recorded on after the last event, then killed
    recorder.close()
    async with house.open() as live:
        await asked(await join(live, interview_id))
        async with house.database.session() as session:
            row = await interviews.interview(session, interview_id)
        journal = Journal(house.folder / "journals", interview_id).read()
    assert row is not None
    assert row.status == "live"
    connected = [e for e in journal if e["kind"] == "connected"]
    assert int(connected[-1]["at"]) >= 61 * RATE


async def test_an_interview_that_cannot_be_read_keeps_no_other_away(house: House) -> None:
    broken, good = await house.interview(), await house.interview()
    async with house.open() as live:
        for one in (broken, good):
            await asked(await join(live, one))
    with (house.folder / "journals" / f"{broken}.jsonl").open("a") as file:
        file.write('{"seq": 999, "at": 1, "kind": "from-the-future"}\n')
    async with house.open() as live:
        assert (await asked(await join(live, good)))["question"]
