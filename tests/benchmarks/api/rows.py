"""A database with very many interviews, written by the database itself."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import psycopg

from interviewer.conversation.casting import script_for
from interviewer.plans.library import Library, default_folder
from interviewer.records.database import Database, libpq_url
from interviewer.records.plan_versions import store_plan
from tests.benchmarks.api.scorecard import a_scorecard

__all__ = ["Rows", "fill"]

TEST_EVERY = 2000
"""Among so many live objects lies a test object."""
DEEP = (0.001, 0.5, 0.95)
"""Where in the list the cursors stand."""

_FILL = """
SET session_replication_role = replica;
CREATE TEMP TABLE one AS SELECT %(script)s::jsonb AS script;
CREATE TEMP TABLE n AS SELECT i, i %% %(test_every)s = 0 AS test,
    timestamptz '2026-01-01' + i * interval '3 minutes' AS at,
    (SELECT id FROM plan_versions ORDER BY name OFFSET CASE WHEN i %% 500 = 1 THEN 1 ELSE 0 END LIMIT 1) AS plan_id,
    CASE WHEN i %% 1000 = 7 THEN 'live' WHEN i %% 200 = 8 THEN 'paused' WHEN i %% 300 = 9 THEN 'checking'
        WHEN i %% 50 = 11 THEN 'submitted' WHEN i %% 500 = 12 THEN 'created' ELSE 'scored' END AS status
FROM generate_series(1, %(count)s) i;
INSERT INTO candidates (id, name, livemode, created_at) SELECT 'cand_' || i, 'Candidate ' || i, NOT test, at FROM n;
INSERT INTO invitations (id, token_hash, candidate_id, plan_id, plan_name, variables, accommodation, livemode,
        created_at, expires_at, begun_at, revoked_at)
    SELECT 'inv_' || i, 't' || i, 'cand_' || i, plan_id, (SELECT name FROM plan_versions p WHERE p.id = plan_id), '{}',
        1, NOT test, at, at + interval '7 days' + CASE WHEN i %% 400 = 13 THEN interval '900 days' ELSE '0' END,
        CASE WHEN status <> 'created' AND i %% 10 <> 3 AND i %% 400 <> 13 THEN at END,
        CASE WHEN i %% 700 = 14 THEN at END FROM n;
INSERT INTO interviews (id, invitation_id, script, status, created_at, started_at, ended_at, submitted_at, scored_at,
        livemode, plan_name, source)
    SELECT 'int_' || i, 'inv_' || i, (SELECT script FROM one), status, at, at, at, at, at, NOT test,
        (SELECT name FROM plan_versions p WHERE p.id = plan_id),
        CASE WHEN i %% 900 = 15 THEN 'import' ELSE 'interview' END FROM n;
INSERT INTO answers (id, interview_id, question_id, position, kind, status)
    SELECT 'ans_' || i || '_' || k, 'int_' || i, (%(questions)s::text[])[k], k - 1, 'spoken', 'answered'
    FROM n, generate_series(1, 2) k WHERE status = 'scored';
INSERT INTO scorecards (id, answer_id, transcript_version, rubric_hash, judge, judge_version, body)
    SELECT 'scd_' || i || '_' || k, 'ans_' || i || '_' || k, 1, 'r', 'j', '1', %(card)s::jsonb
    FROM n, generate_series(1, 2) k WHERE status = 'scored';
INSERT INTO webhook_endpoints (id, url, description, events, private_allowed, livemode, secret, created_at)
    SELECT 'whk_' || i, 'https://hooks.example.com/' || i, '', '{}', false, i %% 10 <> 0, 's',
        timestamptz '2026-01-01' + i * interval '1 hour' FROM generate_series(1, 200) i;
INSERT INTO webhook_events (id, type, data, created_at)
    SELECT 'evt_' || i, 'score.ready', jsonb_build_object('object', 'interview', 'id', 'int_' || i), at FROM n;
INSERT INTO webhook_deliveries (id, event_id, endpoint_id, status, tries, created_at, livemode)
    SELECT 'dlv_' || i || '_' || k, 'evt_' || i, 'whk_' || CASE WHEN test THEN 10 ELSE k END,
        CASE WHEN i %% 300 = 16 THEN 'failed' WHEN i %% 4000 = 17 THEN 'pending' ELSE 'delivered' END, 1, at, NOT test
    FROM n, generate_series(1, 3) k WHERE NOT test OR k = 1;
