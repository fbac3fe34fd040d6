"""A backup of a service at work: what jobs finish and would remove while it is made is whole when it is restored."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from sqlalchemy import text

from interviewer.conversation.script import RATE
from interviewer.desk import backups
from interviewer.desk.errands import Refused
from interviewer.jobs.camera import camera
from interviewer.jobs.finalise import finalise
from interviewer.jobs.worker import work_off
from interviewer.records import removals
from interviewer.records.camera import segments_of
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.records.recordings import recordings_of
from tests.jobs.interviews import Bench, a_bench, recorded, spoken_then_ended, stored
from tests.jobs.test_assembly import kept, noise
from tests.jobs.test_camera import sent
from tests.media.video import camera_webm
from tests.records.test_backup import empty_database_url, settings_for, silent

__all__ = ["empty_database_url"]

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Service:
    """Its worker's machine recorded nothing: all sound is in the object store."""

    folder: Path
    bench: Bench
    url: str

    async def backed_up_while(self, *work: Callable[[], Awaitable[object]]) -> Path:
        """``work`` is done after the backup has read the database, and before it reads the first object."""
        loop, target = asyncio.get_running_loop(), self.folder / "backup.tar"

        async def all_of_it() -> None:
            for one in work:
                await one()

        def progress(said: str) -> None:
            if said == "Reading recordings":
                asyncio.run_coroutine_threadsafe(all_of_it(), loop).result(60)

        settings = settings_for(self.folder / "data", self.url, objects=str(self.folder / "objects"))
        await backups.backup(settings, progress, target)
        return target


@pytest.fixture
def service(database: Database, database_url: str, tmp_path: Path) -> Service:
    bench = a_bench(database, tmp_path / "worker")
    bench.work.objects = ObjectStore(tmp_path / "objects")
    (tmp_path / "data").mkdir()
    return Service(tmp_path, bench, database_url)


async def restored(archive: Path, url: str, folder: Path) -> Bench:
    """Another service, with a worker that has nothing but what the backup held."""
    await backups.restore(settings_for(folder / "data", url, objects=str(folder / "objects")), silent, archive)
    bench = a_bench(Database(url), folder / "worker")
    bench.work.objects = ObjectStore(folder / "objects")
    return bench


async def heard(bench: Bench, interview_id: str) -> Samples:
    """The candidate's side, as the finished recording has it."""
    async with bench.work.database.session() as session:
        (side,) = [r for r in await recordings_of(session, interview_id) if r.side == "candidate"]
    whole, _ = soundfile.read(io.BytesIO(await bench.work.objects.get(side.object_key)), dtype="int16")
    return np.asarray(whole)


async def test_what_is_finished_while_a_backup_is_made_is_whole_when_it_is_restored(
    service: Service, empty_database_url: str, tmp_path: Path
) -> None:
    work, candidate = service.bench.work, spoken_then_ended([("one", 3.0), ("two", 4.0)])
    interview_id = await stored(work.database, candidate)
    first, late = noise(8), noise(3)
    recorded(tmp_path / "a", interview_id, [(0, first)])
    await kept(work.database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await finalise(work, interview_id)
    recorded(tmp_path / "b", interview_id, [(8 * RATE, late)])  # a node that was cut off brings what it had
    await kept(work.database, tmp_path / "b", interview_id, 2, tmp_path / "objects")
    await sent(service.bench, interview_id, camera_webm(1.0), 0, numbers=range(6))

    archive = await service.backed_up_while(lambda: finalise(work, interview_id), lambda: camera(work, interview_id))

    other = await restored(archive, empty_database_url, tmp_path / "fresh")
    await finalise(other.work, interview_id)
    await camera(other.work, interview_id)
    assert np.array_equal((await heard(other, interview_id))[: 11 * RATE], np.concatenate([first, late]))
    async with other.work.database.session() as session:
        (segment,) = await segments_of(session, interview_id)
    await other.work.objects.fetch(segment.object_key, tmp_path / "segment.webm", segment.sha256)
    await other.work.database.close()


async def test_what_was_used_up_is_removed_after_the_backup(service: Service, tmp_path: Path) -> None:
    work = service.bench.work
    interview_id = await stored(work.database, spoken_then_ended([("one", 3.0)]))
    recorded(tmp_path / "a", interview_id, [(0, noise(8))])
    await kept(work.database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await sent(service.bench, interview_id, camera_webm(1.0), 0, numbers=range(6))
    held: list[str] = []

    async def look() -> None:
        held.extend(await work.objects.keys_under(f"recordings/{interview_id}"))

    await service.backed_up_while(lambda: finalise(work, interview_id), lambda: camera(work, interview_id), look)
    assert {key.split("/")[2].partition("-")[0] for key in held} == {
        "browser", "camera", "candidate", "melvin", "mix", "parts",
    }  # fmt: skip
    async with work.database.session() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name LIKE 'clear%'"))
    await work_off(service.url, work)
    async with work.database.session() as session:
        finished = [r.object_key for r in await recordings_of(session, interview_id)]
        finished += [s.object_key for s in await segments_of(session, interview_id)]
    assert sorted(await work.objects.keys_under(f"recordings/{interview_id}")) == sorted(finished)


async def test_one_backup_is_made_at_a_time(
    service: Service, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(removals, "LONGEST_WAIT", "50ms")
    with removals.removals_held(database_url), pytest.raises(Refused, match="Another backup"):
        await service.backed_up_while()
    assert not (tmp_path / "backup.tar").exists()
