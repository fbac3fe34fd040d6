"""/api/v1/answer-imports/{id}/rows/{number}/audio: the file of sound that a row of an import waits for."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Request

from interviewer.http.api.answer_imports import AnswerImportRowDocument, Writer, there
from interviewer.http.body import media_type_of, read_to_file
from interviewer.http.problems import Problem
from interviewer.http.rooms import Rooms, rooms_of
from interviewer.http.store import store_reached
from interviewer.media.sound_file import HEAD, KINDS, LARGEST, kind_of
from interviewer.records import imported_sound, imports
from interviewer.records.tables import AnswerImportRow

__all__ = ["LARGEST", "PATH", "router"]

router = APIRouter(prefix="/answer-imports", tags=["Answer imports"])

PATH = re.compile(r"^/api/v1/answer-imports/[^/]+/rows/[^/]+/audio$")
MEDIA_TYPES = (
    "audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/mpeg", "audio/webm", "video/webm", "audio/ogg", "audio/flac",
    "audio/mp4", "application/octet-stream",
)  # fmt: skip
_BODY = {
    "requestBody": {
        "required": True,
        "description": f"{KINDS}, at most {LARGEST:,} bytes and an hour. Announce its length (`Content-Length`).",
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES},
    }
}


@router.put(
    "/{import_id}/rows/{number}/audio",
    status_code=202,
    operation_id="put_answer_import_audio",
    summary="Send the sound that a row waits for",
    openapi_extra=_BODY,
)
async def put(
    request: Request,
    caller: Writer,
    import_id: str,
    number: Annotated[int, Path(ge=1, le=2_000_000_000, description="of the row's line, from 1")],
) -> AnswerImportRowDocument:
    """The body is the file as it is. The same file again changes nothing, so what was cut off is sent again: rows of
    the status `waiting` are those whose file is not there. It is then written out (`queued`, `transcribing`) and
    becomes an answer (`stored`), or the row says why it cannot (`failed`)."""
    rooms = rooms_of(request)
    if media_type_of(request) not in MEDIA_TYPES:
        raise Problem(
            415, "media-type", "This address takes another kind of content",
            f"Content-Type must be one of {', '.join(MEDIA_TYPES)}.", expected=list(MEDIA_TYPES),
        )  # fmt: skip
    await _row(rooms, import_id, number, caller.livemode)
    with tempfile.TemporaryDirectory(prefix="melvin-upload-") as temporary:
        file = FilePath(temporary) / "sent"
        head, sha256 = await read_to_file(request, file, LARGEST, HEAD)
        row = await _row(rooms, import_id, number, caller.livemode)
        if row.sha256 is None:
            if kind_of(head) is None:
                raise Problem(422, "not-audio", "This file is not taken", f"It is not {KINDS}.")
            await _keep(rooms, row, file, sha256)
            row = await _row(rooms, import_id, number, caller.livemode)
    if row.sha256 != sha256:
        raise Problem(409, "audio-differs", "Another file came for this row", "A row's file is never changed.")
    return AnswerImportRowDocument.of(row)


async def _row(rooms: Rooms, import_id: str, number: int, livemode: bool) -> AnswerImportRow:
    async with rooms.database.session() as session:
        made = there(await imports.answer_import(session, import_id, livemode=livemode), import_id)
        row = await imported_sound.import_row(session, import_id, number)
    if row is None and made.status == "waiting":
        raise Problem(
            409, "rows-not-read", "The import's rows are not read yet", "Send it again in a moment.",
            headers={"Retry-After": "2"},
        )  # fmt: skip
    if row is None:
        raise Problem(404, "not-found", "There is no such row", f"The import has no row {number}.", param="number")
    if row.sha256 is None and row.status != "waiting":
        raise Problem(409, "no-audio-wanted", "This row waits for no file", f"Its status is {row.status}.")
    return row


async def _keep(rooms: Rooms, row: AnswerImportRow, file: FilePath, sha256: str) -> None:
    key = imported_sound.sound_key(row.import_id, row.number, sha256)
    with store_reached("The file cannot be kept just now", "Nothing was changed."):
        await rooms.objects.put_file(key, file)
    async with rooms.database.session() as session:
        taken = await imported_sound.take_sound(session, row.import_id, row.number, key, sha256)
    if not taken:
        async with rooms.database.session() as session:
            now = await imported_sound.import_row(session, row.import_id, row.number)
        if now is None or now.object_key != key:  # another file came at the same time, or the row is over
            await rooms.objects.delete(key)
