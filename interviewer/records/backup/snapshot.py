"""Reading a whole database in one snapshot, while others go on writing to it."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import TupleRow

from interviewer.records.backup.archive import ArchiveWriter, BackupUnusable
from interviewer.records.database import libpq_url

__all__ = ["AS_TEXT", "FIXED", "Snapshot", "columns", "snapshot"]

AS_TEXT = "SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1"
"""How values are written as text, whatever the server's own settings are."""
FIXED = ("alembic_version", "queue_schema")
"""Tables that say which tables there are: the migrations write them."""

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = 'public' AND c.relkind = 'r'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname, a.attnum"""

Connection = psycopg.Connection[TupleRow]


def columns(connection: Connection) -> dict[str, list[str]]:
    """Every table with its columns, in their order."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS):
        found.setdefault(table, []).append(column)
    return found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database as it was at one moment."""

    connection: Connection
    tables: dict[str, list[str]]
    schema_revision: str
    queue_version: str

    def interviews(self) -> set[str]:
        return {str(row[0]) for row in self.connection.execute("SELECT id FROM interviews")}

    def known_objects(self) -> dict[str, str]:
        """Each object that a row names, with the SHA-256 that it must have."""
        known: dict[str, str] = {}
        for table, names in self.tables.items():
            if {"object_key", "sha256"} <= set(names):
                query = sql.SQL("SELECT object_key, sha256 FROM {} WHERE object_key IS NOT NULL AND sha256 IS NOT NULL")
                known.update(
                    (key, digest) for key, digest in self.connection.execute(query.format(sql.Identifier(table)))
                )
        return known

    def sequences(self) -> dict[str, int]:
        """Those that were used, with the last value that they gave."""
        query = (
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
        return dict(self.connection.execute(query).fetchall())

    def write_tables(self, archive: ArchiveWriter) -> dict[str, dict[str, Any]]:
        """Each table as ``database/TABLE.gz``; its columns and its number of rows."""
        written: dict[str, dict[str, Any]] = {}
        for table, names in self.tables.items():
            if table in FIXED:
                continue
            with tempfile.NamedTemporaryFile(dir=archive.path.parent, prefix=".rows-") as spool:
                rows = self._write(table, names, Path(spool.name))
                archive.add_file(f"database/{table}.gz", Path(spool.name))
            written[table] = {"columns": names, "rows": rows}
        return written

    def _write(self, table: str, names: list[str], target: Path) -> int:
        query = sql.SQL("COPY {} ({}) TO STDOUT").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        with target.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3, mtime=0) as packed:
            cursor = self.connection.cursor()
            with cursor.copy(query) as rows:
                for data in rows:
                    packed.write(data)
            return cursor.rowcount


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Blocking. Raises :class:`BackupUnusable` for a database that is not Melvin's."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("SET client_encoding = 'UTF8'")
        connection.execute(AS_TEXT)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.autocommit = False
        tables = columns(connection)  # the first query of the transaction is its moment
        if not set(FIXED) <= set(tables):
            raise BackupUnusable(
                "This database is empty: Melvin has not been started on it, so there is nothing to keep."
            )
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        queue = connection.execute("SELECT version FROM queue_schema").fetchone()
        if revision is None or queue is None:
            raise BackupUnusable("This database is half made: start Melvin on it once, then make the backup.")
        yield Snapshot(connection, tables, str(revision[0]), str(queue[0]))
