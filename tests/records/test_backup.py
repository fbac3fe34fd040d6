"""A backup brings back every row, every object and what running interviews had on disk; or it is refused in a sentence.

The whole way is the operator's: ``backup`` with somebody writing, ``restore`` into a fresh folder or an empty database.
"""

import asyncio
import hashlib
import os
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from interviewer.app import embedded
from interviewer.cli import app
from interviewer.desk import backups
from interviewer.desk.errands import Refused
from interviewer.plans.library import Library, default_folder
from interviewer.records.backup import ArchiveWriter, snapshot
from interviewer.records.backup.snapshot import FIXED
from interviewer.records.database import Database
from interviewer.records.migrations import upgrade
from interviewer.records.objects import ObjectStore
from interviewer.records.webhooks import add_endpoint, announce
from interviewer.settings import Settings
from tests.conftest import clone
from tests.http.factories import finished_interview
from tests.records.test_migrations import FIRST_DATA, query


@dataclass(frozen=True)
class Kept:
    """A service with something of every kind in it."""

    settings: Settings
    interview_id: str


def silent(_: str) -> None:
    return None


def settings_for(folder: Path, url: str | None = None, **others: Any) -> Settings:
    return Settings(_env_file=None, data_folder=folder, database_url=url, **others)  # type: ignore[call-arg]


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table as text, the job queue's and the sequences' too."""
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone = 'UTC'")
        names = [n for (n,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        found = {}
        for name in names:
            rows = connection.execute(sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name)))
            found[name] = sorted(row for (row,) in rows)
        sequences = connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        found["sequences"] = sorted(f"{name} {value}" for name, value in sequences)
    return found


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def made(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Made once, in a database of its own, and changed by nobody."""
    folder = tmp_path_factory.mktemp("made")
    settings = _settings_of(folder / "data", clone(postgres_url, "kept"))
    with ThreadPoolExecutor(1) as thread:  # the loop of a test may run on this one
        interview_id = thread.submit(asyncio.run, _furnished(settings, folder)).result()
    return Kept(settings, interview_id)


def _settings_of(folder: Path, url: str | None) -> Settings:
    return settings_for(folder, url, judge_key="secret-key", support_contact="Ask us")


async def _furnished(settings: Settings, folder: Path) -> str:
    settings.data_folder.mkdir()
    database = Database(str(settings.database_url))
    async with database.session() as session:
        await add_endpoint(session, url="https://hooks.example.com/melvin", events=[])
    library = Library.load(default_folder())
    made = await finished_interview(database, library, ObjectStore(settings.objects_place), folder)
    async with database.session() as session:
        await announce(session, "score.ready", made.interview_id)  # a delivery, and a job in the queue
    await database.close()
    journal = settings.data_folder / "journals" / f"{made.interview_id}.jsonl"
    sound = settings.data_folder / "recordings" / made.interview_id / "candidate.pcm"
    stranger = settings.data_folder / "recordings" / "int_began_later" / "candidate.pcm"
    for path in (journal, sound, stranger):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'{"seq":1,"at":0,"kind":"connected"}\n')
    return made.interview_id


@pytest.fixture
def kept(made: Kept, tmp_path: Path) -> Kept:
    """Its files are the test's own."""
    shutil.copytree(made.settings.data_folder, tmp_path / "data")
    return Kept(_settings_of(tmp_path / "data", made.settings.database_url), made.interview_id)


@pytest.fixture
def empty_database_url(own_database_url: str) -> str:
    query(own_database_url, "DROP SCHEMA public CASCADE")
    query(own_database_url, "CREATE SCHEMA public")
    return own_database_url


@pytest.fixture(scope="module")
def made_file(made: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("backup") / "backup.tar"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, backups.backup(made.settings, silent, target)).result()
    return target


@pytest.fixture
def backup_file(made_file: Path, tmp_path: Path) -> Path:
    """The test's own."""
    return shutil.copyfile(made_file, tmp_path / "backup.tar")


async def test_a_fresh_folder_gets_every_row_every_object_and_every_journal(
    kept: Kept, backup_file: Path, open_folder: Path
) -> None:
    fresh = settings_for(open_folder)
    told = await backups.restore(fresh, silent, backup_file)
    async with embedded(fresh, silent) as url:
        there, was = contents(url), contents(str(kept.settings.database_url))
        (again, *_) = await backups.backup(fresh, silent, open_folder / "again.tar")  # beside a service that runs
    rows = sum(len(found) for name, found in there.items() if name not in (*FIXED, "sequences"))
    assert f": {rows} rows of" in again
    assert there == was
    assert there["procrastinate_jobs"]
    assert hashes(open_folder / "objects") == hashes(kept.settings.data_folder / "objects")
    for name in ("journals", "recordings"):
        mine = hashes(kept.settings.data_folder / name)
        mine.pop("int_began_later/candidate.pcm", None)
        assert hashes(open_folder / name) == mine
    assert "MELVIN_SUPPORT_CONTACT was Ask us where the backup was made." in told


async def test_an_empty_database_of_ones_own_gets_them_too(
    kept: Kept, backup_file: Path, empty_database_url: str, tmp_path: Path
) -> None:
    await backups.restore(settings_for(tmp_path / "fresh", empty_database_url), silent, backup_file)
    assert contents(empty_database_url) == contents(str(kept.settings.database_url))
    database = Database(empty_database_url)
    async with database.session() as session:
        await announce(session, "score.revised", kept.interview_id)  # a next row has a next number
    await database.close()


