"""Answers from elsewhere, from JSON Lines: ``{"key": ..., "text": ...}``; instead of a text turns with their times, or
the name of a file of sound, which follows (``imported_sound``).

Lines are taken a hundred at a time, so a file of any length needs the memory of a hundred answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from interviewer.conversation.script import Script, ScriptQuestion
from interviewer.jobs.defer import SCORE
from interviewer.jobs.work import Work
from interviewer.plans.bundle import PlanBundle
from interviewer.records import imports
from interviewer.records.database import Database
from interviewer.records.imported_answers import Answered, NewRow
from interviewer.records.plan_versions import plan_version
from interviewer.records.removals import may_remove
from interviewer.records.tables import AnswerImport, PlanVersion
from scoring.transcript import Mode, Side, Transcript, Turn

__all__ = [
    "AT_ONCE",
    "LONGEST_LINE",
    "SCORED_BY",
    "ImportedAnswer",
    "answered_in",
    "import_answers",
    "import_lines",
    "read_line",
    "remove_left_files",
]

AT_ONCE = 100
LONGEST_LINE = 1_000_000
"""Characters of a line: an hour of speech has 60,000."""
SCORED_BY = SCORE, "score"
"""Task and queue."""
Text = Annotated[str, Field(min_length=1, max_length=200_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]

log = structlog.get_logger(__name__)


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ImportedTurn(_In):
    text: Text
    side: Literal["candidate", "melvin"] = "candidate"
    start: Seconds = 0.0
    end: Seconds = 0.0


class ImportedAnswer(_In):
    """``candidate`` is for recruiters and never given to a judge; the key stands in for it."""

    key: str = Field(min_length=1, max_length=200)
    text: Text | None = None
    turns: list[ImportedTurn] = Field(default_factory=list, max_length=1000)
    audio: str | None = Field(default=None, min_length=1, max_length=255)
    candidate: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is not None) + bool(self.turns) + (self.audio is not None) != 1:
            raise ValueError("give either text or turns or audio")
        if self.turns and not any(turn.side == "candidate" for turn in self.turns):
            raise ValueError("no turn is the candidate's")
        return self

    def transcript(self, language: str, question_id: str) -> dict[str, Any]:
        turns = self.turns or [ImportedTurn(text=self.text or "")]
        mode = Mode.SPOKEN if self.turns else Mode.TYPED
        return Transcript(
            language,
            tuple(Turn(Side(t.side), mode, t.text, t.start, max(t.start, t.end), question_id) for t in turns),
        ).to_dict()


def read_line(number: int, line: str, language: str, question_id: str) -> NewRow:
    """A wrong line becomes a row that says what is wrong with it, without its words."""
    if len(line) > LONGEST_LINE:
        return NewRow(number, "", error=f"The line has more than {LONGEST_LINE:,} characters.")
    if "\0" in line or "\\u0000" in line:  # PostgreSQL keeps no such text, and one row must not stop the others
        return NewRow(number, "", error="The line holds a NUL character.")
    if "\ufffd" in line:  # what readers put for bytes that are no UTF-8: words would be lost for good
        return NewRow(number, "", error="The line is not in UTF-8. Please save the file as UTF-8 and send it again.")
    try:
        answer = ImportedAnswer.model_validate_json(line)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        return NewRow(number, "", error=f"{where}: {found['msg']}" if where else str(found["msg"]))
    if answer.audio is not None:
        return NewRow(number, answer.key, answer.candidate, audio=answer.audio)
    return NewRow(number, answer.key, answer.candidate, answer.transcript(language, question_id))


def answered_in(plan: PlanVersion, question_id: str) -> tuple[PlanBundle, Answered]:
    """The plan, and what an answer to that question of it stands in."""
    bundle = PlanBundle.from_dict(plan.body)
    question = next(q for q in bundle.plan.questions if q.id == question_id)
    asked = ScriptQuestion(question.id, question.kind, question.title, question.text, question.text, 0.0, (), 0, ())
    script = Script(bundle.plan.title, bundle.plan.language, (asked,), {}).to_dict()
    return bundle, Answered(plan.name, question.kind, script)


async def import_lines(database: Database, made: AnswerImport, lines: Iterable[str]) -> AsyncIterator[int]:
    """Go through the lines, behind those that are done already; tells the number of the last row after each hundred."""
    async with database.session() as session:
        plan = await plan_version(session, made.plan_id)
        done = await imports.rows_done(session, made.id)
    if plan is None:
        raise RuntimeError("the import's plan is gone")
    bundle, answered = answered_in(plan, made.question_id)
    left = _behind(lines, done, bundle.plan.language, made.question_id)
    while rows := list(islice(left, AT_ONCE)):
        async with database.session() as session:
            await imports.put_rows(session, made, rows, answered=answered, now=datetime.now(UTC), score=SCORED_BY)
        yield rows[-1].number
    async with database.session() as session:
        await imports.finish_import(session, made.id, datetime.now(UTC))


def _behind(lines: Iterable[str], done: int, language: str, question_id: str) -> Iterator[NewRow]:
    """Empty lines count, so that numbers are those that an editor shows, and become nothing."""
    for number, line in enumerate(lines, start=1):
        if number > done and line.strip():
            yield read_line(number, line, language, question_id)


async def import_answers(work: Work, import_id: str) -> None:
    """The file of one import, which goes when its rows are done. Idempotent."""
    async with work.database.session() as session:
        made = await imports.answer_import(session, import_id)
    if made is None or made.object_key is None:
        return
    if made.status == "waiting":
        try:
            text = (await work.objects.get(made.object_key)).decode("utf-8", "replace")
        except FileNotFoundError:
            failure = "The file is gone. Please send it again."
            async with work.database.session() as session:
                await imports.finish_import(session, made.id, datetime.now(UTC), failure)
        else:
            last = 0
            async for number in import_lines(work.database, made, text.split("\n")):
                last = number
            log.info("import.done", import_id=made.id, rows=last)
    await _forget(work, made.id, made.object_key)


async def remove_left_files(work: Work) -> None:
    """Of imports that are over: those that were given up, or whose worker died before the last step."""
    async with work.database.session() as session:
        left = await imports.imports_with_files(session)
    for import_id, key in left:
        await _forget(work, import_id, key)


async def _forget(work: Work, import_id: str, key: str) -> None:
    """The name goes last: a file with candidates' words that no row names would never be deleted. While a backup is
    made both stay, and a later look removes them."""
    async with work.database.session() as session:
        if await may_remove(session):
            await work.objects.delete(key)
            await imports.file_removed(session, import_id)
