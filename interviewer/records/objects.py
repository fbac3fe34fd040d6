"""Large things: recordings and exports. A local folder by default; S3, Google or Azure storage by URL."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, from_url

__all__ = ["DamagedObject", "ObjectStore"]

Result = TypeVar("Result")
_PIECE = 4 << 20  # bytes in memory at once


class DamagedObject(RuntimeError):
    """What the store holds is not what was put there."""


class ObjectStore:
    """``where`` is a folder, or a URL (``s3://bucket/prefix``, ``gs://...``, ``az://...``; credentials from the
    environment, as the vendor's own tools read them). Keys are relative paths with ``/``.

    What blocks is done on a thread of its own, never on asyncio's default executor, where sound is encoded.
    """

    def __init__(self, where: str | Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="objects")
        self._folder: Path | None = None
        text = str(where)
        if "://" in text and not text.startswith("file://"):
            self._store = from_url(text)
            return
        self._folder = (Path(urlsplit(text).path) if text.startswith("file://") else Path(where)).resolve()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._store = LocalStore(prefix=self._folder)

    async def put_file(self, key: str, path: Path) -> str:
        """Store a file's bytes and return their SHA-256 (hex), checked against what then lies in the store.

        Putting again replaces. Raises :class:`DamagedObject`, or ``OSError`` and obstore's errors.
        """
        return (await self.put_named(lambda _: key, path))[1]

    async def put_named(self, name: Callable[[str], str], path: Path) -> tuple[str, str]:
        """As :meth:`put_file`, under the key that ``name`` makes of the SHA-256; the key, and that."""
        digest, size = await self._in_thread(lambda: _digest(path))
        key = name(digest)
        await obstore.put_async(self._store, key, path)
        await self._settled(key, size)
        return key, digest

    async def put_bytes(self, key: str, data: bytes) -> str:
        """As :meth:`put_file`."""
        digest = hashlib.sha256(data).hexdigest()
        await obstore.put_async(self._store, key, data)
        await self._settled(key, len(data))
        return digest

    async def _settled(self, key: str, size: int) -> None:
        """On the disk, where that is ours, and whole."""
        if self._folder is not None:
            path = self._folder / key
            await self._in_thread(lambda: _sync(path))
        stored = await self.size(key)
        if stored != size:
            raise DamagedObject(f"{key}: {stored} bytes are stored of {size}")

    async def get(self, key: str) -> bytes:
        """All of it. Raises ``FileNotFoundError``."""
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """Bytes [start, end). Raises ``FileNotFoundError``."""
        return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def read_through(self, key: str, sha256: str | None = None) -> AsyncIterator[bytes]:
        """All of it, a piece at a time. Raises ``FileNotFoundError``, and :class:`DamagedObject` after the last piece
        where the whole does not have that ``sha256``."""
        digest, size = hashlib.sha256(), await self.size(key)
        for at in range(0, size, _PIECE):
            piece = await self.get_range(key, at, min(at + _PIECE, size))
            digest.update(piece)
            yield piece
        if sha256 is not None and digest.hexdigest() != sha256:
            raise DamagedObject(f"{key} is damaged: it does not have the SHA-256 that it was stored with")

    async def fetch(self, key: str, path: Path, sha256: str | None = None) -> None:
        """As :meth:`read_through`, into a new file; it is not there where this raises."""
        part = path.with_name(path.name + ".part")
        try:
            with part.open("wb") as file:
                async for piece in self.read_through(key, sha256):
                    await self._in_thread(partial(file.write, piece))
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)

    async def size(self, key: str) -> int:
        """Bytes. Raises ``FileNotFoundError``."""
        return int((await obstore.head_async(self._store, key))["size"])

    async def has(self, key: str) -> bool:
        try:
            await self.size(key)
        except FileNotFoundError:
            return False
        return True

    async def keys_under(self, prefix: str, *, before: datetime | None = None) -> list[str]:
        """Keys that begin with the folder ``prefix``; only of objects stored ``before``, where that is given."""
        found: list[str] = []
        async for part in obstore.list(self._store, prefix=prefix or None):
            found += [meta["path"] for meta in part if before is None or meta["last_modified"] < before]
        return found

    async def delete_under(self, prefix: str) -> int:
        """All that lies in the folder ``prefix``, and how many objects that were. Idempotent."""
        keys = await self.keys_under(prefix)
        for key in keys:
            await self.delete(key)
        if self._folder is not None:
            folder = self._folder / prefix
            await self._in_thread(lambda: _remove_empty(folder))
        return len(keys)

    async def delete(self, key: str) -> None:
        """Idempotent."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size


def _remove_empty(folder: Path) -> None:
    """With empty folders in it, and with what a process that was killed had half written, which the store does not
    list; a folder that somebody puts something into meanwhile stays."""
    for half_written in folder.rglob("*#*"):
        if half_written.name.rpartition("#")[2].isdecimal():
            half_written.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError, OSError):
        for inner in folder.iterdir():
            inner.rmdir()
        folder.rmdir()


def _sync(path: Path) -> None:
    for part in (path, path.parent):
        fd = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
