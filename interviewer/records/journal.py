"""An interview's event log on the local disk: what is appended here is never lost, whatever the database does.

One file of JSON lines for each interview, synced to the disk before ``append`` returns. Appends that come while a
sync is under way share the next one. The work is done on a thread of the journal's own, never on asyncio's default
executor, where sound is encoded.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import Histogram

__all__ = ["Entry", "Journal", "journal_path", "parse_lines"]

Entry = dict[str, Any]

log = structlog.get_logger(__name__)

JOURNAL_SECONDS = Histogram(
    "melvin_journal_write_seconds",
    "Time to write events to the journal and have them on the disk.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)


def journal_path(folder: Path, interview_id: str) -> Path:
    return folder / f"{interview_id}.jsonl"


def parse_lines(raw: bytes) -> tuple[list[Entry], int]:
    """The entries, and how many bytes of ``raw`` they take: all whole lines up to the first that is no entry."""
    entries: list[Entry] = []
    used = 0
    for line in raw.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not isinstance(entry, dict):
            break
        entries.append(entry)
        used += len(line)
    return entries, used


class Journal:
    """``folder`` holds the journals of all interviews of this machine. An interview has one writer at a time, and
    writes each entry's ``lease`` beside it (see ``leases``)."""

    def __init__(self, folder: Path, interview_id: str, lease: int = 0) -> None:
        self.interview_id = interview_id
        self._lease = {"lease": lease} if lease else {}
        self._path = journal_path(folder, interview_id)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._fd: int | None = None
        self._length = 0
        self._pending: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Returns when they are on the disk. Raises ``OSError`` (a full disk), and then none of them is in the file.

        An entry is a JSON object with at least ``seq``, ``at`` and ``kind``.
        """
        marked = ({**e, **self._lease} for e in entries)
        lines = b"".join(json.dumps(e, ensure_ascii=True, separators=(",", ":")).encode() + b"\n" for e in marked)
        if not lines:
            return
        written = asyncio.get_running_loop().create_future()
        self._pending.append((lines, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_pending(), name="journal")
        # A caller that is cancelled does not take the others' sync with it.
        await asyncio.shield(written)

    def read(self) -> list[Entry]:
        """Every entry on the disk, in order; a torn last line was never acknowledged and is left out."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return []
        return parse_lines(raw)[0]

    async def close(self) -> None:
        """Everything appended is on the disk when it returns. Idempotent."""
        if self._writer is not None:
            await self._writer
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._thread.shutdown(wait=False)

    async def _write_pending(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                await loop.run_in_executor(self._thread, self._write, b"".join(lines for lines, _ in batch))
            except OSError as error:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)

    @JOURNAL_SECONDS.time()
    def _write(self, lines: bytes) -> None:
        if self._fd is None:
            self._fd, self._length = _open(self._path)
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            _sync(self._fd)
        except OSError:
            os.ftruncate(self._fd, self._length)
            raise
        self._length += len(lines)


def _open(path: Path) -> tuple[int, int]:
    """A descriptor that appends after the last whole entry, and where that ends."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        raw = path.read_bytes()
        _, used = parse_lines(raw)
        tail = raw[used:]
        if b"\n" in tail:
            # More than a torn last line: the disk lost something. Keep what is there for a person to read.
            path.with_suffix(".damaged").write_bytes(tail)
            log.error("journal.damaged", interview=path.stem, lost_bytes=len(tail))
        if tail:
            os.ftruncate(fd, used)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # the file's name, too, is on the disk
        finally:
            os.close(folder)
    except BaseException:
        os.close(fd)
        raise
    return fd, used


def _sync(fd: int) -> None:
    if sys.platform == "darwin":
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # there, fsync leaves data in the disk's own cache
    else:
        os.fdatasync(fd)
