"""Where the cluster and its socket lie, and under which user PostgreSQL runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog

from interviewer.records.embedded.binaries import MAJOR
from interviewer.records.embedded.process import RunAs, run

__all__ = ["ClusterUnusable", "Place", "decide_place"]

log = structlog.get_logger(__name__)

_SHORT_TEMPORARY = "/tmp"  # noqa: S108 - a folder in it is ours alone or is not used
_SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET = 99
"""Bytes. The kernel's limit is 107 on Linux and 103 on macOS."""


class ClusterUnusable(RuntimeError):
    """The cluster on disk cannot be used as things are. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """``user`` and ``passfile`` only where the service runs as root."""

    folder: Path
    state: Path
    sockets: Path
    user: RunAs | None
    passfile: Path | None

    @property
    def cluster(self) -> Path:
        return self.state / "data"

    @property
    def log(self) -> Path:
        return self.state / "postgres.log"

    @property
    def pointer(self) -> Path:
        return self.folder / "postgres.where"

    def remember(self) -> None:
        """Write down where the cluster is, once there is one and it lies outside the data folder."""
        if self.state.parent != self.folder:
            self.pointer.write_text(f"{self.state}\n")


async def decide_place(folder: Path, user_name: str, shared_state: Path) -> Place:
    """Makes the folders. ``user_name`` and ``shared_state`` matter to root alone. Raises :class:`ClusterUnusable`."""
    if os.geteuid() != 0:
        state, user, passfile = _remembered(folder), None, None
        if state is None:
            state = folder / "postgres"
            _make(state, 0o700, None)
    else:
        user = _unprivileged(user_name)
        state = _remembered(folder) or await _state_for_root(folder, user, shared_state)
        passfile = folder / "postgres.pass"
    _check(state / "data", user)
    return Place(folder, state, _sockets(state, user), user, passfile)


def _unprivileged(name: str) -> RunAs:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ClusterUnusable(f"PostgreSQL does not run as root, and there is no user {name!r} to run it as.") from None
    if entry.pw_uid == 0:
        raise ClusterUnusable(f"PostgreSQL does not run as root; {name!r} is root.")
    return RunAs(name, entry.pw_uid, entry.pw_gid)


def _remembered(folder: Path) -> Path | None:
    pointer = folder / "postgres.where"
    if not pointer.exists():
        return None
    state = Path(pointer.read_text().strip())
    if not (state / "data").is_dir():
        raise ClusterUnusable(
            f"The database of {folder} was kept at {state}, and it is not there any more. Put it back from a "
            f"backup, or delete {pointer} to start with an empty one."
        )
    return state


async def _state_for_root(folder: Path, user: RunAs, shared_state: Path) -> Path:
    """Inside the data folder where ``user`` can get there (tried, not guessed), else under ``shared_state``.

    A closed folder that we did not make (/root) is never opened up.
    """
    inside = folder / "postgres"
    if (inside / "data").is_dir():
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    for state in (inside, shared_state / digest):
        try:
            if state != inside:
                shared_state.parent.mkdir(parents=True, exist_ok=True)
                _make(shared_state, 0o755, None)
            _make(state, 0o711, None)
        except OSError as error:
            log.warning("postgres.place_refused", place=str(state), reason=str(error))
            continue
        if (await run(["/bin/sh", "-c", 'cd "$0"', str(state)], user))[0] == 0:
            return state
        with contextlib.suppress(OSError):  # not empty: then it is not ours to remove
            state.rmdir()
    raise ClusterUnusable(
        f"PostgreSQL runs as {user.name!r}, who can reach neither {folder} nor {shared_state}. Give a data folder "
        "that others may pass through (mode 711), run Melvin as an ordinary user, or set DATABASE_URL."
    )


def _check(cluster: Path, user: RunAs | None) -> None:
    if not cluster.is_dir():
        return
    owner = cluster.stat().st_uid
    wanted = user.uid if user else os.geteuid()
    if owner != wanted:
        raise ClusterUnusable(
            f"The database in {cluster} belongs to user {owner}, and PostgreSQL would run as user {wanted} now. "
            "Run Melvin as the user that made it."
        )
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != str(MAJOR):
        raise ClusterUnusable(
            f"The database in {cluster} is of PostgreSQL {version}; this Melvin has {MAJOR}. Export it with the "
            "Melvin that made it (or pg_dump), and import it into an empty data folder."
        )


def _sockets(state: Path, user: RunAs | None) -> Path:
    """A 0700 folder of the user who runs PostgreSQL, short enough for a socket's path."""
    name = f"melvin-{hashlib.sha256(os.fsencode(state)).hexdigest()[:12]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR") if user is None else None
    elsewhere = [Path(r) / name for r in (runtime, tempfile.gettempdir(), _SHORT_TEMPORARY) if r]
    for folder in (state / "run", *elsewhere):
        if len(os.fsencode(folder / _SOCKET_NAME)) > _LONGEST_SOCKET or not folder.parent.is_dir():
            continue
        try:
            _make(folder, 0o700, user)
        except OSError:  # not ours to write in, or somebody else's folder of that name
            continue
        return folder
    raise ClusterUnusable(
        f"{state} is too long a path for PostgreSQL's socket, and {elsewhere[-1]} cannot be made: give a data folder "
        "with a shorter path, or remove that one."
    )


def _make(folder: Path, mode: int, owner: RunAs | None) -> None:
    """Make a folder of ours. One that is there must be a real folder of the same owner, open to nobody else.

    Raises ``FileExistsError`` for one that another user put there.
    """
    uid = owner.uid if owner else os.geteuid()
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o777 & ~mode:
            raise FileExistsError(f"{folder} is not a folder of user {uid} with mode {mode:o}") from None
        return
    folder.chmod(mode)  # mkdir's mode went through the umask
    if owner:
        os.chown(folder, owner.uid, owner.gid)
