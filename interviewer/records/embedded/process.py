"""Running programs as the right user, and telling our PostgreSQL from any other process of that number."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import structlog

__all__ = ["RunAs", "clear_stale_pid", "launched", "run", "stop_orphan"]

log = structlog.get_logger(__name__)

_LAUNCH = Path(__file__).with_name("launch.py")
_FAST_SHUTDOWN_S = 30.0
_IMMEDIATE_SHUTDOWN_S = 5.0


@dataclass(frozen=True, slots=True)
class RunAs:
    """The unprivileged user under which root runs PostgreSQL, which refuses to run as root."""

    name: str
    uid: int
    gid: int


def launched(command: list[str], user: RunAs | None) -> list[str]:
    """The command line that runs ``command`` as ``user`` and ends it when this process ends (see ``launch``)."""
    uid, gid = (user.uid, user.gid) if user else (0, 0)
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(uid), str(gid), *command]


def environment() -> dict[str, str]:
    """Next to nothing of the service's own: no secrets, no PG* variables, no foreign locale."""
    # The library paths stay, for some Pythons do not start without them.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/", **kept}


async def run(command: list[str], user: RunAs | None) -> tuple[int, str]:
    """Exit status and all output of a short command."""
    process = await asyncio.create_subprocess_exec(
        *launched(command, user), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment(), start_new_session=True,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace").strip()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_postgres_on(pid: int, cluster: Path) -> bool:
    """Whether ``pid`` is a living postmaster on this very folder; a zombie is not."""
    proc = Path("/proc", str(pid))
    if Path("/proc/self/stat").exists():
        try:
            state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
            arguments = (proc / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        state, _, command = shown.stdout.strip().partition(" ")
        if f" -D {cluster}" not in command:
            return False
        arguments = [command.split(" -D ")[0].strip(), "-D", str(cluster)]
    named = any(a == "-D" and b == str(cluster) for a, b in pairwise(arguments))
    return not state.startswith("Z") and Path(arguments[0]).name == "postgres" and named


def _pid_of(cluster: Path) -> int | None:
    try:
        first = (cluster / "postmaster.pid").read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdecimal() and int(first) > 0 else None


async def stop_orphan(cluster: Path) -> bool:
    """End the PostgreSQL that a killed service left on this folder. Call it under the folder's lock alone.

    The pid file is believed only where that process is PostgreSQL on this folder.
    """
    pid = _pid_of(cluster)
    if pid is None or not is_postgres_on(pid, cluster):
        return False
    log.warning("postgres.orphan", pid=pid)
    for how, patience in (
        (signal.SIGINT, _FAST_SHUTDOWN_S),
        (signal.SIGQUIT, _IMMEDIATE_SHUTDOWN_S),
        (signal.SIGKILL, _IMMEDIATE_SHUTDOWN_S),
    ):
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not is_postgres_on(pid, cluster):
                return True
            await asyncio.sleep(0.05)
    raise RuntimeError(f"process {pid}, a PostgreSQL left on {cluster}, does not end; end it by hand")


def clear_stale_pid(cluster: Path) -> None:
    """Remove a pid file whose number now belongs to an unrelated process, over which PostgreSQL would refuse to start.

    A pid file whose process is gone is left to PostgreSQL, which also looks for backends that outlived it.
    """
    pid = _pid_of(cluster)
    if pid is not None and _exists(pid) and not is_postgres_on(pid, cluster):
        log.warning("postgres.stale_pid_file", pid=pid)
        (cluster / "postmaster.pid").unlink(missing_ok=True)
