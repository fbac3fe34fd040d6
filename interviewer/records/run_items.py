"""The answers of a scoring run: which they are, what a worker needs to judge them, and what became of each.

Results are fenced: one is taken only while its run goes on and its item waits for one, in the transaction that locks
the run. So a chunk that two workers did is stored once, and the worker that stores the last result ends the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.database import storable_json
from interviewer.records.ids import new_id
from interviewer.records.queue import raw_connection
from interviewer.records.runs import CHUNK, count_results, end_run, run_row
from interviewer.records.tables import ScoringRun
from interviewer.records.webhooks import announce_run

__all__ = ["MOST_TRIES", "Levels", "Made", "Standing", "Waiting", "begun", "chunk_items", "finish", "make_items",
           "next_due", "standing_cards", "store_results"]  # fmt: skip

MOST_TRIES = 5
Levels = Mapping[str, tuple[int | None, float | None]]
"""By criterion id: level and expected level; None where it has none."""

_LEVELS = """(SELECT jsonb_object_agg(c->>'criterion_id', jsonb_build_array(c->'level', c->'expected'))
    FROM jsonb_array_elements(body->'criteria') c)"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that is due, with all that is known of its answer. ``candidate`` is the name that no judge may see."""

    seq: int
    answer_id: str
    interview_id: str
    question_id: str
    transcript_version: int
    tries: int
    plan_id: str
    variables: Mapping[str, str]
    candidate: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A scorecard that was made before with just the same."""

    scorecard_id: str
    levels: Levels


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one item: a scorecard's ``body`` with its key, one that ``stands`` already, or an ``error``
    (a plain sentence); with ``again_at`` the error is not the last word."""

    seq: int
    answer_id: str
    transcript_version: int
    rubric_hash: str = ""
    judge: str = ""
    judge_version: str = ""
    body: Mapping[str, Any] | None = None
    stands: Standing | None = None
    error: str | None = None
    again_at: datetime | None = None
    tries: int = 0


async def make_items(session: AsyncSession, run: ScoringRun) -> int:
    """One item for each answer that ``run.asked`` names, and how many they are. All names are optional:

    ``answers``, ``interviews`` (ids), ``plan`` (name), ``questions`` (ids), ``ended_after``, ``ended_before`` (ISO
    times). Only answers of submitted interviews are taken; test interviews where they are named by id alone. A run with
    a rubric takes the answers whose question is judged by a rubric of that name, unless answers or questions are named.
    """
    asked = run.asked
    by_name = run.rubric is not None and not asked.get("answers") and not asked.get("questions")
    made = await session.execute(
        text(
            f"""WITH asked AS (
                SELECT p.id AS plan_id, q->>'id' AS question_id
                FROM plan_versions p, jsonb_array_elements(p.body->'plan'->'questions') q
                WHERE (CAST(:rubric AS text) IS NULL OR q->>'rubric' = :rubric)
                AND (CAST(:plan AS text) IS NULL OR p.name = :plan)
                AND (CAST(:questions AS text[]) IS NULL OR q->>'id' = ANY(:questions))
            ), found AS (
                SELECT a.id, a.interview_id, a.position
                FROM answers a
                JOIN interviews i ON i.id = a.interview_id
                JOIN invitations v ON v.id = i.invitation_id
                JOIN asked ON asked.plan_id = v.plan_id AND asked.question_id = a.question_id
                WHERE a.status = 'answered' AND i.status IN ('submitted', 'scored')
                AND (CAST(:answers AS text[]) IS NULL OR a.id = ANY(:answers))
                AND (CAST(:interviews AS text[]) IS NULL OR i.id = ANY(:interviews))
                AND v.livemode = :livemode
                AND (CAST(:after AS timestamptz) IS NULL OR i.ended_at >= CAST(:after AS timestamptz))
                AND (CAST(:before AS timestamptz) IS NULL OR i.ended_at < CAST(:before AS timestamptz))
            )
            INSERT INTO scoring_run_items
                (run_id, seq, answer_id, transcript_version, before, status, tries, reused)
            SELECT :run, row_number() OVER (ORDER BY found.interview_id, found.position, found.id), found.id, t.version,
                b.levels, 'todo', 0, false
            FROM found
            JOIN LATERAL (
                SELECT version FROM transcripts WHERE interview_id = found.interview_id
                ORDER BY CASE source WHEN 'candidate' THEN 2 WHEN 'record' THEN 1 ELSE 0 END DESC, version DESC LIMIT 1
            ) t ON true
            LEFT JOIN LATERAL (
                SELECT {_LEVELS} AS levels FROM scorecards WHERE answer_id = found.id
                ORDER BY transcript_version DESC, counted_at DESC, id DESC LIMIT 1
            ) b ON true"""  # noqa: S608 - the text is this module's own
        ),
        {
            "run": run.id,
            "rubric": run.rubric["rubric"] if run.rubric is not None and by_name else None,
            "plan": asked.get("plan"),
            "questions": asked.get("questions"),
            "answers": asked.get("answers"),
            "interviews": asked.get("interviews"),
            "livemode": bool(asked.get("livemode", True)),
            "after": asked.get("ended_after"),
            "before": asked.get("ended_before"),
        },
    )
    return int(made.rowcount)  # type: ignore[attr-defined] # an INSERT's result has it


