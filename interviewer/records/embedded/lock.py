"""One service on one data folder."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

__all__ = ["DataFolderInUse", "DataFolderLock"]


class DataFolderInUse(RuntimeError):
    """Another service runs on this data folder. ``pid`` is its process, where the lock file names one."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{folder} is in use by {who}. Stop that one first, or give this one a data folder of its own."
        )
        self.folder = folder
        self.pid = pid


class DataFolderLock:
    """An flock: the kernel lets go of it when the process ends, however it ends, so it is never stale."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "melvin.lock"
        self._fd: int | None = None

    def acquire(self) -> None:
        """Makes the folder (0700) where it is missing. Raises :class:`DataFolderInUse`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = _pid_in(fd)
            os.close(fd)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise DataFolderInUse(self.folder, pid) from None
            raise
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def held_by_other(self) -> bool:
        """Whether a service runs on the folder now; this lock must not be acquired."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def __enter__(self) -> DataFolderLock:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def _pid_in(fd: int) -> int | None:
    text = os.pread(fd, 32, 0).decode(errors="replace").strip()
    return int(text) if text.isdecimal() else None
