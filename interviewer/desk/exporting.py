"""``interviewer export``: interviews as files that other programs and people read, as recruiters download them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi.encoders import jsonable_encoder

from interviewer import __version__
from interviewer.app import open_database
from interviewer.desk.errands import Refused
from interviewer.http.documents import (
    answers_csv,
    interview_document,
    scorecards_document,
    transcript_document,
    webvtt_document,
)
from interviewer.http.problems import Problem
from interviewer.http.review import Review, gather
from interviewer.records import scorecards
from interviewer.records.database import Database
from interviewer.records.objects import DamagedObject, ObjectStore
from interviewer.records.tables import ScorecardRow
from interviewer.settings import Settings

__all__ = ["export"]

Progress = Callable[[str], None]


async def export(settings: Settings, progress: Progress, ids: tuple[str, ...], folder: Path) -> AsyncIterator[str]:
    """A line for each interview that is in ``folder``, in a folder of its id: whole, or not there.

    Raises :class:`Refused` at the first that cannot be exported. Nothing is written anywhere else.
    """
    objects = ObjectStore(settings.objects_place)
    async with open_database(settings, progress) as database:
        for interview_id in ids:
            target = folder / interview_id
            try:
                review, cards = await _read(database, interview_id)
                files = await _write(review, cards, objects, target)
            except Problem as problem:
                raise Refused(f"{interview_id}: {problem.detail or problem.title}") from None
            except FileExistsError:
                raise Refused(f"{target} is there already: remove it, or name another folder.") from None
            except (DamagedObject, FileNotFoundError) as error:
                raise Refused(f"{interview_id} is not exported: {error}") from None
            yield f"{target}: {files} files"
    yield "What was exported is not deleted with the interview: that is for you to do."


async def _read(database: Database, interview_id: str) -> tuple[Review, list[ScorecardRow]]:
    async with database.session() as session:
        review = await gather(session, interview_id)
        return review, await scorecards.all_scorecards_of(session, interview_id)


async def _write(review: Review, cards: list[ScorecardRow], objects: ObjectStore, target: Path) -> int:
    part = target.with_name(f".{target.name}.part")
    await asyncio.to_thread(_make, target, part)
    try:
        for recording in review.recordings:
            name = f"{recording.side}{Path(recording.object_key).suffix}"
            await objects.fetch(recording.object_key, part / name, recording.sha256)
        for number, segment in enumerate(review.camera, start=1):
            name = f"camera-{number}{Path(segment.object_key).suffix}"
            await objects.fetch(segment.object_key, part / name, segment.sha256)
        await asyncio.to_thread(_write_documents, review, cards, part)
        return await asyncio.to_thread(_finish, review, part, target)
    finally:
        await asyncio.to_thread(shutil.rmtree, part, ignore_errors=True)


def _make(target: Path, part: Path) -> None:
    if target.exists():
        raise FileExistsError(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(part, ignore_errors=True)  # of an export that was ended
    part.mkdir(mode=0o700)


def _write_documents(review: Review, cards: list[ScorecardRow], part: Path) -> None:
    _json(part / "interview.json", interview_document(review, cards))
    _json(part / "scorecards.json", scorecards_document(review, cards))
    (part / "answers.csv").write_text(answers_csv(review), "utf-8")
    if review.shown is not None:
        _json(part / "transcript.json", transcript_document(review))
        (part / "transcript.vtt").write_text(webvtt_document(review), "utf-8")


def _finish(review: Review, part: Path, target: Path) -> int:
    files = {path.name: _described(path) for path in sorted(part.iterdir())}
    made = {
        "object": "export", "interview_id": review.interview.id, "melvin": __version__,
        "made_at": datetime.now(UTC).isoformat(), "files": files,
    }  # fmt: skip
    _json(part / "manifest.json", made)
    part.rename(target)
    return len(files) + 1


def _described(path: Path) -> dict[str, Any]:
    path.chmod(0o600)
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": os.fstat(file.fileno()).st_size}


def _json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(jsonable_encoder(document), ensure_ascii=False, indent=2) + "\n", "utf-8")
