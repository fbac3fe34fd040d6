"""What the camera recorded: made playable once it is all there, made again when more comes, deleted with the rest, and
never between anybody and a transcript or a score."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import text

from interviewer.jobs.camera import camera
from interviewer.jobs.defer import JobQueue
from interviewer.jobs.erase import erase_files
from interviewer.jobs.finalise import finalise
from interviewer.jobs.score import score
from interviewer.jobs.worker import work_off
from interviewer.records import browser
from interviewer.records.camera import segments_of
from interviewer.records.database import Database
from interviewer.records.deletions import forget
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.tables import CameraSegment
from tests.jobs.interviews import Bench, a_bench, recorded, spoken_then_ended, stored, typed_through
from tests.media.video import camera_webm

FIRST, SECOND = "z-0lx9k2m1a-0123456789ab", "z-0lx9k9m1a-0123456789ab"


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


async def sent(
    bench: Bench,
    interview_id: str,
    data: bytes,
    at: int,
    *,
    stretch: str = FIRST,
    numbers: range,
    manifest: bool = True,
) -> None:
    """Those of the six chunks of a stretch."""
    size = len(data) // 6 + 1
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    hashes = [hashlib.sha256(c).hexdigest() for c in chunks]
    async with bench.work.database.session() as session:
        await browser.add_stretch(session, interview_id, stretch, kind="camera", media_type="video/webm", at=at)
        if manifest:
            said = (stretch, "camera", "video/webm", at, len(chunks), browser.digest(hashes))
            await browser.put_manifest(session, interview_id, [said])
    for number in numbers:
        await bench.work.objects.put_bytes(browser.chunk_key(interview_id, stretch, number), chunks[number])
        async with bench.work.database.session() as session:
            size_of = len(chunks[number])
            await browser.add_chunk(session, interview_id, stretch, number, sha256=hashes[number], size=size_of)


async def made(bench: Bench, interview_id: str) -> list[CameraSegment]:
    async with bench.work.database.session() as session:
        return await segments_of(session, interview_id)


async def waiting(database: Database, interview_id: str) -> int:
    async with database.session() as session:
        count = text("SELECT count(*) FROM procrastinate_jobs WHERE lock = :lock AND status = 'todo'")
        return int((await session.execute(count, {"lock": browser.camera_lock(interview_id)})).scalar_one())


def left_on_disk(folder: Path, interview_id: str) -> list[Path]:
    return [path for path in folder.rglob("*") if interview_id in str(path)]


async def test_each_stretch_becomes_a_playable_file_in_its_place_and_its_chunks_are_removed(
    database: Database, bench: Bench
) -> None:
    interview_id = await stored(database, typed_through())
    await sent(bench, interview_id, camera_webm(2.0), 16_000, numbers=range(6))
    await sent(bench, interview_id, camera_webm(1.0), 96_000, stretch=SECOND, numbers=range(6))
    await camera(bench.work, interview_id)
    first, second = await made(bench, interview_id)
    assert (first.at, second.at) == (16_000, 96_000)
    assert first.samples == pytest.approx(2.0 * 16_000, abs=3_200)
    keys = await bench.work.objects.keys_under(f"recordings/{interview_id}")
    assert sorted(keys) == sorted([first.object_key, second.object_key])
    data = await bench.work.objects.get(first.object_key)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (first.sha256, first.size)
    await camera(bench.work, interview_id)
    assert [s.id for s in await made(bench, interview_id)] == [first.id, second.id]
    assert await waiting(database, interview_id) == 0


async def test_what_is_missing_is_waited_for_and_what_comes_late_is_put_in(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, typed_through())
    data = camera_webm(3.0)
    await sent(bench, interview_id, data, 0, numbers=range(4))
    await finalise(bench.work, interview_id)
    assert await waiting(database, interview_id) == 1, "finalising hands the camera on and waits for nothing of it"
    await camera(bench.work, interview_id)
    assert await made(bench, interview_id) == []
    async with database.session() as session:
        old = datetime.now(UTC) - timedelta(minutes=31)
        await update_interview(session, interview_id, ended_at=old)
        await session.execute(text("UPDATE browser_chunks SET received_at = :old"), {"old": old})
    await camera(bench.work, interview_id)
    (part,) = await made(bench, interview_id)
    await sent(bench, interview_id, data, 0, numbers=range(4, 6))
    await camera(bench.work, interview_id)
    (whole,) = await made(bench, interview_id)
    assert whole.id == part.id
    assert whole.samples > part.samples + 8_000
    target = tmp_path / "whole.webm"
    await bench.work.objects.fetch(whole.object_key, target, whole.sha256)
    with av.open(target) as file:
        assert sum(1 for _ in file.decode(video=0)) == 30


async def test_what_cannot_be_played_harms_nothing(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    await sent(bench, interview_id, b"\x1a\x45\xdf\xa3" + bytes(600), 0, numbers=range(6))
    await sent(bench, interview_id, camera_webm(1.0), 16_000, stretch=SECOND, numbers=range(6))
    await camera(bench.work, interview_id)
    assert [s.stretch for s in await made(bench, interview_id)] == [SECOND]


async def test_a_judge_reads_the_same_with_a_camera_and_without(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    read = []
    for with_camera in (False, True):
        interview_id = await stored(database, spoken_then_ended([("I was a fact checker", 8.0)]))
        recorded(tmp_path, interview_id, [(0, np.ones(60 * 16_000, np.int16))])
        if with_camera:
            await sent(bench, interview_id, camera_webm(1.0), 0, numbers=range(6))
            await camera(bench.work, interview_id)
            assert len(await made(bench, interview_id)) == 1
        await finalise(bench.work, interview_id)
        async with database.session() as session:
            await set_status(session, interview_id, "submitted")
        await score(bench.work, interview_id)
        read.append([repr(answer) for answer in bench.judge.read])
        bench.judge.read.clear()
    assert read[0] == read[1] != []
    assert "camera" not in str(read).lower()


async def test_a_deleted_interview_leaves_no_picture(database: Database, bench: Bench, tmp_path: Path) -> None:
    interview_id = await stored(database, typed_through())
    await sent(bench, interview_id, camera_webm(1.0), 0, numbers=range(6))
    await sent(bench, interview_id, camera_webm(1.0), 16_000, stretch=SECOND, numbers=range(3), manifest=False)
    await finalise(bench.work, interview_id)
    await camera(bench.work, interview_id)
    assert len(await bench.work.objects.keys_under(f"recordings/{interview_id}")) == 4
    async with database.session() as session:
        deletion = await forget(session, interview_id, "test")
    assert deletion is not None
    assert (deletion.removed["camera_segments"], deletion.removed["browser_stretches"]) == (1, 2)
    assert await waiting(database, interview_id) == 0
    await erase_files(bench.work.objects, bench.work.recordings, bench.work.journals, interview_id)
    assert left_on_disk(tmp_path, interview_id) == []
    await camera(bench.work, interview_id)  # one that was running meanwhile
    assert await made(bench, interview_id) == []


async def test_the_queue_runs_it_once_and_after_all_that_somebody_waits_for(
    database: Database, database_url: str, bench: Bench
) -> None:
    interview_id = await stored(database, typed_through())
    await sent(bench, interview_id, camera_webm(1.0), 0, numbers=range(6))
    queue = JobQueue(database_url)
    await queue.open()
    for _ in range(2):
        await queue.defer_camera(interview_id)
    await queue.close()
    assert await waiting(database, interview_id) == 1
    async with database.session() as session:
        behind = text("SELECT priority FROM procrastinate_jobs WHERE task_name = 'camera'")
        assert (await session.execute(behind)).scalar_one() < 0
    await work_off(database_url, bench.work)
    assert len(await made(bench, interview_id)) == 1
