"""Procrastinate's schema in our database. It can be applied once only, so we keep its version beside it.

A new database gets the schema of the installed Procrastinate; one that is there gets the migrations that came since,
in the order of their file names (``03.04.00_01_pre_...sql``).
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

__all__ = ["apply_queue_schema", "queue_is_older", "upgrade_queue_schema"]


def apply_queue_schema(connection: Connection) -> None:
    _run(connection, SchemaManager.get_schema())
    connection.execute(text("INSERT INTO queue_schema (version) VALUES (:version)"), {"version": _installed()})


def upgrade_queue_schema(connection: Connection) -> None:
    """Idempotent. Raises ``RuntimeError`` where the database is ahead of this program."""
    there = connection.scalar(text("SELECT version FROM queue_schema"))
    if there is None or there == _installed():
        return
    if _numbers(there) > _numbers(_installed()):
        raise RuntimeError(
            f"the database's job queue is of Procrastinate {there}, and {_installed()} is installed: install {there}"
        )
    for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        if _numbers(file.name.partition("_")[0]) > _numbers(there):
            _run(connection, file.read_text(encoding="utf-8"))
    connection.execute(text("UPDATE queue_schema SET version = :version"), {"version": _installed()})


def queue_is_older(version: str) -> bool:
    """Whether the installed Procrastinate is older than ``version``."""
    return _numbers(_installed()) < _numbers(version)


def _run(connection: Connection, statements: str) -> None:
    # Straight to psycopg and without parameters: several statements at once, and "%" means itself.
    cursor = connection.connection.cursor()
    cursor.execute(statements)
    cursor.close()


def _installed() -> str:
    return importlib.metadata.version("procrastinate")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])
