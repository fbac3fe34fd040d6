"""The real database for every test that wants one: an embedded PostgreSQL for the session, a clone for each test."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade

# How fast a busy machine makes examples says nothing about the code.
settings.register_profile("melvin", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("melvin")

_TEMPLATE = "melvin"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL with a migrated, empty database, never written to: it is what tests' databases copy."""
    # Not under pytest's own folder: that is closed (0700), and as root the cluster would go elsewhere.
    folder = Path(tempfile.mkdtemp(prefix="melvin-tests-"))
    folder.chmod(0o711)
    started: Future[str] = Future()
    done = threading.Event()

    async def serve() -> None:
        server = EmbeddedPostgres(folder, shared_state=folder / "shared")
        try:
            started.set_result(await server.start())
        except BaseException as error:
            started.set_exception(error)
            raise
        await asyncio.to_thread(done.wait)
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="postgres")
    thread.start()
    try:
        url = started.result(timeout=120)
        upgrade(url)
        yield url
    finally:
        done.set()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)


def _admin(postgres_url: str) -> str:
    return postgres_url.replace(f"/{_TEMPLATE}?", "/postgres?", 1)


def clone(postgres_url: str, name: str) -> str:
    """The URL of a migrated, empty database of that name, which goes with the server."""
    with psycopg.connect(_admin(postgres_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    return postgres_url.replace(f"/{_TEMPLATE}?", f"/{name}?", 1)


@pytest.fixture(scope="session")
def _shared_database_url(postgres_url: str) -> str:
    return clone(postgres_url, "shared")


@pytest.fixture
def database_url(_shared_database_url: str) -> Iterator[str]:
    """A migrated, empty database; nobody else uses it during the test. Its tables are emptied, not made again, so a
    test that changes the tables themselves takes ``own_database_url``."""
    yield _shared_database_url
    with psycopg.connect(_shared_database_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # no order of deletion to keep
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'queue_schema')"
        ).fetchall()
        connection.execute("; ".join(f"DELETE FROM {name}" for (name,) in tables))  # noqa: S608 - our own tables


@pytest.fixture
def own_database_url(postgres_url: str) -> Iterator[str]:
    """A database that the test may break."""
    name = f"own_{next(_numbers)}"
    yield clone(postgres_url, name)
    with psycopg.connect(_admin(postgres_url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A data folder that other users may pass through, unlike pytest's own, for a PostgreSQL of the test's own."""
    with tempfile.TemporaryDirectory(prefix="melvin-data-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()
