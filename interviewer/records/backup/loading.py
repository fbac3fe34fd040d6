"""Filling an empty database from a backup: its tables as they were, brought up to this version afterwards."""

from __future__ import annotations

import gzip
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from interviewer.records.backup.archive import BackupUnusable, Manifest, OpenedBackup
from interviewer.records.backup.snapshot import AS_TEXT, FIXED, columns
from interviewer.records.database import libpq_url
from interviewer.records.migrations import known_revisions, queue_is_older, upgrade

__all__ = ["check_empty", "check_known", "load_tables"]

_CHUNK = 1 << 20
_PARENTS = """
SELECT child.relname, parent.relname FROM pg_constraint c
JOIN pg_class child ON child.oid = c.conrelid JOIN pg_class parent ON parent.oid = c.confrelid
JOIN pg_namespace n ON n.oid = child.relnamespace
WHERE c.contype = 'f' AND n.nspname = 'public' AND child.oid <> parent.oid"""

Connection = psycopg.Connection[TupleRow]


def check_known(manifest: Manifest) -> None:
    """Raises :class:`BackupUnusable` for a backup of a later Melvin."""
    if manifest.schema_revision not in known_revisions() or queue_is_older(manifest.queue_version):
        raise BackupUnusable(
            f"This backup was made by a later Melvin ({manifest.melvin}, migration {manifest.schema_revision}). "
            "Install that version, or a later one, and restore it with that."
        )


def check_empty(url: str) -> None:
    """Raises :class:`BackupUnusable` where the database has any table. Blocking."""
    with psycopg.connect(libpq_url(url)) as connection:
        found = columns(connection)
    if found:
        raise BackupUnusable(
            f"The database is not empty (it has the table {min(found)}). A backup is restored into an empty one only: "
            "make a new database, and set DATABASE_URL to it."
        )


def load_tables(url: str, backup: OpenedBackup) -> int:
    """The rows that were loaded. All of them, or none: it is one transaction. Blocking."""
    manifest = backup.manifest
    upgrade(url, manifest.schema_revision)
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET client_encoding = 'UTF8'")
        connection.execute(AS_TEXT)
        there = columns(connection)
        _check_columns(manifest, there)
        wanted = [table for table in _parents_first(connection, there) if table not in FIXED]
        names = {table: sql.Identifier(table) for table in wanted}
        # The job queue's own triggers would note each loaded job as newly deferred, and wake workers for it.
        for table in wanted:
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(names[table]))
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names.values())))
        loaded = sum(
            _load(connection, backup, table, manifest.tables[table]) for table in wanted if table in manifest.tables
        )
        for table in wanted:
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(names[table]))
        for sequence, value in manifest.sequences.items():
            connection.execute("SELECT setval(%s::regclass, %s)", (f'public."{sequence}"', value))
    upgrade(url)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("ANALYZE")
    return loaded


def _check_columns(manifest: Manifest, there: dict[str, list[str]]) -> None:
    for table, one in manifest.tables.items():
        missing = sorted(set(one["columns"]) - set(there.get(table, [])))
        if missing:
            raise BackupUnusable(
                f"The backup's table {table} has {', '.join(missing)}, for which this version has no place. "
                f"Restore it with Melvin {manifest.melvin} and Procrastinate {manifest.queue_version}, then upgrade."
            )


def _parents_first(connection: Connection, tables: dict[str, list[str]]) -> list[str]:
    order: TopologicalSorter[str] = TopologicalSorter({table: set() for table in tables})
    for child, parent in connection.execute(_PARENTS):
        order.add(child, parent)
    return list(order.static_order())


def _load(connection: Connection, backup: OpenedBackup, table: str, one: dict[str, Any]) -> int:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, one["columns"]))
    )
    cursor = connection.cursor()
    with (
        backup.open(f"database/{table}.gz") as packed,
        gzip.GzipFile(fileobj=packed) as rows,
        cursor.copy(query) as copy,
    ):
        while data := rows.read(_CHUNK):
            copy.write(data)
    if cursor.rowcount != one["rows"]:
        raise BackupUnusable(f"{table}: {cursor.rowcount} rows were loaded of {one['rows']}.")
    return cursor.rowcount