async def chunk_items(session: AsyncSession, run_id: str, chunk: int, now: datetime) -> list[Waiting]:
    """Those of the chunk that are due, in their order."""
    rows = await session.execute(
        text(
            """SELECT it.seq, it.answer_id, a.interview_id, a.question_id, it.transcript_version, it.tries, v.plan_id,
                v.variables, c.name
            FROM scoring_run_items it
            JOIN answers a ON a.id = it.answer_id
            JOIN interviews i ON i.id = a.interview_id
            JOIN invitations v ON v.id = i.invitation_id
            JOIN candidates c ON c.id = v.candidate_id
            WHERE it.run_id = :run AND it.seq > :first AND it.seq <= :last AND it.status = 'todo'
            AND (it.due_at IS NULL OR it.due_at <= :now)
            ORDER BY it.seq"""
        ),
        {"run": run_id, "first": chunk * CHUNK, "last": (chunk + 1) * CHUNK, "now": now},
    )
    return [Waiting(*row) for row in rows]


async def next_due(session: AsyncSession, run_id: str, chunk: int) -> datetime | None:
    """When the first of the chunk's items that still wait is to be tried; None where none waits."""
    rows = await session.execute(
        text(
            """SELECT coalesce(due_at, now()) FROM scoring_run_items
            WHERE run_id = :run AND seq > :first AND seq <= :last AND status = 'todo' ORDER BY 1 LIMIT 1"""
        ),
        {"run": run_id, "first": chunk * CHUNK, "last": (chunk + 1) * CHUNK},
    )
    found = rows.scalar_one_or_none()
    return found if isinstance(found, datetime) else None


async def standing_cards(
    session: AsyncSession, answer_ids: Sequence[str], rubrics: Sequence[str], judge: str, judge_version: str
) -> dict[tuple[str, int, str], Standing]:
    """What this judge has made of these answers before under the rubrics of these hashes, by answer, transcript
    version and rubric hash."""
    rows = await session.execute(
        text(
            f"""SELECT answer_id, transcript_version, rubric_hash, id, {_LEVELS} FROM scorecards
            WHERE answer_id = ANY(:answers) AND rubric_hash = ANY(:rubrics)
            AND judge = :judge AND judge_version = :version
            AND (body->'passing_failure') IS DISTINCT FROM 'true'::jsonb"""  # noqa: S608 - as above
        ),
        {"answers": list(answer_ids), "rubrics": list(rubrics), "judge": judge, "version": judge_version},
    )
    return {(answer, version, rubric): Standing(card, levels or {}) for answer, version, rubric, card, levels in rows}


async def begun(session: AsyncSession, run_id: str, seqs: Sequence[int], *, at_least: int = 0) -> dict[int, int]:
    """Note that these are tried now; the tries by seq, this one included, of those that still wait."""
    rows = await session.execute(
        text(
            """UPDATE scoring_run_items SET tries = greatest(tries, :least) + 1
            WHERE run_id = :run AND seq = ANY(:seqs) AND status = 'todo' RETURNING seq, tries"""
        ),
        {"run": run_id, "seqs": list(seqs), "least": at_least},
    )
    return {int(row[0]): int(row[1]) for row in rows}


async def store_results(session: AsyncSession, run_id: str, results: Sequence[Made], now: datetime) -> bool:
    """Take the results in, and end the run with the last one. False, and nothing taken, where it goes on no more."""
    run = await run_row(session, run_id, lock=True)
    if run is None or run.status not in ("running", "paused"):
        return False
    cards: dict[str, str] = {}
    if not run.dry_run:
        cards = await _put_cards(session, [r for r in results if r.body is not None])
        await _count_again(session, [r.stands.scorecard_id for r in results if r.stands])
    taken = await session.execute(
        text(
            """UPDATE scoring_run_items it SET status = n.status, after = n.after::jsonb, error = n.error,
                scorecard_id = n.card, reused = n.reused, due_at = n.due, tries = n.tries,
                finished_at = CASE WHEN n.status = 'todo' THEN NULL ELSE CAST(:now AS timestamptz) END
            FROM unnest(CAST(:seqs AS int[]), CAST(:statuses AS text[]), CAST(:afters AS text[]),
                CAST(:errors AS text[]), CAST(:cards AS text[]), CAST(:reused AS bool[]), CAST(:dues AS timestamptz[]),
                CAST(:tries AS int[])) AS n (seq, status, after, error, card, reused, due, tries)
            WHERE it.run_id = :run AND it.seq = n.seq AND it.status = 'todo' RETURNING n.status, n.reused"""
        ),
        {
            "run": run_id,
            "now": now,
            "seqs": [r.seq for r in results],
            "statuses": [_status(r) for r in results],
            "afters": [_after(r) for r in results],
            "errors": [r.error for r in results],
            "cards": [r.stands.scorecard_id if r.stands else cards.get(r.answer_id) for r in results],
            "reused": [r.stands is not None for r in results],
            "dues": [r.again_at for r in results],
            "tries": [r.tries for r in results],
        },
    )
    became = taken.all()
    await count_results(
        session,
        run,
        done=sum(status == "done" for status, _ in became),
        failed=sum(status == "failed" for status, _ in became),
        reused=sum(reused for _, reused in became),
    )
    if any(r.error is None for r in results) and run.problem is not None:
        run.problem = run.waits_until = None
    await finish(session, run, now)
    return True