def test_what_is_written_while_the_backup_is_made_is_in_none_of_its_tables(database_url: str, tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "b.tar") as archive, snapshot(database_url) as before:
        query(database_url, "INSERT INTO candidates (id, name) VALUES ('cand_1', 'An')")
        written = before.write_tables(archive)
    assert written["candidates"]["rows"] == 0


async def test_a_backup_of_an_older_melvin_comes_up_to_date(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    upgrade(empty_database_url, "0001")
    query(empty_database_url, FIRST_DATA)
    old = settings_for(tmp_path / "old", empty_database_url)
    await backups.backup(old, silent, tmp_path / "old.tar")
    query(empty_database_url, "DROP SCHEMA public CASCADE")
    query(empty_database_url, "CREATE SCHEMA public")
    await backups.restore(settings_for(tmp_path / "new", empty_database_url), silent, tmp_path / "old.tar")
    assert query(empty_database_url, "SELECT count(*) FROM scorecards") == [(1,)]
    assert query(empty_database_url, "SELECT version_num FROM alembic_version") == query(
        database_url, "SELECT version_num FROM alembic_version"
    )


def test_a_backup_is_for_its_owner_alone_and_has_no_secret_of_the_settings(made_file: Path) -> None:
    assert made_file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(made_file) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        text = manifest.read().decode()
    assert "secret-key" not in text
    assert "postgresql://" not in text


async def test_a_recording_that_is_missing_or_damaged_is_named(kept: Kept, open_folder: Path, tmp_path: Path) -> None:
    folder = kept.settings.data_folder / "objects" / "recordings" / kept.interview_id
    (folder / "mix.flac").write_bytes(b"not what was stored")
    (folder / "melvin.flac").unlink()
    with pytest.raises(backups.BackupIncomplete) as incomplete:  # the command ends with 1
        await backups.backup(kept.settings, silent, tmp_path / "b.tar")
    told = str(incomplete.value)
    assert f"recordings/{kept.interview_id}/mix.flac is damaged" in told
    assert f"recordings/{kept.interview_id}/melvin.flac is missing" in told


def test_the_command_ends_with_1_where_a_recording_is_missing_and_has_kept_the_rest(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interviewer.commands.logs.configure_logs", lambda *_: None)  # for the whole process
    monkeypatch.setenv("DATABASE_URL", str(kept.settings.database_url))
    monkeypatch.setenv("MELVIN_DATA_FOLDER", str(kept.settings.data_folder))
    whole = CliRunner().invoke(app, ["backup", str(tmp_path / "whole.tar")])
    assert whole.exit_code == 0, whole.output
    (kept.settings.data_folder / "objects" / "recordings" / kept.interview_id / "melvin.flac").unlink()
    done = CliRunner().invoke(app, ["backup", str(tmp_path / "b.tar")])
    assert done.exit_code == 1
    assert "melvin.flac is missing" in done.output
    with tarfile.open(tmp_path / "b.tar") as archive:
        assert f"objects/recordings/{kept.interview_id}/mix.flac" in archive.getnames()


def flipped(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x40]))


def place_of(path: Path, name: str) -> int:
    """The middle of a member's bytes."""
    with tarfile.open(path) as archive:
        member = next(m for m in archive if m.name.startswith(name))
        return member.offset_data + member.size // 2


async def test_one_wrong_bit_anywhere_is_enough_to_refuse_it(backup_file: Path, tmp_path: Path) -> None:
    for member in ("objects/", "database/interviews", "journals/", "manifest.json", "manifest.sha256"):
        at = place_of(backup_file, member)
        flipped(backup_file, at)
        with pytest.raises(Refused, match="is damaged"):
            await backups.restore(settings_for(tmp_path / "fresh"), silent, backup_file)
        flipped(backup_file, at)
    assert not (tmp_path / "fresh").exists()


async def test_half_a_backup_and_what_is_none_are_refused(backup_file: Path, tmp_path: Path) -> None:
    for cut in (500_000, 0):
        os.truncate(backup_file, cut)
        with pytest.raises(Refused, match=r"is not a backup of Melvin|is damaged"):
            await backups.restore(settings_for(tmp_path / "fresh"), silent, backup_file)
    with pytest.raises(Refused, match="There is no file"):
        await backups.restore(settings_for(tmp_path / "fresh"), silent, tmp_path / "none.tar")


async def test_a_target_that_is_not_empty_is_left_as_it_is(
    kept: Kept, backup_file: Path, database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="is not empty"):
        await backups.restore(kept.settings, silent, backup_file)
    with pytest.raises(Refused, match="The database is not empty"):
        await backups.restore(settings_for(tmp_path / "fresh", database_url), silent, backup_file)
    full = settings_for(tmp_path / "fresh", objects=kept.settings.objects_place)
    with pytest.raises(Refused, match="The object store is not empty"):
        await backups.restore(full, silent, backup_file)


async def test_a_backup_of_a_later_melvin_is_refused(own_database_url: str, tmp_path: Path) -> None:
    query(own_database_url, "UPDATE alembic_version SET version_num = '9999'")
    later = settings_for(tmp_path / "later", own_database_url)
    await backups.backup(later, silent, tmp_path / "later.tar")
    with pytest.raises(Refused, match="made by a later Melvin"):
        await backups.restore(settings_for(tmp_path / "fresh"), silent, tmp_path / "later.tar")


async def test_a_file_that_is_there_is_not_written_over(kept: Kept, backup_file: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is there already"):
        await backups.backup(kept.settings, silent, backup_file)
    (line, *_) = await backups.backup(kept.settings, silent, tmp_path)
    assert Path(line.partition(":")[0]).parent == tmp_path
