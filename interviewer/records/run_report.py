"""What a scoring run changed: counted by the database, criterion by criterion, so that a million answers are a few
hundred rows here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

__all__ = [
    "Cell", "Changed", "HumanCell", "ItemRow", "cells", "changed_rows", "crossing", "human_cells", "item_rows",
]  # fmt: skip

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Cell:
    """``count`` answers that had this level and expected level (to 0.1) before, and these after. None: had none."""

    criterion: str
    before: int | None
    after: int | None
    before_expected: float | None
    after_expected: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One answer's levels on one criterion."""

    seq: int
    interview_id: str
    answer_id: str
    question_id: str
    status: str
    criterion: str
    before: int | None
    before_expected: float | None
    after: int | None
    after_expected: float | None
    scorecard_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class HumanCell:
    """``count`` answers to which people gave this level (the mean of their newest), and the judge these. ``unseen``:
    all of these people had the judge's levels out of sight."""

    criterion: str
    people: float
    unseen: bool
    before: int | None
    after: int | None
    count: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as a list shows it."""

    seq: int
    interview_id: str
    answer_id: str
    question_id: str
    status: str
    tries: int
    error: str | None
    scorecard_id: str | None
    reused: bool


_CRITERIA = """jsonb_object_keys(coalesce(it.before, '{}') || coalesce(it.after, '{}')) AS k (criterion)"""
_LEVELS = """CAST(it.before->k.criterion->>0 AS int), CAST(it.before->k.criterion->>1 AS float),
    CAST(it.after->k.criterion->>0 AS int), CAST(it.after->k.criterion->>1 AS float)"""


async def cells(session: AsyncSession, run_id: str) -> list[Cell]:
    rows = await session.execute(
        text(
            f"""SELECT k.criterion, CAST(it.before->k.criterion->>0 AS int), CAST(it.after->k.criterion->>0 AS int),
                CAST(round(CAST(it.before->k.criterion->>1 AS numeric), 1) AS float),
                CAST(round(CAST(it.after->k.criterion->>1 AS numeric), 1) AS float), count(*)
            FROM scoring_run_items it, {_CRITERIA}
            WHERE it.run_id = :run AND it.status = 'done' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1"""  # noqa: S608 - our text
        ),
        {"run": run_id},
    )
    return [Cell(*row) for row in rows]


async def human_cells(session: AsyncSession, run_id: str) -> list[HumanCell]:
    """Of each person's reviews of an answer the newest counts, of those without hints where there are such."""
    rows = await session.execute(
        text(
            """WITH newest AS (
                SELECT DISTINCT ON (r.answer_id, r.account_id) r.answer_id, r.levels, r.hints_seen, it.before, it.after
                FROM reviews r JOIN scoring_run_items it ON it.answer_id = r.answer_id
                WHERE it.run_id = :run AND it.status = 'done'
                ORDER BY r.answer_id, r.account_id, r.hints_seen, r.created_at DESC, r.id DESC
            ), human AS (
                SELECT n.answer_id, l.key AS criterion, CAST(avg(CAST(l.value AS int)) AS float) AS level,
                    bool_and(NOT n.hints_seen) AS unseen, CAST(n.before->l.key->>0 AS int) AS before,
                    CAST(n.after->l.key->>0 AS int) AS after
                FROM newest n, jsonb_each_text(n.levels) AS l GROUP BY n.answer_id, l.key, n.before, n.after
            )
            SELECT criterion, level, unseen, before, after, count(*) FROM human GROUP BY 1, 2, 3, 4, 5 ORDER BY 1"""
        ),
        {"run": run_id},
    )
    return [HumanCell(*row) for row in rows]


async def crossing(session: AsyncSession, run_id: str, cut: int, *, limit: int, after_seq: int = 0) -> list[Changed]:
    """Answers whose level on a criterion was under ``cut`` on one side and not on the other, in the run's order."""
    rows = await session.execute(
        text(
            f"""SELECT it.seq, a.interview_id, it.answer_id, a.question_id, it.status, k.criterion, {_LEVELS},
                it.scorecard_id, it.error
            FROM scoring_run_items it JOIN answers a ON a.id = it.answer_id, {_CRITERIA}
            WHERE it.run_id = :run AND it.status = 'done' AND it.seq > :seq
            AND (CAST(it.before->k.criterion->>0 AS int) < :cut) <> (CAST(it.after->k.criterion->>0 AS int) < :cut)
            ORDER BY it.seq, k.criterion LIMIT :limit"""  # noqa: S608 - our text
        ),
        {"run": run_id, "cut": cut, "limit": limit, "seq": after_seq},
    )
    return [Changed(*row) for row in rows]


async def changed_rows(session: AsyncSession, run_id: str) -> AsyncIterator[list[Changed]]:
    """Every answer and criterion, a page at a time; an answer without levels once, with an empty criterion."""
    last = 0
    while True:
        rows = await session.execute(
            text(
                f"""SELECT it.seq, a.interview_id, it.answer_id, a.question_id, it.status, coalesce(k.criterion, ''),
                    {_LEVELS}, it.scorecard_id, it.error
                FROM scoring_run_items it JOIN answers a ON a.id = it.answer_id LEFT JOIN LATERAL {_CRITERIA} ON true
                WHERE it.run_id = :run AND it.seq > :last AND it.seq <= :last + :page
                ORDER BY it.seq, k.criterion"""  # noqa: S608 - our text
            ),
            {"run": run_id, "last": last, "page": PAGE},
        )
        found = [Changed(*row) for row in rows]
        if found:
            yield found
        last += PAGE
        more = text("SELECT 1 FROM scoring_run_items WHERE run_id = :run AND seq > :last LIMIT 1")
        if (await session.execute(more, {"run": run_id, "last": last})).first() is None:
            return


async def item_rows(
    session: AsyncSession, run_id: str, *, limit: int, status: str | None = None, after_answer: str | None = None
) -> tuple[Sequence[ItemRow], bool]:
    """In the run's order, and whether more follow. Raises ``LookupError`` where ``after_answer`` is not of this run."""
    seq = 0
    if after_answer is not None:
        place = text("SELECT seq FROM scoring_run_items WHERE run_id = :run AND answer_id = :answer")
        found = (await session.execute(place, {"run": run_id, "answer": after_answer})).scalar_one_or_none()
        if found is None:
            raise LookupError(after_answer)
        seq = int(found)
    rows = await session.execute(
        text(
            """SELECT it.seq, a.interview_id, it.answer_id, a.question_id, it.status, it.tries, it.error,
                it.scorecard_id, it.reused
            FROM scoring_run_items it JOIN answers a ON a.id = it.answer_id
            WHERE it.run_id = :run AND it.seq > :seq AND (CAST(:status AS text) IS NULL OR it.status = :status)
            ORDER BY it.seq LIMIT :limit"""
        ),
        {"run": run_id, "seq": seq, "status": status, "limit": limit + 1},
    )
    items = [ItemRow(*row) for row in rows]
    return items[:limit], len(items) > limit
