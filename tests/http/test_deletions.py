"""Deleting an interview: nothing of it is left in any table or any file, and what is logged tells nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from obstore.exceptions import GenericError
from sqlalchemy import text
from structlog.testing import capture_logs

from interviewer.desk import errands as commands
from interviewer.http.rooms import Rooms
from interviewer.jobs.erase import apply_retention, erase_left
from interviewer.jobs.worker import work_off
from interviewer.media.recording import Recorder
from interviewer.plans.library import Library
from interviewer.records import interviews
from interviewer.records.answers import answers_of
from interviewer.records.database import Database
from interviewer.records.deletions import deleted_among, forget, set_retention_days
from interviewer.records.journal import Journal
from interviewer.records.objects import ObjectStore
from interviewer.settings import Settings
from tests.http.factories import Finished, finished_interview, invited
from tests.http.test_api import EXPERT, check_problem
from tests.jobs.interviews import Bench, a_bench

NAME = "Zebediah Quill"
WORDS = ("Zebediah", "Quill", "fact checker", "regional newspaper", "called the archive")
"""Of the candidate: the name, and what was said. They stand in no plan and no rubric."""


@dataclass
class House:
    """An interview as a live one leaves it behind, and where its files lie."""

    folder: Path
    bench: Bench
    interview: Finished


@pytest.fixture
async def house(
    database: Database, library: Library, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> House:
    bench = a_bench(database, tmp_path)
    made = await finished_interview(database, library, bench.work.objects, tmp_path_factory.mktemp("sound"), name=NAME)
    await leave_on_disk(tmp_path, made.interview_id)
    return House(tmp_path, bench, made)


async def leave_on_disk(folder: Path, interview_id: str) -> None:
    for side in ("candidate", "melvin"):
        recorder = Recorder(folder / "recordings" / interview_id, side)
        recorder.write(0, np.ones(16_000, np.int16))
        recorder.close()
    journal = Journal(folder / "journals", interview_id)
    await journal.append([{"seq": 1, "at": 0, "kind": "heard", "text": "I was a fact checker."}])
    await journal.close()
    (folder / "journals" / f"{interview_id}.damaged").write_text("fact checker")


async def traces(house: House, database: Database, words: Sequence[str] = WORDS) -> set[str]:
    """Where a word of the candidate, or a file named after the interview, is found. Ids in the log of deletions, in
    the queue and in events to be sent are meant to stay."""
    found = set()
    async with database.session() as session:
        tables = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in list(tables):
            rows = await session.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608 - our own tables
            content = "\n".join(rows)
            ids = () if table == "deletions" else (house.interview.interview_id, house.interview.invitation_id)
            found |= {f"{table}: {word}" for word in (*words, *ids) if word in content}
    for path in house.folder.rglob("*"):
        inside = path.read_bytes() if path.is_file() else b""
        if house.interview.interview_id in str(path) or any(word.encode() in inside for word in words):
            found.add(str(path.relative_to(house.folder)))
    return found


async def in_a_scoring_run(database: Database, interview_id: str) -> None:
    """One of its answers, with its embeddings."""
    async with database.session() as session:
        answer = {"answer_id": (await answers_of(session, interview_id))[0].id}
        for statement in (
            "INSERT INTO scoring_runs (id, status, asked, judge, dry_run, requested_by)"
            " VALUES ('run_1', 'running', '{}', 'embedded', false, 'a test')",
            "INSERT INTO scoring_run_items (run_id, seq, answer_id, transcript_version, status, tries, reused)"
            " VALUES ('run_1', 1, :answer_id, 1, 'todo', 0, false)",
            "INSERT INTO answer_embeddings (answer_id, model, texts, vectors) VALUES (:answer_id, 'm', '', '')",
        ):
            await session.execute(text(statement), answer if ":answer_id" in statement else {})


async def test_nothing_of_a_deleted_interview_is_left(
    api: httpx.AsyncClient, house: House, database: Database, database_url: str
) -> None:
    before = await traces(house, database)
    for place in (
        "candidates: Quill",
        "transcripts: called the archive",
        "interview_events: fact checker",
        "scorecards: ",
    ):
        assert any(trace.startswith(place) for trace in before), "the search finds what there is to find"
    for folder in ("recordings", "journals", "objects"):
        assert any(trace.startswith(f"{folder}/") for trace in before)
    interview_id = house.interview.interview_id
    await in_a_scoring_run(database, interview_id)

    with capture_logs() as logged:
        reply = await api.delete(f"/interviews/{interview_id}")
        await work_off(database_url, house.bench.work)

    assert reply.status_code == 202
    made = reply.json()
    assert made["status"] == "erasing"
    assert made["removed"]["scorecards"] == 3
    assert made["removed"]["answer_embeddings"] == made["removed"]["scoring_run_items"] == 1
    assert made["removed"]["candidates"] == 1
    assert await traces(house, database) == set()
    assert not any(word in str(logged) + reply.text for word in WORDS)
    done = (await api.get(f"/deletions/{interview_id}")).json()
    assert {**done, "status": "erasing", "erased_at": None} == made
    assert done["status"] == "erased"
    check_problem(await api.get(f"/interviews/{interview_id}"), 404, "not-found")
    assert (await api.delete(f"/interviews/{interview_id}")).json() == done, "deleting again is the same deletion"
    assert [d["id"] for d in (await api.get("/deletions")).json()["data"]] == [done["id"]]
    async with database.session() as session:  # how a machine learns that what it holds in memory must go
        assert await deleted_among(session, [interview_id, "int_x"]) == [interview_id]


async def test_the_candidates_link_leads_nowhere_afterwards(
    api: httpx.AsyncClient, client: httpx.AsyncClient, house: House
) -> None:
    assert (await client.get(f"/i/{house.interview.token}", follow_redirects=True)).status_code == 200
    await api.delete(f"/interviews/{house.interview.interview_id}")
    assert (await client.get(f"/i/{house.interview.token}")).status_code == 404


async def test_a_candidate_with_another_invitation_stays(
    api: httpx.AsyncClient, database: Database, library: Library
) -> None:
    first = (await api.post("/invitations", json=EXPERT, headers={"Idempotency-Key": "a"})).json()
    second = (await api.post("/invitations", json=EXPERT)).json()
    assert first["candidate"]["id"] == second["candidate"]["id"]
    async with database.session() as session:
        interview = await interviews.create_interview(session, first["id"], {"questions": []})
    made = (await api.delete(f"/interviews/{interview.id}")).json()
    assert made["removed"]["candidates"] == 0
    assert made["removed"]["stored_replies"] == 1, "the kept reply holds the name, if under seal"
    assert (await api.get(f"/invitations/{second['id']}")).json()["candidate"]["name"] == "Ana Pop"


async def test_a_running_interview_is_not_deleted(api: httpx.AsyncClient, house: House, database: Database) -> None:
    check_problem(await api.delete(f"/interviews/{house.interview.invitation_id}"), 404, "not-found")
    async with database.session() as session:
        await interviews.set_status(session, house.interview.interview_id, "live")
    check_problem(await api.delete(f"/interviews/{house.interview.interview_id}"), 409, "interview-running")
    assert (await api.get(f"/interviews/{house.interview.interview_id}")).json()["candidate"]["name"] == NAME
    assert await traces(house, database) != set()
    check_problem(await api.delete("/interviews/int_x"), 404, "not-found")


async def test_what_is_written_late_is_erased_too(house: House, database: Database, database_url: str) -> None:
    async with database.session() as session:
        await forget(session, house.interview.interview_id, "a test")
    await work_off(database_url, house.bench.work)
    await leave_on_disk(house.folder, house.interview.interview_id)
    assert await traces(house, database) != set()
    await erase_left(house.bench.work)
    assert await traces(house, database) == set()


async def test_files_that_cannot_be_erased_yet_are_erased_later(
    house: House, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.session() as session:
        await forget(session, house.interview.interview_id, "a test")
    monkeypatch.setattr("shutil.rmtree", lambda _: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    await erase_left(house.bench.work)
    assert await traces(house, database) != set()
    monkeypatch.undo()
    await work_off(database_url, house.bench.work)
    assert await traces(house, database) == set()


class Away(ObjectStore):
    """Takes and gives nothing of the interviews in ``of``."""

    of: frozenset[str] = frozenset()

    async def delete_under(self, prefix: str) -> int:
        if prefix.rpartition("/")[2] in self.of:
            raise GenericError("the store is away")
        return await super().delete_under(prefix)


async def test_one_that_the_object_store_does_not_let_go_keeps_no_other(
    house: House, database: Database, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = await finished_interview(database, library, house.bench.work.objects, tmp_path_factory.mktemp("other"))
    for gone in (house.interview.interview_id, other.interview_id):
        async with database.session() as session:
            await forget(session, gone, "a test")
    away = Away(house.folder / "objects")
    away.of, house.bench.work.objects = frozenset({house.interview.interview_id}), away
    with capture_logs() as logged:
        await erase_left(house.bench.work)
    (left,) = [entry for entry in logged if entry["event"] == "deletion.files_left"]
    assert left["reason"] == "GenericError"
    assert await away.keys_under(f"recordings/{other.interview_id}") == []
    away.of = frozenset()
    await erase_left(house.bench.work)
    assert await away.keys_under("recordings") == []


async def test_the_command_says_where_files_are_left_and_deletes_the_others(
    house: House, database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(tmp_path / "objects")
    away.of = frozenset({house.interview.interview_id})
    monkeypatch.setattr(commands, "ObjectStore", lambda _: away)
    settings = Settings(database_url=database_url, data_folder=tmp_path)
    with pytest.raises(commands.Refused, match="files are left"):
        assert [line async for line in commands.delete(settings, lambda _: None, (house.interview.interview_id,))]
    away.of = frozenset()
    house.bench.work.objects = away
    await work_off(database_url, house.bench.work)
    assert await traces(house, database) == set()


async def test_retention_deletes_what_is_older_than_the_rule_and_nothing_else(
    house: House, database: Database, database_url: str, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = datetime.now(UTC)
    bundle = library.get("generalist-ai-trainer")
    unused, _ = await invited(database, bundle, name="Old Unused", expires_at=now - timedelta(days=31))
    open_, _ = await invited(database, bundle, name="Still Open")
    young = await finished_interview(
        database, library, house.bench.work.objects, tmp_path_factory.mktemp("young"), name="Young One"
    )
    async with database.session() as session:
        for interview_id, days in ((house.interview.interview_id, 31), (young.interview_id, 29)):
            await interviews.update_interview(session, interview_id, ended_at=now - timedelta(days=days))
    assert await apply_retention(house.bench.work) == 0, "nothing is deleted until somebody says so"
    async with database.session() as session:
        await set_retention_days(session, 30)
    assert await apply_retention(house.bench.work) == 2
    await work_off(database_url, house.bench.work)
    assert await traces(house, database, (NAME, "Old Unused")) == set(), "the young one said the same words"
    async with database.session() as session:
        left = set(await session.scalars(text("SELECT id FROM invitations")))
        by = set(await session.scalars(text("SELECT requested_by FROM deletions")))
    assert left == {open_, young.invitation_id}
    assert unused not in left
    assert by == {"retention"}
    assert (house.folder / "objects" / "recordings" / young.interview_id / "mix.flac").is_file()


async def test_the_command_line_deletes_and_sets_the_rule(house: House, database: Database, database_url: str) -> None:
    settings = Settings(data_folder=house.folder, database_url=database_url)

    def quiet(_: str) -> None:
        return None

    with pytest.raises(commands.Refused, match="Nothing has the id int_x"):
        _ = [line async for line in commands.delete(settings, quiet, ("int_x",))]
    (line,) = [line async for line in commands.delete(settings, quiet, (house.interview.invitation_id,))]
    assert line.startswith(f"{house.interview.invitation_id} is deleted")
    async with database.session() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))  # that it erases the files itself is the point
    assert await traces(house, database) == set()

    assert await commands.retention(settings, quiet, None) == "Nothing is deleted by itself."
    assert "180 days" in await commands.retention(settings, quiet, "180")
    assert "180 days" in await commands.retention(settings, quiet, None)
    for wrong in ("0", "-1", "soon", "800000", "9" * 5000):
        with pytest.raises(commands.Refused):
            await commands.retention(settings, quiet, wrong)
    assert await commands.retention(settings, quiet, "forever") == "Nothing is deleted by itself."


async def test_only_ids_of_interviews_are_taken_for_names_of_folders(
    rooms: Rooms, objects: ObjectStore, tmp_path: Path
) -> None:
    from interviewer.jobs.erase import erase_files

    (tmp_path / "recordings" / "other").mkdir(parents=True)
    for name in ("", "..", "other", "/etc"):
        with pytest.raises(ValueError):
            await erase_files(objects, tmp_path / "recordings", tmp_path / "journals", name)
    assert (tmp_path / "recordings" / "other").is_dir()
