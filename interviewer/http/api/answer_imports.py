"""/api/v1/answer-imports: answers that were given elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import ListOf
from interviewer.http.api.once import OnceRoute, Transaction
from interviewer.http.body import media_type_of
from interviewer.http.importing import begin_import
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.http.store import store_reached
from interviewer.records import imports, tables
from interviewer.records.imports import ImportStatus, RowStatus
from interviewer.records.pages import UnknownCursor

router = APIRouter(prefix="/answer-imports", tags=["Answer imports"], route_class=OnceRoute)

Writer = Annotated[Caller, Depends(scoped(Scope.ANSWER_IMPORTS_WRITE))]
Reader = Annotated[Caller, Depends(scoped(Scope.ANSWER_IMPORTS_READ))]
Name = Annotated[str | None, Query(max_length=64)]
MEDIA_TYPE = "application/x-ndjson"
LARGEST = 4_000_000
"""Bytes. Larger files: `interviewer import` on the machine, or several imports."""
_BODY = {
    "requestBody": {
        "required": True,
        "description": f"JSON Lines, at most {LARGEST:,} bytes; each line has `key` and `text`, `turns` or `audio`.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


class AnswerImportDocument(BaseModel):
    object: Literal["answer_import"] = "answer_import"
    id: str
    livemode: bool
    status: ImportStatus = Field(
        description="`running` while `pending` rows wait for their sound or for it to be written out; `done` when every"
        " row was dealt with, also where some are wrong"
    )
    question_id: str
    rows: int = Field(description="dealt with so far")
    stored: int
    failed: int
    pending: int = Field(description="whose answer is sound that is not written out yet")
    failure: str | None = Field(description="why it failed, or what it waits for")
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: tables.AnswerImport) -> Self:
        return cls(
            id=row.id,
            livemode=row.livemode,
            status=row.status,  # type: ignore[arg-type] # Pydantic checks it against the names above
            question_id=row.question_id,
            rows=row.rows,
            stored=row.stored,
            failed=row.failed,
            pending=row.pending,
            failure=row.failure,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


class AnswerImportRowDocument(BaseModel):
    object: Literal["answer_import_row"] = "answer_import_row"
    number: int = Field(description="of the line, from 1")
    key: str
    status: RowStatus = Field(
        description="`known`: an answer with this key was imported before. Where the answer is sound: `waiting` for its"
        " file, then `queued` and `transcribing`, before it is `stored` or `failed`"
    )
    audio: str | None = Field(description="what the row calls its file of sound")
    error: str | None
    interview_id: str | None
    answer_id: str | None

    @classmethod
    def of(cls, row: tables.AnswerImportRow) -> Self:
        return cls(
            number=row.number,
            key=row.row_key,
            status=row.status,  # type: ignore[arg-type] # Pydantic checks it against the names above
            audio=row.audio,
            error=row.error,
            interview_id=row.interview_id,
            answer_id=row.answer_id,
        )


@router.post(
    "", status_code=202, operation_id="create_answer_import", summary="Import answers to score", openapi_extra=_BODY
)
async def create(
    request: Request,
    response: Response,
    caller: Writer,
    session: Transaction,
    plan: Name = None,
    question: Name = None,
    rubric: Name = None,
) -> AnswerImportDocument:
    """Each line becomes an answer to `question` of `plan` (or to the first question that `rubric` judges), is scored,
    and can be chosen by scoring runs. Lines are dealt with one by one: a wrong one is told in its row and stops
    nothing. A `key` is one answer for ever, so the same file may be sent again. A line that names a file of sound
    (`audio`) makes a row that waits for that file: send it to `/rows/{number}/audio`."""
    given = media_type_of(request)
    if given != MEDIA_TYPE:
        detail = f"Content-Type must be {MEDIA_TYPE}, not {given or 'missing'}."
        raise Problem(415, "media-type", "This address takes another kind of content", detail, expected=MEDIA_TYPE)
    body = await request.body()
    if len(body) > LARGEST:
        raise Problem(413, "too-large", "That is too much at once", f"At most {LARGEST:,} bytes are taken.")
    rooms = rooms_of(request)
    made = await begin_import(
        session,
        rooms,
        plan=plan,
        question=question,
        rubric=rubric,
        media_type=MEDIA_TYPE,
        livemode=caller.livemode,
        created_by=caller.key_id,
    )
    key = f"imports/{made.id}.jsonl"
    with store_reached("The answers cannot be kept just now", "Nothing was imported. Send them again in a moment."):
        await rooms.objects.put_bytes(key, body)
    await imports.ask_for_import(session, made, key)
    response.headers["Location"] = f"/api/v1/answer-imports/{made.id}"
    return AnswerImportDocument.of(made)


@router.get("", operation_id="list_answer_imports", summary="List imports, newest first")
async def listed(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
) -> ListOf[AnswerImportDocument]:
    async with rooms_of(request).database.session() as session:
        try:
            rows, more = await imports.list_imports(
                session, limit=limit, starting_after=starting_after, livemode=caller.livemode
            )
        except UnknownCursor as error:
            raise Problem(
                422, "cursor-unknown", "The page does not exist", str(error), param="starting_after"
            ) from None
    return ListOf[AnswerImportDocument](data=[AnswerImportDocument.of(row) for row in rows], has_more=more)


@router.get("/{import_id}", operation_id="get_answer_import", summary="Read an import")
async def read(request: Request, caller: Reader, import_id: str) -> AnswerImportDocument:
    async with rooms_of(request).database.session() as session:
        found = await imports.answer_import(session, import_id, livemode=caller.livemode)
    return AnswerImportDocument.of(there(found, import_id))


@router.get(
    "/{import_id}/rows", operation_id="list_answer_import_rows", summary="List an import's rows, as in the file"
)
async def rows(
    request: Request,
    caller: Reader,
    import_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[int, Query(ge=0, le=2_000_000_000, description="a row's number")] = 0,
    status: Annotated[RowStatus | None, Query()] = None,
) -> ListOf[AnswerImportRowDocument]:
    async with rooms_of(request).database.session() as session:
        found = there(await imports.answer_import(session, import_id, livemode=caller.livemode), import_id)
        data, more = await imports.import_rows(session, found.id, after=starting_after, limit=limit, status=status)
    return ListOf[AnswerImportRowDocument](data=[AnswerImportRowDocument.of(row) for row in data], has_more=more)


def there(found: tables.AnswerImport | None, import_id: str) -> tables.AnswerImport:
    if found is None:
        detail = f"No import has the id {import_id}."
        raise Problem(404, "not-found", "There is no such import", detail, param="import_id")
    return found
