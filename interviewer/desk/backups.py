"""``interviewer backup`` and ``restore``: everything that Melvin keeps, into one file and out of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from interviewer import __version__
from interviewer.app import database_url, embedded
from interviewer.desk.errands import Refused
from interviewer.records.backup import (
    ArchiveWriter,
    BackupUnusable,
    Manifest,
    OpenedBackup,
    Snapshot,
    check_empty,
    check_known,
    load_tables,
    snapshot,
)
from interviewer.records.objects import DamagedObject, ObjectStore
from interviewer.records.removals import AnotherBackup, RemovalsWentOn, removals_held
from interviewer.settings import Settings

__all__ = ["BackupIncomplete", "backup", "restore"]

Progress = Callable[[str], None]

_OF_RUNNING_INTERVIEWS = ("journals", "recordings")
_OWN_FOLDERS = {"prompts": "prompts_folder", "calibrations": "calibrations_folder"}
_NEVER_KEPT = {"database_url", "judge_key", "ice_servers", "data_folder", "objects", "host", "port"}
"""Secrets, and what belongs to a machine and not to the service."""


class BackupIncomplete(Refused):
    """The backup is made, and something that the database names is not in it, or not whole; the message says what."""


async def backup(settings: Settings, progress: Progress, target: Path, *, with_objects: bool = True) -> list[str]:
    """Lines that say what was kept. Raises :class:`Refused`, and :class:`BackupIncomplete` after all that is there was
    kept."""
    async with database_url(settings, progress) as url:
        try:
            return await asyncio.to_thread(_backup, settings, progress, url, target, with_objects)
        except FileExistsError:
            raise Refused(f"{target} is there already: name another file.") from None
        except BackupUnusable as error:
            raise Refused(str(error)) from None
        except AnotherBackup:
            raise Refused(
                "Another backup of this database is being made, or jobs remove what is used up: try again in a minute."
            ) from None
        except RemovalsWentOn:
            raise Refused("The database went away while the backup was made: make it again.") from None


def _backup(settings: Settings, progress: Progress, url: str, target: Path, with_objects: bool) -> list[str]:
    made_at = datetime.now(UTC)
    if target.is_dir():
        target /= f"melvin-{made_at:%Y%m%dT%H%M%SZ}.tar"
    if not target.parent.is_dir():
        raise BackupUnusable(f"There is no folder {target.parent}.")
    left_out: list[str] = []
    lost: list[str] = []
    with ArchiveWriter(target) as archive:
        with removals_held(url) if with_objects else nullcontext():
            with snapshot(url) as database:
                interviews, known, sequences = database.interviews(), database.known_objects(), database.sequences()
                _add_files(archive, settings, interviews)
                progress("Reading the database")
                tables = database.write_tables(archive)
                made_of = _made_of(database)
            if with_objects:
                progress("Reading recordings")
                objects = ObjectStore(settings.objects_place)
                missing, damaged = asyncio.run(_add_objects(archive, objects, interviews, known))
                with snapshot(url) as now:  # what a person deletes is held by nobody
                    deleted = _deleted(missing, now)
                left_out = [f"{key} was deleted while the backup was made." for key in deleted]
                lost = [
                    *(f"{key} is missing: the database knows it, and the object store does not."
                      for key in missing if key not in deleted),
                    *(f"{key} is damaged: it does not have the SHA-256 that the database names." for key in damaged),
                ]  # fmt: skip
        manifest = Manifest(
            made_at=made_at.isoformat(), melvin=__version__, tables=tables, sequences=sequences,
            has_objects=with_objects, settings=_kept_settings(settings), left_out=[*left_out, *lost], **made_of,
        )  # fmt: skip
        archive.finish(manifest)
    rows = sum(one["rows"] for one in tables.values())
    count = sum(name.startswith("objects/") for name in archive.members)
    told = [
        f"{target}: {rows} rows of {len(tables)} tables, {count} objects, {target.stat().st_size / 1e6:.1f} MB",
        "It holds names, voices and words of candidates and the secrets that sign webhooks: keep it as you keep those.",
        *left_out,
    ]
    if lost:
        raise BackupIncomplete("\n".join([*told, *lost]))
    return told


def _made_of(database: Snapshot) -> dict[str, Any]:
    return {"schema_revision": database.schema_revision, "queue_version": database.queue_version}


def _add_files(archive: ArchiveWriter, settings: Settings, interviews: set[str]) -> None:
    for name in _OF_RUNNING_INTERVIEWS:
        for path in _files(settings.data_folder / name):
            inside = path.relative_to(settings.data_folder / name)
            if inside.parts[0].partition(".")[0] in interviews:
                try:
                    archive.add_file(f"{name}/{inside.as_posix()}", path)
                except FileNotFoundError:  # stored as an object meanwhile, or deleted
                    continue
    for name, setting in _OWN_FOLDERS.items():
        folder = getattr(settings, setting)
        for path in _files(folder) if folder else ():
            archive.add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


async def _add_objects(
    archive: ArchiveWriter, objects: ObjectStore, interviews: set[str], known: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Keys of those that are missing, and of those that do not have the hash that their row names: they are kept as
    they are."""
    there = set(await objects.keys_under(""))
    missing, damaged = sorted(known.keys() - there), []
    for key in sorted(there):
        owner = _owner(key)
        if owner is not None and owner not in interviews:
            continue  # of an interview that began after the snapshot
        with tempfile.TemporaryDirectory(dir=archive.path.parent, prefix=".object-") as spool:
            path = Path(spool) / "object"
            try:
                await objects.fetch(key, path)
            except FileNotFoundError:
                missing.append(key)
                continue
            digest = archive.add_file(f"objects/{key}", path)
        if known.get(key, digest) != digest:
            damaged.append(key)
    return missing, damaged


