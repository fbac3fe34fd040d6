"""For machines that watch this one: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from interviewer.http.rooms import Rooms, rooms_of
from interviewer.jobs.observing import look_at_queue

__all__ = ["room_on", "router"]

router = APIRouter(include_in_schema=False)

TASKS = Gauge("melvin_tasks", "Tasks of the event loop that carries the interviews, now.")
"""Where it grows from day to day, something is left over after each interview."""

PATIENCE_S = 3.0
"""A part that has not answered by then is not ready."""

LEAST_FREE_BYTES = 100_000_000
"""Some twenty minutes of one interview, and what PostgreSQL takes at a time."""


@router.get("/healthz")
async def alive() -> Response:
    """The event loop turns. Nothing else is asked, so that a database that is away gets no live interview killed."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """503 while anything that a new interview needs is missing; each part by name."""
    rooms = rooms_of(request)
    parts = {"database": _database(rooms), **{name: check() for name, check in rooms.checks.items()}}
    found = dict(zip(parts, await asyncio.gather(*(_in_time(p) for p in parts.values())), strict=True))
    good = all(found.values())
    body = {
        "status": "ready" if good else "not ready",
        "checks": {n: "ok" if f else "failed" for n, f in found.items()},
    }
    return JSONResponse(body, status_code=200 if good else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Counts and times in Prometheus' format; labels hold no ids and nothing that a person said. Of the job queue it
    tells what the database says now, and nothing while that is away."""
    with suppress(SQLAlchemyError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S), rooms_of(request).database.session() as session:
            await look_at_queue(session)
    TASKS.set(len(asyncio.all_tasks()))
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def room_on(disk_of: Path, least_bytes: int = LEAST_FREE_BYTES) -> bool:
    """A check: the disk that holds this folder has room for what comes next. On a full one PostgreSQL still answers
    what it is asked, and keeps nothing."""
    try:
        return shutil.disk_usage(disk_of).free >= least_bytes
    except OSError:  # it is not mounted any more
        return False


async def _database(rooms: Rooms) -> bool:
    try:
        async with rooms.database.session() as session:
            await session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check
    except TimeoutError:
        return False
