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

from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade

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


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A database of this test's own: migrated and empty."""
    name = f"test_{next(_numbers)}"
    admin = postgres_url.replace(f"/{_TEMPLATE}?", "/postgres?", 1)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres_url.replace(f"/{_TEMPLATE}?", f"/{name}?", 1)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()
