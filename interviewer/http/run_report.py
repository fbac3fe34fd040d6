"""A scoring run's report: how the levels lay before and after, how far their order held, and who crosses the cut."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from interviewer.records.database import Database
from interviewer.records.run_report import Cell, Changed, HumanCell, cells, changed_rows, crossing, human_cells
from scoring.agreement import quadratic_weighted_kappa, spearman

__all__ = ["LISTED", "CriterionReport", "RunReport", "WithPeople", "csv_response", "report_of", "safe_cell"]

LEVELS = (1, 2, 3, 4, 5)
LISTED = 100
"""Crossings that a report names; the CSV has every answer."""
_COLUMNS = (
    "interview_id", "answer_id", "question_id", "status", "criterion", "before_level", "before_expected", "after_level",
    "after_expected", "scorecard_id", "error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WithPeople:
    """How one side's levels agree with those that people gave, over the ``answers`` that have both. Several people's
    mean is rounded to a whole level, halves to the even one. ``kappa``: Cohen's, quadratic weights; None where it is
    undefined."""

    answers: int
    same_level: int
    within_one: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class CriterionReport:
    """``before`` and ``after`` count answers by level 1 to 5, then those without a level. ``moves[b][a]``: answers from
    level b + 1 to a + 1. ``rank_correlation`` is Spearman's of the expected levels (to 0.1), over the ``compared``
    answers that have one on both sides; None where it is undefined. ``up`` and ``down``: over the cut, and under it.
    ``rated`` answers have levels by people, ``rated_unseen`` of them given without the judge's in sight."""

    criterion_id: str
    before: tuple[int, int, int, int, int, int]
    after: tuple[int, int, int, int, int, int]
    moves: tuple[tuple[int, ...], ...]
    compared: int
    same_level: int
    rank_correlation: float | None
    up: int
    down: int
    rated: int
    rated_unseen: int
    people_before: WithPeople
    people_after: WithPeople


@dataclass(frozen=True, slots=True)
class RunReport:
    """``crossing``: the first LISTED answers whose level crosses the cut."""

    cut: int
    criteria: tuple[CriterionReport, ...]
    crossing: tuple[Changed, ...]
    crossing_total: int

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


async def report_of(session: AsyncSession, run_id: str, cut: int) -> RunReport:
    found: dict[str, list[Cell]] = {}
    for cell in await cells(session, run_id):
        found.setdefault(cell.criterion, []).append(cell)
    people: dict[str, list[HumanCell]] = {}
    for human in await human_cells(session, run_id):
        people.setdefault(human.criterion, []).append(human)
    criteria = tuple(_criterion(name, own, people.get(name, ()), cut) for name, own in found.items())
    crossed = await crossing(session, run_id, cut, limit=LISTED)
    return RunReport(cut, criteria, tuple(crossed), sum(c.up + c.down for c in criteria))


def _criterion(name: str, own: Sequence[Cell], people: Sequence[HumanCell], cut: int) -> CriterionReport:
    def spread(levels: Sequence[int | None]) -> tuple[int, int, int, int, int, int]:
        one, two, three, four, five, none = (
            sum(c.count for c, level in zip(own, levels, strict=True) if level == wanted) for wanted in (*LEVELS, None)
        )
        return one, two, three, four, five, none

    both = [(c.before, c.after, c.count) for c in own if c.before is not None and c.after is not None]
    moves = tuple(tuple(sum(n for b, a, n in both if (b, a) == (x, y)) for y in LEVELS) for x in LEVELS)
    ranked = [c for c in own if c.before_expected is not None and c.after_expected is not None]
    counts = [c.count for c in ranked]
    rho = spearman(
        np.repeat(np.array([c.before_expected for c in ranked], dtype=np.float64), counts),
        np.repeat(np.array([c.after_expected for c in ranked], dtype=np.float64), counts),
    )
    return CriterionReport(
        criterion_id=name,
        before=spread([c.before for c in own]),
        after=spread([c.after for c in own]),
        moves=moves,
        compared=sum(n for _, _, n in both),
        same_level=sum(n for b, a, n in both if b == a),
        rank_correlation=None if math.isnan(rho) else round(rho, 4),
        up=sum(n for b, a, n in both if b < cut <= a),
        down=sum(n for b, a, n in both if a < cut <= b),
        rated=sum(p.count for p in people),
        rated_unseen=sum(p.count for p in people if p.unseen),
        people_before=_with_people([(p.people, p.before, p.count) for p in people]),
        people_after=_with_people([(p.people, p.after, p.count) for p in people]),
    )


def _with_people(cells: Sequence[tuple[float, int | None, int]]) -> WithPeople:
    given = [(p, level, n) for p, level, n in cells if level is not None]
    counts = [n for _, _, n in given]
    people = np.repeat(np.rint([p for p, _, _ in given]), counts)
    judge = np.repeat(np.array([level for _, level, _ in given], dtype=np.float64), counts)
    apart = np.abs(people - judge)
    kappa = quadratic_weighted_kappa(people, judge)
    return WithPeople(
        answers=len(apart),
        same_level=int((apart == 0).sum()),
        within_one=int((apart <= 1).sum()),
        kappa=None if math.isnan(kappa) else round(kappa, 4),
    )


async def csv_of(database: Database, run_id: str) -> AsyncIterator[bytes]:
    """A row for each answer and criterion, UTF-8, with a header row."""
    yield _lines([_COLUMNS])
    async with database.session() as session:
        async for rows in changed_rows(session, run_id):
            yield _lines([_cells(row) for row in rows])


def csv_response(database: Database, run_id: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.csv"'}
    return StreamingResponse(csv_of(database, run_id), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: Changed) -> Sequence[object]:
    return (
        row.interview_id, row.answer_id, row.question_id, row.status, row.criterion, row.before, row.before_expected,
        row.after, row.after_expected, row.scorecard_id, row.error,
    )  # fmt: skip


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def safe_cell(value: object) -> object:
    """No spreadsheet takes it for a formula (OWASP: CSV injection). Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
