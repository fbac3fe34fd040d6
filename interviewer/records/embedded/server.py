"""The embedded PostgreSQL: made, started, watched, started again when it dies, and stopped with the service."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog

from interviewer.records.embedded.binaries import copy_binaries, wheel_binaries
from interviewer.records.embedded.config import DATABASE, ROLE, write_config
from interviewer.records.embedded.lock import DataFolderLock
from interviewer.records.embedded.place import ClusterUnusable, Place, decide_place
from interviewer.records.embedded.process import clear_stale_pid, environment, launched, run, stop_orphan

__all__ = ["EmbeddedPostgres", "PostgresFailed", "running_url"]

log = structlog.get_logger(__name__)

_STARTS = 20
"""Tries at a start: after a kill -9, backends that outlived PostgreSQL hold its memory for a moment."""
_STOP_S = 30.0
_RETRY_S = 2.0
_LOG_BYTES = 1_000_000


class PostgresFailed(RuntimeError):
    """PostgreSQL did not start. The message ends with the last lines of its log."""


def running_url(folder: Path) -> str | None:
    """Where the PostgreSQL of a service that runs on this data folder listens; None where none runs."""
    folder = folder.resolve()
    if not DataFolderLock(folder).held_by_other():
        return None
    try:
        return (folder / "postgres.url").read_text().strip() or None
    except FileNotFoundError:
        return None


class EmbeddedPostgres:
    """``folder`` is the data folder. Where the service runs as root, ``user`` is whom PostgreSQL runs as, and the
    cluster lies under ``shared_state`` if that user cannot get into the data folder.
    """

    def __init__(self, folder: Path, *, user: str = "nobody", shared_state: Path = Path("/var/lib/melvin")) -> None:
        self.folder = folder.resolve()
        self.restarts = 0
        self._user = user
        self._shared_state = shared_state
        self._locks = [DataFolderLock(self.folder)]
        self._binaries: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, progress: Callable[[str], None] = lambda _: None) -> str:
        """The URL, once PostgreSQL takes queries. ``progress`` is told of long steps in plain words.

        Raises :class:`DataFolderInUse`, :class:`ClusterUnusable`, :class:`PostgresFailed` or ``BinariesMissing``.
        """
        self._locks[0].acquire()
        try:
            place = await decide_place(self.folder, self._user, self._shared_state)
            if place.state.parent != self.folder:
                # A copy of the data folder names the same cluster, and must not stop the other's PostgreSQL.
                elsewhere = DataFolderLock(place.state)
                elsewhere.acquire()
                self._locks.append(elsewhere)
            self._binaries = await self._reachable_binaries(place, progress)
            if not place.cluster.is_dir():
                progress(f"Creating the database in {place.cluster}")
                await self._create(place, self._binaries)
            await stop_orphan(place.cluster)
            await self._launch_patiently(place)
            await self._make_database(place)
        except BaseException:
            await self._end_process()
            self._release()
            raise
        url = self._url(place, DATABASE)
        _write_private(self.folder / "postgres.url", url + "\n")
        self._watch = asyncio.create_task(self._supervise(place), name="embedded-postgres")
        return url

    async def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, everything committed is on disk. Idempotent."""
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._end_process()
        (self.folder / "postgres.url").unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        for lock in self._locks:
            lock.release()
        del self._locks[1:]

    async def _reachable_binaries(self, place: Place, progress: Callable[[str], None]) -> Path:
        wheel = wheel_binaries()
        if place.user is None:
            return wheel
        # Tried, not guessed: the wheel may lie under a home that only root can enter.
        status, _ = await run([str(wheel / "bin" / "initdb"), "--version"], place.user)
        if status == 0:
            return wheel
        progress(f"Copying PostgreSQL to where user {place.user.name} can run it")
        return await asyncio.to_thread(copy_binaries, wheel, place.state)

    async def _create(self, place: Place, binaries: Path) -> None:
        """Made beside its place and moved there when whole, so that a start that is killed leaves no half cluster."""
        new = place.state / "data.new"
        secret_for_initdb = place.state / "initdb.pass"
        await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
        new.mkdir(mode=0o700)
        command = [
            str(binaries / "bin" / "initdb"), "-D", str(new), "-U", ROLE, "--encoding=UTF8", "--no-instructions",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        ]  # fmt: skip
        try:
            if place.user and place.passfile:
                password = secrets.token_urlsafe(24)
                _write_private(place.passfile, f"*:*:*:{ROLE}:{password}\n")
                _write_private(secret_for_initdb, password + "\n")
                for path in (new, secret_for_initdb):
                    os.chown(path, place.user.uid, place.user.gid)
                command += ["--auth=scram-sha-256", f"--pwfile={secret_for_initdb}"]
            else:
                command += ["--auth=peer"]
            status, output = await run(command, place.user)
        finally:
            secret_for_initdb.unlink(missing_ok=True)
        if status != 0:
            raise PostgresFailed(f"PostgreSQL's initdb failed with status {status}:\n{output}")
        new.rename(place.cluster)
        place.remember()

    async def _launch_patiently(self, place: Place) -> None:
        for _ in range(_STARTS - 1):
            try:
                await self._launch(place)
            except PostgresFailed:
                await asyncio.sleep(0.25)
            else:
                return
        await self._launch(place)

    async def _launch(self, place: Place) -> None:
        if self._binaries is None:
            raise RuntimeError("start() first")
        clear_stale_pid(place.cluster)
        write_config(place)
        if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
            place.log.replace(place.log.with_suffix(".log.1"))
        # A file, not a pipe: nobody has to drain it, and PostgreSQL can still write while it outlives a killed parent.
        with place.log.open("ab") as lines:
            place.log.chmod(0o600)
            self._process = await asyncio.create_subprocess_exec(
                *launched([str(self._binaries / "bin" / "postgres"), "-D", str(place.cluster)], place.user),
                stdin=subprocess.DEVNULL, stdout=lines, stderr=lines, env=environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for the service, which stops this one last
            )  # fmt: skip
        while not await self._answers(place):
            if self._process.returncode is not None:
                raise PostgresFailed(f"PostgreSQL ended with status {self._process.returncode}:\n{_tail(place.log)}")
            await asyncio.sleep(0.02)

    async def _answers(self, place: Place) -> bool:
        """False too while it recovers from a crash, which takes as long as it takes."""
        try:
            connection = await psycopg.AsyncConnection.connect(self._url(place, "postgres"), connect_timeout=10)
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise ClusterUnusable(f"PostgreSQL in {place.cluster} does not take our password: {error}") from error
            return False
        await connection.close()
        return True

    async def _make_database(self, place: Place) -> None:
        url = self._url(place, "postgres")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            there = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if await there.fetchone() is None:
                await connection.execute(f"CREATE DATABASE {DATABASE}")

    async def _supervise(self, place: Place) -> None:
        while self._process is not None:
            status = await self._process.wait()
            log.warning("postgres.died", status=status)
            self.restarts += 1
            while True:
                try:
                    await self._launch_patiently(place)
                    break
                except Exception as error:  # noqa: BLE001 - a full disk may be cleared; without us nobody tries again
                    log.error("postgres.restart_failed", reason=str(error))
                    await asyncio.sleep(_RETRY_S)
            log.info("postgres.restarted", pid=self.pid)

    async def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        for how, patience in ((signal.SIGINT, _STOP_S), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(how)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), patience)
        self._process = None

    @staticmethod
    def _url(place: Place, database: str) -> str:
        """It holds no password: that stays in a file of mode 0600."""
        passfile = f"&passfile={quote(str(place.passfile))}" if place.passfile else ""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(place.sockets))}&port=5432{passfile}"


def _write_private(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
    new.replace(path)


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-10:])
