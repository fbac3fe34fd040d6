"""The whole site over HTTP, on a database of its own, with something in it to read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from interviewer.plans.library import Library, default_folder
from interviewer.records.database import Database
from interviewer.records.embedded import EmbeddedPostgres
from interviewer.records.migrations import upgrade
from interviewer.records.objects import ObjectStore
from tests.benchmarks.api.house import open_house
from tests.http.factories import finished_interview

__all__ = ["Service", "served"]

UNLIMITED = dict.fromkeys(("key", "api", "writing"), "1000000/minute")


@dataclass(frozen=True, slots=True)
class Service:
    address: str
    key: str
    operations: int


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Service]:
    postgres = EmbeddedPostgres(folder, shared_state=folder / "shared")
    url = await postgres.start()
    try:
        await asyncio.to_thread(upgrade, url)
        database = Database(url, pool_size=20)
        objects = ObjectStore(folder / "objects")
        await finished_interview(database, Library.load(default_folder()), objects, folder)
        async with open_house(database, folder, rate_limits=UNLIMITED) as house:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                port = listener.getsockname()[1]
                server = uvicorn.Server(uvicorn.Config(house.site, log_level="warning", lifespan="off"))
                serving = asyncio.create_task(server.serve([listener]))
                try:
                    operations = sum(len(item) for item in house.document["paths"].values())
                    yield Service(f"http://127.0.0.1:{port}", house.key, operations)
                finally:
                    server.should_exit = True
                    await serving
        await database.close()
    finally:
        await postgres.stop()