INSERT INTO deletions (id, invitation_id, interview_id, requested_by, removed, created_at, livemode)
    SELECT 'del_' || i, 'inv_gone_' || i, 'int_gone_' || i, 'retention', '{"invitations": 1}', at, NOT test FROM n;
INSERT INTO answer_imports (id, livemode, created_by, plan_id, question_id, media_type, status, rows, stored, failed,
        created_at)
    SELECT 'imp_' || i, NOT test, 'key', plan_id, 'q', 'application/x-ndjson', 'done', 1, 1, 0, at
    FROM n WHERE i %% 10 = 0;
INSERT INTO answer_import_rows (import_id, number, row_key, status)
    SELECT 'imp_10', i, 'row ' || i, CASE WHEN i %% 500 = 18 THEN 'failed' ELSE 'stored' END FROM n;
INSERT INTO scoring_runs (id, status, asked, judge, dry_run, requested_by, created_at)
    SELECT 'run_' || i, 'completed', jsonb_build_object('livemode', NOT test), 'embedded', false, 'key', at
    FROM n WHERE i %% 100 = 0 OR i < 3;
INSERT INTO scoring_run_items (run_id, seq, answer_id, transcript_version, status, tries, reused)
    SELECT 'run_1', i, 'ans_' || i || '_1', 1, CASE WHEN i %% 400 = 19 THEN 'failed' ELSE 'done' END, 1, false
    FROM n WHERE status = 'scored';
VACUUM ANALYZE;
"""
"""Statement by statement. References hold by how the ids are made and are not checked one by one; the script is
compressed once and then copied as it is."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``cursors`` are ids deep in a list, by its path; ``path_ids`` what stands for the parts of paths in braces."""

    cursors: dict[str, tuple[str, ...]]
    path_ids: dict[str, str]
    plans: tuple[str, ...]
    statuses: tuple[str, ...]
    candidates: tuple[str, ...]

    def values(self, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        """What to filter by."""
        return choices or {"plan": self.plans, "endpoint": ("whk_2", "whk_99")}[name]


async def fill(url: str, count: int) -> Rows:
    """``count`` interviews with all that hangs on them."""
    library = Library.load(default_folder())
    database = Database(url)
    async with database.session() as session:
        for name in library.names():
            bundle = library.get(name)
            await store_plan(
                session, name=name, version=bundle.plan.version, hash=bundle.hash, title=bundle.plan.title,
                body=bundle.to_dict(),
            )  # fmt: skip
    await database.close()
    names = library.names()
    first = library.get(names[0])
    values = {
        "count": count,
        "test_every": TEST_EVERY,
        "script": json.dumps(script_for(first, {}).to_dict()),
        "questions": [q.id for q in first.plan.questions],
        "card": json.dumps(a_scorecard(first)),
    }
    with psycopg.connect(libpq_url(url), autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        for statement in _FILL.strip().split(";\n"):
            began = time.monotonic()
            connection.execute(statement.rstrip(";"), values)
            into = statement.removeprefix("INSERT INTO ").partition(" ")[0]
            if statement.startswith("INSERT"):
                print(f"{into}: filled in {time.monotonic() - began:.1f} s", flush=True)
    at = [max(1, int(count * (1 - share))) for share in DEEP]
    live = [n + 1 if n % TEST_EVERY == 0 else n for n in at]

    def ids(pattern: str) -> tuple[str, ...]:
        return tuple(pattern.format(n) for n in live)

    return Rows(
        cursors={
            "/": ids("int_{}"), "/invitations": ids("inv_{}"),
            "/api/v1/interviews": ids("int_{}"), "/api/v1/invitations": ids("inv_{}"),
            "/api/v1/webhook-endpoints": ("whk_199", "whk_99"), "/api/v1/webhook-deliveries": ids("dlv_{}_1"),
            "/api/v1/deletions": ids("del_{}"),
            "/api/v1/answer-imports": tuple(f"imp_{n // 20 * 20 + 10}" for n in at[1:]),
            "/api/v1/answer-imports/{import_id}/rows": tuple(str(n) for n in live),
            "/api/v1/scoring-runs": tuple(f"run_{n // 200 * 200 + 100}" for n in at[1:]),
            "/api/v1/scoring-runs/{run_id}/items": ids("ans_{}_1"),
        },
        path_ids={"import_id": "imp_10", "run_id": "run_1"},
        plans=(names[0], names[1], "no-such-plan"),
        statuses=("scored", "live", "checking"),
        candidates=("candidate 4711", "date 99", "candidate", "nobody"),
    )  # fmt: skip
