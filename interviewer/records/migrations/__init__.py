"""Bringing a database to this version's tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine, text

from interviewer.records.database import engine_url
from interviewer.records.migrations.queue_schema import queue_is_older, upgrade_queue_schema

__all__ = ["DatabaseTooNew", "known_revisions", "queue_is_older", "upgrade"]

_LOCK = 0x4D454C56494E  # "MELVIN": one upgrade at a time, whoever starts it


class DatabaseTooNew(RuntimeError):
    """A later Melvin has upgraded this database."""


def known_revisions() -> list[str]:
    """From the first to the newest."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Blocking, idempotent, and safe to call from several processes at once. ``revision`` stops before the newest.

    Each migration is one transaction. Raises :class:`DatabaseTooNew`.
    """
    engine = create_engine(engine_url(url), poolclass=NullPool)
    try:
        with engine.connect() as guard, engine.connect() as connection:
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            config = _config()
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, revision)
            except CommandError as error:
                if "Can't locate revision" in str(error):
                    known = ScriptDirectory.from_config(config).get_current_head()
                    raise DatabaseTooNew(
                        "A later version of Melvin has upgraded this database. Start that version, or restore a backup "
                        f"from before; this one knows migrations up to {known}."
                    ) from error
                raise
            connection.commit()
            upgrade_queue_schema(connection)
            connection.commit()
    finally:
        engine.dispose()
