"""The embedded PostgreSQL: made once, kept, guarded, brought back when it dies; other processes are left alone."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from interviewer.records.embedded import ClusterUnusable, DataFolderInUse, EmbeddedPostgres, running_url
from interviewer.records.embedded import server as embedded_server
from interviewer.records.embedded.binaries import wheel_binaries
from interviewer.records.embedded.place import Place
from interviewer.records.embedded.process import is_postgres_on

AS_ROOT = os.geteuid() == 0
SERVICE = """
import asyncio, sys
from pathlib import Path
from interviewer.records.embedded import EmbeddedPostgres
async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]), shared_state=Path(sys.argv[1], "shared"))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def folder(open_folder: Path) -> Path:
    return open_folder


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, shared_state=folder.parent / "shared")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    """Patient, for PostgreSQL may be on its way up again."""
    url = running_url(folder)
    assert url is not None
    for _ in range(400):
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                cursor = await connection.execute(statement)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            await asyncio.sleep(0.05)
    raise AssertionError("PostgreSQL did not come back within 20 s")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process does not set our events
            await asyncio.sleep(0.02)


def spawn(command: list[str], cluster: Path) -> subprocess.Popen[str]:
    """A process of the cluster's owner, as PostgreSQL is one."""
    owner = cluster.stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if AS_ROOT else {}
    return subprocess.Popen(command, cwd="/", text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def cluster_of(folder: Path) -> Path:
    pointer = folder / "postgres.where"
    return Path(pointer.read_text().strip() if pointer.exists() else folder / "postgres") / "data"


def shown(pid: int | None, what: str) -> str | None:
    """A file of /proc; None where there is no such process, not even a zombie."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text()
    except FileNotFoundError:
        return None


async def test_data_is_kept_from_one_start_to_the_next(folder: Path) -> None:
    async with running(folder):
        await query(folder, "CREATE TABLE kept AS SELECT 'ș' AS letter")
    async with running(folder):
        assert await query(folder, "SELECT letter, upper(letter) FROM kept") == [("ș", "Ș")]


async def test_a_second_start_on_the_folder_is_refused_and_names_the_process(folder: Path) -> None:
    async with running(folder):
        with pytest.raises(DataFolderInUse, match=f"process {os.getpid()}") as refused:
            await EmbeddedPostgres(folder).start()
        assert refused.value.pid == os.getpid()
        assert await query(folder, "SELECT 1") == [(1,)]
    async with running(folder):
        pass


async def test_a_copy_of_a_data_folder_does_not_stop_the_service_on_the_original(folder: Path) -> None:
    """Only a cluster outside the data folder is shared by a copy."""
    original, copy = folder / "original", folder / "copy"
    original.mkdir(mode=0o700)
    async with running(original) as server:
        copy.mkdir(mode=0o700)
        (copy / "postgres.where").write_text(str(cluster_of(original).parent))
        if AS_ROOT:
            with pytest.raises(DataFolderInUse):
                await EmbeddedPostgres(copy).start()
        assert server.pid is not None
        assert await query(original, "SELECT 1") == [(1,)]


async def test_it_comes_back_after_a_kill_with_what_was_committed(folder: Path) -> None:
    async with running(folder) as server:
        await query(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(lambda: server.restarts > 0)
        assert await query(folder, "SELECT number FROM kept") == [(7,)]
        assert server.pid != killed
        assert shown(killed, "stat") is None, "a zombie is left"


async def test_it_is_started_again_and_again_until_it_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full stays so for a while, and whatever else fails meanwhile must not end the watch."""
    failing: list[Exception] = [OSError(28, "No space left on device"), RuntimeError("can't start new thread")]
    launch = EmbeddedPostgres._launch_patiently

    async def launched(self: EmbeddedPostgres, place: Place) -> None:
        if failing:
            raise failing.pop()
        await launch(self, place)

    async with running(folder) as server:
        monkeypatch.setattr(EmbeddedPostgres, "_launch_patiently", launched)
        monkeypatch.setattr(embedded_server, "_RETRY_S", 0.05)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await until(lambda: server.restarts > 0)
        assert await query(folder, "SELECT 1") == [(1,)]
        assert not failing


async def test_it_ends_with_a_service_that_is_killed_and_the_next_start_recovers(folder: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    pid = int(await service.stdout.readline())
    await query(folder, "CREATE TABLE kept AS SELECT 1 AS number")
    service.kill()
    await service.wait()
    async with running(folder) as server:
        assert server.pid != pid
        assert not is_postgres_on(pid, cluster_of(folder))
        assert await query(folder, "SELECT number FROM kept") == [(1,)]


async def test_an_orphan_that_outlived_its_service_is_stopped_first(folder: Path) -> None:
    async with running(folder) as server:
        command = (shown(server.pid, "cmdline") or "").split("\0")[:-1]
    cluster = cluster_of(folder)
    orphan = spawn(command, cluster)
    await until(lambda: (cluster / "postmaster.pid").exists())
    assert is_postgres_on(orphan.pid, cluster)
    async with running(folder):
        assert await query(folder, "SELECT 1") == [(1,)]
    assert orphan.wait(timeout=30) == 0, "a fast shutdown ends with status 0"


async def test_an_unrelated_process_with_the_number_of_a_stale_pid_file_is_left_alone(folder: Path) -> None:
    async with running(folder):
        pass
    cluster = cluster_of(folder)
    other = spawn(["/bin/sleep", "600"], cluster)
    try:
        stale = cluster / "postmaster.pid"
        stale.write_text(f"{other.pid}\n{cluster}\n1700000000\n5432\n/tmp\n\n  1234567         0\nready   \n")
        os.chown(stale, cluster.stat().st_uid, cluster.stat().st_gid)
        async with running(folder):
            assert await query(folder, "SELECT 1") == [(1,)]
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_a_start_that_was_killed_while_making_the_cluster_is_no_harm(folder: Path) -> None:
    async with running(folder):
        pass
    cluster = cluster_of(folder)
    half = cluster.with_name("data.new")
    cluster.rename(half)
    (half / "PG_VERSION").unlink()
    (folder / "postgres.where").unlink(missing_ok=True)
    async with running(folder):
        assert await query(folder, "SELECT 1") == [(1,)]


async def test_nobody_else_can_reach_socket_data_or_password(folder: Path) -> None:
    async with running(folder):
        url = running_url(folder)
        assert url is not None
        sockets = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
        assert mode(sockets) == 0o700
        assert mode(cluster_of(folder)) == 0o700
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) < 100
        assert await query(folder, "SHOW listen_addresses") == [("",)]
        assert mode(folder / "postgres.url") == 0o600
        assert mode(folder / "melvin.lock") == 0o600
        assert (folder / "postgres.pass").exists() == AS_ROOT
        assert not AS_ROOT or mode(folder / "postgres.pass") == 0o600
        assert mode(folder) == 0o711, "a folder that was there keeps its mode"


async def test_a_data_folder_with_a_long_odd_name_works(folder: Path) -> None:
    long = folder / ("the data of Melvin, 100% + more " + "x" * 90)
    async with running(long):
        assert await query(long, "SELECT 1") == [(1,)]


async def test_a_closed_home_works_and_stays_closed(folder: Path) -> None:
    """As root the cluster goes where PostgreSQL's user can reach it; else it lies in the data folder."""
    home = folder / "root"
    home.mkdir(mode=0o700)
    data = home / "melvin-data"
    server = EmbeddedPostgres(data, shared_state=folder / "shared")
    await server.start()
    await server.stop()
    assert mode(home) == 0o700
    assert mode(data) == 0o700
    assert cluster_of(data).is_relative_to(folder / "shared") == AS_ROOT
    assert cluster_of(data).stat().st_uid != 0


async def test_programs_under_a_closed_home_are_copied_to_where_they_can_be_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder / "root"
    home.mkdir(mode=0o700)
    programs = wheel_binaries()
    for part in programs.parents[1].glob(f"{programs.parent.name}*"):
        (home / part.name).symlink_to(part)
    closed = home / programs.parent.name / programs.name
    monkeypatch.setattr(embedded_server, "wheel_binaries", lambda: closed)
    async with running(folder):
        assert await query(folder, "SELECT 1") == [(1,)]
    copies = list(cluster_of(folder).parent.glob("postgresql-18-*"))
    assert bool(copies) == AS_ROOT
    assert all(c.stat().st_uid == 0 for c in copies)
    assert mode(home) == 0o700


async def test_a_cluster_that_vanished_is_said_and_not_replaced_by_an_empty_one(folder: Path) -> None:
    async with running(folder):
        pass
    cluster = cluster_of(folder)
    cluster.rename(cluster.with_name("elsewhere"))
    (folder / "postgres.where").write_text(str(cluster.parent))
    with pytest.raises(ClusterUnusable, match="not there any more"):
        await EmbeddedPostgres(folder).start()


async def test_a_cluster_of_another_major_version_is_refused(folder: Path) -> None:
    async with running(folder):
        pass
    (cluster_of(folder) / "PG_VERSION").write_text("17\n")
    with pytest.raises(ClusterUnusable, match="PostgreSQL 17"):
        await EmbeddedPostgres(folder, shared_state=folder.parent / "shared").start()
