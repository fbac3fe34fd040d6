"""The tables that the migrations make are the tables that the code declares; running them again changes nothing, and
every revision's data comes through all later ones. A new migration is covered without a word here: what it makes is
filled with a row of made-up values, and kept by those that follow."""

import threading
from graphlib import TopologicalSorter
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from procrastinate.schema import SchemaManager
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from interviewer.records.database import engine_url
from interviewer.records.migrations import DatabaseTooNew, known_revisions, upgrade
from interviewer.records.tables import Base


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(engine_url(url))
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def test_migrations_make_exactly_the_declared_tables(own_database_url: str) -> None:
    engine = create_engine(engine_url(own_database_url))
    with engine.connect() as connection:
        undeclared = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name not in Base.metadata.tables)},
        )
        assert compare_metadata(undeclared, Base.metadata) == []
    engine.dispose()


def test_a_second_upgrade_keeps_the_data(own_database_url: str) -> None:
    query(own_database_url, "INSERT INTO candidates (id, name) VALUES ('cand_1', 'An')")
    upgrade(own_database_url)
    assert query(own_database_url, "SELECT name FROM candidates") == [("An",)]
    assert query(own_database_url, "SELECT count(*) FROM queue_schema") == [(1,)]


FIRST_DATA = """
INSERT INTO accounts (id, email, name, password_hash, must_change_password) VALUES ('acc_1', 'a@b.c', 'A', 'x', false);
INSERT INTO api_keys (id, name, secret_hash, hint, scopes) VALUES ('key_1', 'old', 'h', 'abcd', '{plans:read}');
INSERT INTO candidates (id, name) VALUES ('cand_1', 'An');
INSERT INTO plan_versions (id, name, version, hash, title, body) VALUES ('plan_1', 'p', 1, 'h', 'P', '{}');
INSERT INTO invitations (id, token_hash, candidate_id, plan_id, variables, accommodation, livemode, expires_at)
    VALUES ('inv_1', 't', 'cand_1', 'plan_1', '{}', 1, true, now());
INSERT INTO interviews (id, invitation_id, script, status) VALUES ('int_1', 'inv_1', '{}', 'scored');
INSERT INTO interview_events (interview_id, seq, at, kind, body) VALUES ('int_1', 1, 0, 'heard', '{"text": "Hello"}');
INSERT INTO answers (id, interview_id, question_id, position, kind, status)
    VALUES ('ans_1', 'int_1', 'q', 1, 'spoken', 'answered');
INSERT INTO scorecards (id, answer_id, transcript_version, rubric_hash, judge, judge_version, body)
    VALUES ('scd_1', 'ans_1', 1, 'r', 'j', '1', '{"criteria": []}');
"""
"""What a database of the first revision may hold."""


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    names = [
        str(name)
        for (name,) in query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        if not str(name).startswith(("procrastinate_", "alembic_"))
    ]
    return {name: query(url, f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1::text") for name in names}  # noqa: S608


MADE_UP = {
    "text": "kept", "boolean": "true", "integer": "7", "bigint": "7", "smallint": "7", "double precision": "0.5",
    "real": "0.5", "numeric": "0.5", "date": "2026-03-03", "timestamp with time zone": "2026-03-03 14:05:00+00",
    "jsonb": '{"kept": [1, "two"]}', "bytea": "\\x6b657074", "text[]": "{kept}", "integer[]": "{7}", "bigint[]": "{7}",
    "double precision[]": "{0.5}",
}  # fmt: skip
"""A value for each type that a column may have, as PostgreSQL reads it."""
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    (SELECT format('%s.%s', f.confrelid::regclass, r.attname) FROM pg_constraint f
        JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attnum = f.confkey[array_position(f.conkey, a.attnum)]
        WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnum = ANY (f.conkey) LIMIT 1)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attgenerated = ''
    AND c.relname NOT LIKE 'procrastinate_%%' AND c.relname NOT IN ('alembic_version', 'queue_schema')
ORDER BY c.relname, a.attnum"""
"""Every column of our tables: its table, its type, and the column that it refers to."""


def fill_empty_tables(connection: psycopg.Connection[TupleRow]) -> None:
    """One row, with a value in every column, for each table that has none."""
    tables: dict[str, list[tuple[str, str, str | None]]] = {}
    for table, column, kind, parent in connection.execute(COLUMNS):
        tables.setdefault(table, []).append((column, kind, parent))
    parents = {
        table: {parent.partition(".")[0] for _, _, parent in columns if parent} - {table}
        for table, columns in tables.items()
    }
    for table in TopologicalSorter(parents).static_order():
        name = sql.Identifier(table)
        there = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        if there is None or there[0]:
            continue
        values: list[object] = []
        for _, kind, parent in tables[table]:
            if parent is None or parent.partition(".")[0] == table:
                values.append(None if parent else MADE_UP[kind])
                continue
            of, _, column = parent.partition(".")
            query = sql.SQL("SELECT {}::text FROM {} LIMIT 1").format(sql.Identifier(column), sql.Identifier(of))
            row = connection.execute(query).fetchone()
            assert row is not None
            values.append(row[0])
        casts = [sql.SQL("%s::{}").format(sql.SQL(kind)) for _, kind, _ in tables[table]]  # type: ignore[arg-type]
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                name,
                sql.SQL(", ").join(sql.Identifier(column) for column, _, _ in tables[table]),
                sql.SQL(", ").join(casts),
            ),
            values,
        )


def test_what_any_revision_holds_comes_through_all_later_ones(own_database_url: str) -> None:
    query(own_database_url, "DROP SCHEMA public CASCADE")
    query(own_database_url, "CREATE SCHEMA public")
    first, *later = known_revisions()
    upgrade(own_database_url, first)
    query(own_database_url, FIRST_DATA)
    for revision in later:
        with psycopg.connect(own_database_url) as connection:
            fill_empty_tables(connection)
        before = contents(own_database_url)
        assert all(before.values()), "every table of the revision holds something"
        upgrade(own_database_url, revision)
        after = contents(own_database_url)
        for name, rows in before.items():
            assert len(after[name]) == len(rows), f"{revision} keeps the rows of {name}"
            for (old,), (new,) in zip(rows, after[name], strict=True):
                assert isinstance(old, dict)
                assert isinstance(new, dict)
                assert {**new, **old} == new, f"{revision} keeps the values of {name}"
    with psycopg.connect(own_database_url) as connection:
        fill_empty_tables(connection)  # the newest revision's tables take rows, too
    engine = create_engine(engine_url(own_database_url))
    with engine.connect() as connection:
        ours = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name not in Base.metadata.tables)},
        )
        assert compare_metadata(ours, Base.metadata) == []
    engine.dispose()


def test_two_processes_may_upgrade_an_empty_database_at_once(own_database_url: str) -> None:
    query(own_database_url, "DROP SCHEMA public CASCADE")
    query(own_database_url, "CREATE SCHEMA public")
    failures: list[SQLAlchemyError] = []

    def one() -> None:
        try:
            upgrade(own_database_url)
        except SQLAlchemyError as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert query(own_database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_a_database_of_an_older_queue_gets_the_migrations_since_and_once_only(
    own_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "03.04.00_50_post_older.sql").write_text("SELECT 1 / 0;")
    (tmp_path / "03.10.00_01_pre_newer.sql").write_text("CREATE TABLE newer (x text); INSERT INTO newer VALUES ('%');")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", lambda: str(tmp_path))
    query(own_database_url, "UPDATE queue_schema SET version = '3.4.0'")
    upgrade(own_database_url)
    upgrade(own_database_url)
    assert query(own_database_url, "SELECT x FROM newer") == [("%",)]


def test_a_database_from_the_future_is_refused_in_plain_words(own_database_url: str) -> None:
    query(own_database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="later version of Melvin"):
        upgrade(own_database_url)