def _owner(key: str) -> str | None:
    """The interview that an object belongs to."""
    return next((part for part in key.split("/") if part.startswith("int_")), None)


def _deleted(missing: list[str], now: Snapshot) -> list[str]:
    """Those whose interview is gone, or that belong to none and that no row names any more."""
    interviews, named = now.interviews(), now.known_objects()
    return [key for key in missing if (key not in named if (owner := _owner(key)) is None else owner not in interviews)]


def _kept_settings(settings: Settings) -> dict[str, Any]:
    kept = settings.model_dump(mode="json", exclude=_NEVER_KEPT, exclude_defaults=True)
    return {name: _without_password(value) if isinstance(value, str) else value for name, value in kept.items()}


def _without_password(value: str) -> str:
    parts = urlsplit(value) if "://" in value else None
    if parts is None or "@" not in parts.netloc:
        return value
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


async def restore(settings: Settings, progress: Progress, source: Path) -> list[str]:
    """Lines that say what is there now. Raises :class:`Refused`; nothing is written before the whole backup was checked
    and the target was found empty."""
    try:
        opened = await asyncio.to_thread(OpenedBackup, source, progress)
        try:
            check_known(opened.manifest)
            return await _restore(settings, progress, opened)
        finally:
            opened.close()
    except (BackupUnusable, DamagedObject) as error:
        raise Refused(str(error)) from None


async def _restore(settings: Settings, progress: Progress, opened: OpenedBackup) -> list[str]:
    manifest, folder = opened.manifest, settings.data_folder
    found = await asyncio.to_thread(_in_use, folder)
    if found:
        raise Refused(
            f"{folder} is not empty (it has {found[0]}). A backup is restored into a fresh data folder only: set "
            "MELVIN_DATA_FOLDER to a new one."
        )
    if settings.database_url:
        await asyncio.to_thread(check_empty, settings.database_url)
    objects = ObjectStore(settings.objects_place)
    if manifest.has_objects and await objects.keys_under(""):
        raise Refused("The object store is not empty: set MELVIN_OBJECTS to a new folder, bucket or prefix.")
    async with AsyncExitStack() as stack:
        own = settings.database_url
        url = own if own else await stack.enter_async_context(embedded(settings, progress))
        try:
            progress("Writing the database")
            rows = await asyncio.to_thread(load_tables, url, opened)
            progress("Writing recordings")
            await _put_objects(objects, opened)
            for name in (*_OF_RUNNING_INTERVIEWS, *_OWN_FOLDERS):
                for member in opened.names_under(name):
                    opened.write_out(member, folder / member)
        except BaseException:
            progress(
                f"The restore did not finish. {folder} and the database are incomplete: remove them, then try again."
            )
            raise
    return [
        f"{rows} rows and {len(opened.names_under('objects'))} objects are back as they were on "
        f"{manifest.made_at[:16].replace('T', ' ')} UTC.",
        *(
            []
            if manifest.has_objects
            else ["The backup was made without objects: MELVIN_OBJECTS must name their place."]
        ),
        *manifest.left_out,
        *_differing(settings, manifest, folder),
        "What was deleted since then is back, too: delete it again. Retention is applied by itself.",
    ]


def _in_use(folder: Path) -> list[str]:
    """What lies in the folder, besides the cache and empty folders."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path.name for path in inside if path.name != "cache" and not (path.is_dir() and not any(path.iterdir()))]


async def _put_objects(objects: ObjectStore, opened: OpenedBackup) -> None:
    for member in opened.names_under("objects"):
        with tempfile.TemporaryDirectory(prefix="melvin-restore-") as spool:
            path = Path(spool) / "object"
            opened.write_out(member, path)
            digest = await objects.put_file(member.removeprefix("objects/"), path)
        if digest != opened.manifest.members[member]["sha256"]:
            raise DamagedObject(f"{member} is not what the backup holds")


def _differing(settings: Settings, manifest: Manifest, folder: Path) -> Iterator[str]:
    now = _kept_settings(settings)
    for name, value in manifest.settings.items():
        own = next((kind for kind, setting in _OWN_FOLDERS.items() if setting == name), None)
        if own is not None and (folder / own).is_dir():
            yield f"MELVIN_{name.upper()} was set: its files are in {folder / own}."
        elif now.get(name) != value:
            yield f"MELVIN_{name.upper()} was {value} where the backup was made."
