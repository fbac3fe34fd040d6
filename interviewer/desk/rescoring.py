"""What ``interviewer rescore`` does, over the same core as the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from interviewer.app import load_library, open_database
from interviewer.desk.errands import Refused
from interviewer.http.problems import Problem
from interviewer.http.running import RunWish, ask_for_run
from interviewer.jobs.judges import judges_from
from interviewer.plans.library import Library
from interviewer.records import runs
from interviewer.records.database import Database
from interviewer.records.runs import ENDED, Progress
from interviewer.records.tables import ScoringRun
from interviewer.settings import Settings
from scoring.rubric_file import RubricFileError, read_rubric

__all__ = ["rescore", "wish"]

LOOK_EVERY_S = 1.0
ALIVE_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class _Desk:
    library: Library
    judges: tuple[str, ...]


def wish(
    *,
    rubric: Path | str | None,
    judge: str | None,
    plan: str | None,
    questions: tuple[str, ...],
    interviews: tuple[str, ...],
    answers: tuple[str, ...],
    after: datetime | None,
    before: datetime | None,
    dry_run: bool,
) -> RunWish | Refused:
    """A file is read here. :class:`Refused` where it cannot be used, to be raised where errors become sentences."""
    try:
        read = read_rubric(rubric) if isinstance(rubric, Path) else rubric
    except RubricFileError as error:
        return Refused(str(error))
    return RunWish(
        rubric=read,
        judge=judge,
        dry_run=dry_run,
        answers=answers,
        interviews=interviews,
        plan=plan,
        questions=questions,
        ended_after=None if after is None else after.replace(tzinfo=UTC),
        ended_before=None if before is None else before.replace(tzinfo=UTC),
        requested_by="command line",
    )


async def rescore(
    settings: Settings, progress: Callable[[str], None], wanted: RunWish | Refused, *, wait: bool
) -> AsyncIterator[str]:
    """The run's id, then, with ``wait``, how it ended; how far it is goes to ``progress``. Raises :class:`Refused`."""
    if isinstance(wanted, Refused):
        raise wanted
    desk = _Desk(load_library(settings), tuple(judges_from(settings.judge_options)))
    async with open_database(settings, progress) as database:
        try:
            async with database.session() as session:
                made = await ask_for_run(session, desk, wanted)
        except Problem as problem:
            raise Refused(problem.detail) from None
        yield made.id
        if not await _somebody_works(database):
            progress("No worker is running now. It begins with `interviewer serve` or `interviewer worker`.")
        if wait:
            async for line in _followed(database, made.id, progress):
                yield line


async def _followed(database: Database, run_id: str, progress: Callable[[str], None]) -> AsyncIterator[str]:
    said = ""
    while True:
        try:
            async with database.session() as session:
                run = await runs.run_row(session, run_id)
                if run is None:
                    raise Refused(f"{run_id} is not there any more.")
                now = (await runs.progress_of(session, [run], datetime.now(UTC)))[run_id]
            line = _line(run, now)
        except OperationalError:
            line, run = "The database does not answer; waiting for it.", None
        if line != said:
            progress(line)
            said = line
        if run is not None and run.status in ENDED:
            yield f"{run.status}: {now.done:,} of {now.total:,} answers, {now.failed:,} set aside"
            if run.status != "completed" or now.failed:
                raise Refused(f"Not every answer was scored; what became of each is shown with {run_id}.")
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _line(run: ScoringRun, now: Progress) -> str:
    left = "" if now.seconds_left is None else f", about {max(1, round(now.seconds_left / 60))} min left"
    held = f" {run.problem}" if run.problem else ""
    return f"{run.status}: {now.done:,} of {now.total:,}, {now.failed:,} set aside, {now.rate:.1f}/s{left}{held}"


async def _somebody_works(database: Database) -> bool:
    alive = text("SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :s) LIMIT 1")
    async with database.session() as session:
        return (await session.execute(alive, {"s": ALIVE_WITHIN_S})).first() is not None