async def finish(session: AsyncSession, run: ScoringRun, now: datetime) -> bool:
    """End the run, whose row the caller has locked, where nothing is left to do."""
    left = text("SELECT 1 FROM scoring_run_items WHERE run_id = :run AND status = 'todo' LIMIT 1")
    if run.status not in ("running", "paused") or (await session.execute(left, {"run": run.id})).first() is not None:
        return False
    await end_run(session, run, "completed", now)
    await announce_run(session, run)
    return True


async def _count_again(session: AsyncSession, cards: Sequence[str]) -> None:
    """Those of an earlier rubric or judge to which the run comes back are what everybody sees again."""
    if not cards:
        return
    await session.execute(
        text(
            """UPDATE scorecards s SET counted_at = now() FROM (
                SELECT id FROM scorecards WHERE id = ANY(:cards) ORDER BY id FOR UPDATE
            ) these WHERE s.id = these.id"""
        ),
        {"cards": list(cards)},
    )


async def _put_cards(session: AsyncSession, results: Sequence[Made]) -> dict[str, str]:
    """Scorecard ids by answer. The first scorecard of a key stands; one that failed in passing gives way."""
    # In one order everywhere: two runs that write the same scorecards must not wait for each other in a circle.
    ordered = sorted(results, key=lambda r: r.answer_id)
    if not ordered:
        return {}
    connection = await raw_connection(session)
    # In binary: as text psycopg looks for what to escape in every scorecard, which takes longer than to send it.
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            """WITH put AS (
                INSERT INTO scorecards (id, answer_id, transcript_version, rubric_hash, judge, judge_version, body)
                SELECT n.id, n.answer_id, n.version, n.rubric, n.judge, n.judge_version, n.body::jsonb
                FROM unnest(%(ids)b::text[], %(answers)b::text[], %(versions)b::int[], %(rubrics)b::text[],
                    %(judges)b::text[], %(judge_versions)b::text[], %(bodies)b::text[])
                    AS n (id, answer_id, version, rubric, judge, judge_version, body)
                JOIN answers a ON a.id = n.answer_id
                ON CONFLICT ON CONSTRAINT uq_scorecards_scored_with DO UPDATE
                SET id = excluded.id, body = excluded.body, created_at = now(), counted_at = now()
                WHERE (scorecards.body->'passing_failure') = 'true'::jsonb
                RETURNING id, answer_id
            )
            SELECT id, answer_id FROM put
            UNION ALL
            SELECT s.id, s.answer_id FROM unnest(%(answers)b::text[], %(versions)b::int[], %(rubrics)b::text[],
                %(judges)b::text[], %(judge_versions)b::text[]) AS n (answer_id, version, rubric, judge, judge_version)
            JOIN scorecards s ON s.answer_id = n.answer_id AND s.transcript_version = n.version
                AND s.rubric_hash = n.rubric AND s.judge = n.judge AND s.judge_version = n.judge_version""",
            {
                "ids": [new_id("scd") for _ in ordered],
                "answers": [r.answer_id for r in ordered],
                "versions": [r.transcript_version for r in ordered],
                "rubrics": [r.rubric_hash for r in ordered],
                "judges": [r.judge for r in ordered],
                "judge_versions": [r.judge_version for r in ordered],
                "bodies": [storable_json(r.body) for r in ordered],
            },
        )
        rows = await cursor.fetchall()
    found: dict[str, str] = {}
    for card, answer in rows:  # the ones just put come first; the others stood before the statement began
        found.setdefault(answer, card)
    return found


def _status(result: Made) -> str:
    if result.error is None:
        return "done"
    return "failed" if result.again_at is None else "todo"


def _after(result: Made) -> str | None:
    if result.stands is not None:
        return json.dumps(result.stands.levels)
    if result.body is None or result.error is not None:
        return None
    return json.dumps({c["criterion_id"]: [c["level"], c["expected"]] for c in result.body["criteria"]})
