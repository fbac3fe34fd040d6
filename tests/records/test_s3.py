"""Objects in S3, against a real server over HTTP: single objects, and the whole way of a recording, from the job that
stores it over a backup to its deletion."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interviewer.conversation.script import RATE
from interviewer.desk import backups
from interviewer.jobs.erase import erase_files
from interviewer.jobs.finalise import finalise
from interviewer.records.database import Database
from interviewer.records.objects import DamagedObject, ObjectStore
from interviewer.records.recordings import recordings_of
from tests.jobs.interviews import a_bench, recorded, spoken_then_ended, stored
from tests.records.test_backup import contents, settings_for, silent
from tests.records.test_migrations import query
from tests.s3 import S3Server, s3_server

WHOLE = os.urandom(6_000_000)  # more than one piece, and more than S3's smallest part of an upload


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


async def test_an_object_comes_back_as_it_was_put(s3: S3Server, tmp_path: Path) -> None:
    place = s3.new_bucket()
    store = ObjectStore(place)
    (tmp_path / "sound").write_bytes(WHOLE)
    digest = await store.put_file("recordings/int_1/mix.flac", tmp_path / "sound")
    assert digest == hashlib.sha256(WHOLE).hexdigest()
    assert s3.keys(place) == ["recordings/int_1/mix.flac"]
    assert await store.size("recordings/int_1/mix.flac") == len(WHOLE)
    assert await store.get_range("recordings/int_1/mix.flac", 1000, 5_500_000) == WHOLE[1000:5_500_000]
    await store.fetch("recordings/int_1/mix.flac", tmp_path / "back", digest)
    assert (tmp_path / "back").read_bytes() == WHOLE


async def test_an_object_that_somebody_changed_is_an_error_that_names_it(s3: S3Server, tmp_path: Path) -> None:
    place = s3.new_bucket()
    store = ObjectStore(place)
    (tmp_path / "sound").write_bytes(b"what was recorded")
    digest = await store.put_file("recordings/int_1/mix.flac", tmp_path / "sound")
    s3.put(place, "recordings/int_1/mix.flac", b"something else...")
    with pytest.raises(DamagedObject, match=r"recordings/int_1/mix\.flac is damaged"):
        await store.fetch("recordings/int_1/mix.flac", tmp_path / "back", digest)
    assert set(os.listdir(tmp_path)) == {"sound"}, "nothing of it is left behind"


async def test_a_folder_is_listed_and_deleted_and_its_neighbour_stays(s3: S3Server) -> None:
    place = s3.new_bucket()
    store = ObjectStore(place)
    for key in ("recordings/int_1/a", "recordings/int_1/b", "recordings/int_10/a"):
        s3.put(place, key, b"sound")
    assert sorted(await store.keys_under("recordings/int_1")) == ["recordings/int_1/a", "recordings/int_1/b"]
    assert await store.delete_under("recordings/int_1") == 2
    assert await store.delete_under("recordings/int_1") == 0
    await store.delete("recordings/int_1/a")
    assert s3.keys(place) == ["recordings/int_10/a"]
    with pytest.raises(FileNotFoundError):
        await store.size("recordings/int_1/a")


async def test_a_recording_goes_from_the_job_through_a_backup_to_its_deletion(
    s3: S3Server, database: Database, own_database_url: str, tmp_path: Path
) -> None:
    place = s3.new_bucket()
    settings = settings_for(tmp_path, database.url, objects=place)
    bench = a_bench(database, tmp_path)
    work = replace(bench.work, objects=ObjectStore(place))
    interview_id = await stored(database, spoken_then_ended([("I was a fact checker.", 2.0)]))
    sound = np.random.default_rng(1).integers(-900, 900, 4 * RATE).astype(np.int16)
    recorded(tmp_path, interview_id, [(RATE, sound)])
    await finalise(work, interview_id)
    async with database.session() as session:
        rows = await recordings_of(session, interview_id)
    assert len(rows) == 3
    for row in rows:
        await work.objects.fetch(row.object_key, tmp_path / row.side, row.sha256)

    (line, *_, last) = await backups.backup(settings, silent, tmp_path / "backup.tar")
    assert "3 objects" in line
    assert "keep it as you keep those" in last, "nothing is missing or damaged"
    query(own_database_url, "DROP SCHEMA public CASCADE")
    query(own_database_url, "CREATE SCHEMA public")
    elsewhere = s3.new_bucket()
    fresh = settings_for(tmp_path / "fresh", own_database_url, objects=elsewhere)
    await backups.restore(fresh, silent, tmp_path / "backup.tar")
    assert contents(own_database_url) == contents(database.url)
    assert s3.keys(elsewhere) == s3.keys(place)
    for row in rows:
        (tmp_path / row.side).unlink()
        await ObjectStore(elsewhere).fetch(row.object_key, tmp_path / row.side, row.sha256)

    await erase_files(work.objects, tmp_path / "recordings", tmp_path / "journals", interview_id)
    assert s3.keys(place) == []
