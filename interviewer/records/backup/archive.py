"""The file of a backup: written member by member with its hash, and believed only after all hashes were compared."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any

__all__ = ["FORMAT", "ArchiveWriter", "BackupUnusable", "Manifest", "OpenedBackup"]

FORMAT = 1
_MANIFEST, _MANIFEST_HASH = "manifest.json", "manifest.sha256"
_CHUNK = 1 << 20


class BackupUnusable(RuntimeError):
    """A backup cannot be made or restored as things are. The message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``tables`` maps a table to {"columns", "rows"}, ``sequences`` one to its last value, ``members`` each member to
    {"sha256", "bytes"}. ``left_out`` are sentences about what could not be read."""

    made_at: str
    melvin: str
    schema_revision: str
    queue_version: str
    tables: dict[str, dict[str, Any]]
    sequences: dict[str, int]
    has_objects: bool
    settings: dict[str, Any]
    left_out: list[str] = field(default_factory=list)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT


class _Hashing:
    """Reads through and remembers the hash and the length of what was read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.length = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        self.length += len(data)
        return data


class ArchiveWriter:
    """Writes beside ``path`` and moves the file there when it is whole, so that a backup that is there is a whole one.

    Only its owner may read it. ``FileExistsError`` where ``path`` is there already.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(path)
        self.path = path
        self._part = path.with_name(path.name + ".part")
        fd = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(fd, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see __exit__
        self.members: dict[str, dict[str, Any]] = {}

    def add_bytes(self, name: str, data: bytes) -> str:
        return self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> str:
        """Its bytes as they are now: what is appended meanwhile is left out. Returns the SHA-256."""
        with path.open("rb") as file:
            return self._add(name, file, os.fstat(file.fileno()).st_size)

    def finish(self, manifest: Manifest) -> Path:
        body = json.dumps(asdict(manifest) | {"members": self.members}, ensure_ascii=False, indent=1).encode()
        self._add(_MANIFEST, io.BytesIO(body), len(body))
        self.add_bytes(_MANIFEST_HASH, hashlib.sha256(body).hexdigest().encode())
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self.path)
        return self.path

    def _add(self, name: str, source: IO[bytes], size: int) -> str:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashing = _Hashing(source)
        self._tar.addfile(member, hashing)
        digest = hashing.digest.hexdigest()
        self.members[name] = {"sha256": digest, "bytes": size}
        return digest

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


class OpenedBackup:
    """A backup whose every member has the hash that the manifest names. Raises :class:`BackupUnusable` where one has
    not, and for a file that is no backup or comes from a later Melvin."""

    def __init__(self, path: Path, progress: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by close()
        except FileNotFoundError:
            raise BackupUnusable(f"There is no file {path}.") from None
        except (tarfile.TarError, OSError) as error:
            raise BackupUnusable(f"{path} is not a backup of Melvin, or its beginning is damaged ({error}).") from None
        try:
            progress("Checking the backup")
            self.manifest = self._checked()
        except (tarfile.TarError, OSError, EOFError) as error:
            self.close()
            raise BackupUnusable(f"{path} is damaged: it cannot be read to its end ({error}).") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._tar.close()

    def names_under(self, folder: str) -> list[str]:
        return [name for name in self.manifest.members if name.startswith(f"{folder}/")]

    def open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(name)
        if found is None:
            raise BackupUnusable(f"{self.path} is damaged: {name} is not a file.")
        return found

    def write_out(self, name: str, target: Path) -> None:
        """Raises :class:`BackupUnusable` for a name that leads out of its folder."""
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise BackupUnusable(f"{self.path} holds {name!r}, which no backup of Melvin does.")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.open(name) as source, target.open("xb") as file:
            target.chmod(0o600)
            for chunk in iter(lambda: source.read(_CHUNK), b""):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def _checked(self) -> Manifest:
        found: dict[str, dict[str, Any]] = {}
        kept: dict[str, bytes] = {}
        for member in self._tar:
            source = self._tar.extractfile(member)
            if source is None:
                raise BackupUnusable(f"{self.path} is damaged: {member.name} is not a file.")
            hashing = _Hashing(source)
            pieces = list(_read_through(hashing, keep=member.name in (_MANIFEST, _MANIFEST_HASH)))
            if pieces:
                kept[member.name] = b"".join(pieces)
            found[member.name] = {"sha256": hashing.digest.hexdigest(), "bytes": hashing.length}
        if _MANIFEST not in kept or _MANIFEST_HASH not in kept:
            raise BackupUnusable(f"{self.path} is not a backup of Melvin, or its end is missing: it has no manifest.")
        if found.pop(_MANIFEST)["sha256"].encode() != kept[_MANIFEST_HASH].strip():
            raise BackupUnusable(f"{self.path} is damaged: its manifest does not have the hash that stands beside it.")
        found.pop(_MANIFEST_HASH)
        manifest = json.loads(kept[_MANIFEST])
        if manifest.get("format") != FORMAT:
            raise BackupUnusable(
                f"{self.path} was made by a later Melvin ({manifest.get('melvin')}): install that one."
            )
        for name in sorted({*found, *manifest["members"]}):
            if found.get(name) != manifest["members"].get(name):
                raise BackupUnusable(f"{self.path} is damaged: {name} is not what was put there. Take another backup.")
        return Manifest(**manifest)


def _read_through(source: _Hashing, *, keep: bool) -> Iterator[bytes]:
    while data := source.read(_CHUNK):
        if keep:
            yield data
