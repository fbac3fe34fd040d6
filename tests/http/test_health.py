"""What machines ask: alive, ready, how it is doing; and that a database that is away is a clear state."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
from sqlalchemy import text
from structlog.testing import capture_logs

from interviewer.http.health import room_on
from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from interviewer.records.database import Database
from tests.http.conftest import ORIGIN
from tests.http.factories import Finished


def program(rooms: Rooms, passwords: Passwords) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_site(rooms, passwords=passwords), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


async def test_ready_where_the_database_answers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    reply = await client.get("/readyz")
    assert (reply.status_code, reply.json()["checks"]) == (200, {"database": "ok"})


async def test_not_ready_while_a_part_is_missing(rooms: Rooms, passwords: Passwords) -> None:
    async def voice() -> bool:
        return False

    async with program(replace(rooms, checks={"voice": voice}), passwords) as client:
        reply = await client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["checks"] == {"database": "ok", "voice": "failed"}


async def test_a_database_that_is_away_is_not_ready_but_alive(rooms: Rooms, passwords: Passwords) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    async with program(replace(rooms, database=away), passwords) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        failed = await client.get("/i/some-link", headers={"Accept": "text/html"})
    await away.close()
    assert failed.status_code == 503
    assert failed.headers["Retry-After"]
    assert "Content-Security-Policy" in failed.headers


async def test_a_crash_is_a_plain_page_with_every_header(
    recruiter: httpx.AsyncClient, database: Database, finished: Finished
) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE transcripts SET body = '{}'"))
    with capture_logs() as logs:
        reply = await recruiter.get(f"/interviews/{finished.interview_id}")
    assert reply.status_code == 500
    assert [(entry["event"], entry["route"]) for entry in logs] == [("request failed", "/interviews/{interview_id}")]
    assert "Something went wrong on our side" in reply.text
    assert "Traceback" not in reply.text
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]


async def test_metrics_name_routes_and_no_links(client: httpx.AsyncClient) -> None:
    await client.get("/i/a-secret-link")
    metrics = (await client.get("/metrics")).text
    assert 'route="/i/{token}",status="404"' in metrics
    assert "a-secret-link" not in metrics


async def test_the_tasks_of_the_event_loop_are_counted(client: httpx.AsyncClient) -> None:
    async def counted() -> float:
        lines = (await client.get("/metrics")).text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("melvin_tasks "))

    before = await counted()
    waiting = [asyncio.create_task(asyncio.sleep(60)) for _ in range(50)]
    try:
        assert await counted() >= before + 40  # others come and go
    finally:
        for task in waiting:
            task.cancel()


async def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    assert await room_on(tmp_path, 1)
    assert not await room_on(tmp_path, 1 << 62)
    assert not await room_on(tmp_path / "gone", 1)
