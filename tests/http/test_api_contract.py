"""What a program may rely on: a POST is done once, lists can be walked, and every reply tells what the key has left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from interviewer.plans.library import Library
from interviewer.records import interviews, invitations, keys
from interviewer.records.database import Database
from interviewer.records.replies import prune_replies
from tests.http.conftest import ORIGIN, SCOPES
from tests.http.factories import invited
from tests.http.test_api import EXPERT, check_problem

ONCE = {"Idempotency-Key": "order-1"}
JSON = {"Content-Type": "application/json"}


async def count(database: Database, table: str) -> int:
    async with database.session() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - our own tables


def program(site: FastAPI, secret: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url=f"{ORIGIN}/api/v1", headers={"Authorization": f"Bearer {secret}"}
    )


async def test_the_same_request_with_the_same_key_is_done_once(api: httpx.AsyncClient, database: Database) -> None:
    first = await api.post("/invitations", json=EXPERT, headers=ONCE)
    again = await api.post("/invitations", json=dict(reversed(EXPERT.items())), headers=ONCE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.json()["link"], "the one-time link too: the first reply may never have arrived"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert await count(database, "invitations") == 1
    other = await api.post("/invitations", json=EXPERT, headers={"Idempotency-Key": "order-2"})
    assert other.json()["id"] != first.json()["id"]


async def test_without_a_key_each_request_is_done(api: httpx.AsyncClient, database: Database) -> None:
    for _ in range(2):
        assert (await api.post("/invitations", json=EXPERT)).status_code == 201
    assert await count(database, "invitations") == 2
    assert await count(database, "stored_replies") == 0


async def test_another_request_with_the_same_key_is_refused_and_not_done(
    api: httpx.AsyncClient, database: Database
) -> None:
    made = (await api.post("/invitations", json=EXPERT, headers=ONCE)).json()
    reply = await api.post("/invitations", json={**EXPERT, "variables": {"field": "medicine"}}, headers=ONCE)
    check_problem(reply, 422, "idempotency-key-reused")
    deep = await api.post("/invitations", content=b"[" * 100_000, headers={"Idempotency-Key": "deep", **JSON})
    assert deep.status_code == 400, deep.text
    check_problem(await api.post(f"/invitations/{made['id']}/revoke", headers=ONCE), 422, "idempotency-key-reused")
    assert await count(database, "invitations") == 1
    assert (await api.get(f"/invitations/{made['id']}")).json()["status"] == "open"


async def test_the_same_request_sent_many_times_at_once_is_done_once(
    api: httpx.AsyncClient, database: Database
) -> None:
    replies = await asyncio.gather(*(api.post("/invitations", json=EXPERT, headers=ONCE) for _ in range(6)))
    done = [r for r in replies if r.status_code == 201]
    assert done
    assert len({r.content for r in done}) == 1
    for refused in (r for r in replies if r not in done):
        check_problem(refused, 409, "idempotency-key-in-use")
        assert refused.headers["Retry-After"] == "1"
    assert await count(database, "invitations") == 1


async def test_while_a_key_is_worked_on_the_same_request_is_told_to_wait(
    api: httpx.AsyncClient, database: Database
) -> None:
    async with database.engine.connect() as other:
        # What another process holds that has just begun with this very request.
        key_id = await other.scalar(text("SELECT id FROM api_keys"))
        await other.execute(
            text("SELECT pg_advisory_xact_lock(('x' || encode(substr(sha256(:name), 1, 8), 'hex'))::bit(64)::bigint)"),
            {"name": f"{key_id} order-1".encode()},
        )
        reply = await api.post("/invitations", json=EXPERT, headers=ONCE)
        check_problem(reply, 409, "idempotency-key-in-use")
        assert await count(database, "invitations") == 0
        await other.rollback()
    assert (await api.post("/invitations", json=EXPERT, headers=ONCE)).status_code == 201


async def test_a_refusal_is_not_kept(api: httpx.AsyncClient) -> None:
    wrong = {**EXPERT, "plan": {"name": "no-such-plan"}}
    check_problem(await api.post("/invitations", json=wrong, headers=ONCE), 422, "plan-unknown")
    assert (await api.post("/invitations", json=EXPERT, headers=ONCE)).status_code == 201


async def test_what_fails_before_its_reply_is_kept_was_not_done(api: httpx.AsyncClient, database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("ALTER TABLE stored_replies ADD CONSTRAINT broken CHECK (status <> 201)"))
    try:
        with capture_logs() as logged:
            check_problem(await api.post("/invitations", json=EXPERT, headers=ONCE), 500, "internal")
        assert "Ana" not in str(logged[-1]["exc_info"])
        assert await count(database, "invitations") == 0
    finally:
        async with database.session() as session:
            await session.execute(text("ALTER TABLE stored_replies DROP CONSTRAINT broken"))
    assert (await api.post("/invitations", json=EXPERT, headers=ONCE)).status_code == 201
    assert await count(database, "invitations") == 1


async def test_keys_of_two_programs_do_not_meet(api: httpx.AsyncClient, site: FastAPI, database: Database) -> None:
    first = await api.post("/invitations", json=EXPERT, headers=ONCE)
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="another", scopes=SCOPES)
    async with program(site, secret) as other:
        assert (await other.post("/invitations", json=EXPERT, headers=ONCE)).json()["id"] != first.json()["id"]


async def test_a_key_that_lost_its_scope_gets_no_stored_reply(api: httpx.AsyncClient, database: Database) -> None:
    await api.post("/invitations", json=EXPERT, headers=ONCE)
    async with database.session() as session:
        await session.execute(text("UPDATE api_keys SET scopes = '{plans:read}'"))
    check_problem(await api.post("/invitations", json=EXPERT, headers=ONCE), 403, "scope-missing")


async def test_a_stored_reply_cannot_be_read_without_the_callers_key(
    api: httpx.AsyncClient, database: Database
) -> None:
    made = (await api.post("/invitations", json=EXPERT, headers=ONCE)).json()
    async with database.session() as session:
        body = await session.scalar(text("SELECT body FROM stored_replies"))
    token = made["link"].rpartition("/")[2].encode()
    assert token not in body
    assert b"Ana" not in body


async def test_a_stored_reply_is_forgotten_after_a_day(api: httpx.AsyncClient, database: Database) -> None:
    first = (await api.post("/invitations", json=EXPERT, headers=ONCE)).json()
    now = datetime.now(UTC)
    async with database.session() as session:
        assert await prune_replies(session, now) == 0
        await session.execute(text("UPDATE stored_replies SET created_at = created_at - interval '24 h'"))
    assert (await api.post("/invitations", json=EXPERT, headers=ONCE)).json()["id"] != first["id"]
    async with database.session() as session:
        assert await prune_replies(session, now + timedelta(hours=25)) == 1
    assert await count(database, "stored_replies") == 0


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_that_will_not_do_is_a_problem(api: httpx.AsyncClient, key: str) -> None:
    check_problem(await api.post("/invitations", json=EXPERT, headers={"Idempotency-Key": key}), 422, "invalid")


async def test_invitations_are_walked_page_by_page_and_sorted_out(
    api: httpx.AsyncClient, database: Database, library: Library
) -> None:
    bundle = library.get("generalist-ai-trainer")
    open_, _ = await invited(database, bundle)
    expired, _ = await invited(database, bundle, expires_at=datetime.now(UTC) - timedelta(days=1))
    used, _ = await invited(database, bundle)
    revoked, _ = await invited(database, bundle)
    async with database.session() as session:
        made = await interviews.create_interview(session, used, {"questions": []})
        await interviews.set_status(session, made.id, "live", started_at=datetime.now(UTC))
        await invitations.revoke_invitation(session, revoked)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = (await api.get("/invitations", params=query)).json()
        seen += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            break
        query["starting_after"] = seen[-1]
    assert seen == [revoked, used, expired, open_]
    for status, ids in {"open": [open_], "expired": [expired], "used": [used], "revoked": [revoked]}.items():
        page = (await api.get("/invitations", params={"status": status})).json()
        assert [(item["id"], item["status"]) for item in page["data"]] == [(i, status) for i in ids]
    assert (await api.get("/invitations", params={"plan": "domain-expert"})).json()["data"] == []
    check_problem(await api.get("/invitations?starting_after=inv_x"), 422, "cursor-unknown")


async def test_a_withdrawn_invitation_shows_nothing_more(api: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    made = (await api.post("/invitations", json=EXPERT)).json()
    path = httpx.URL(made["link"]).path
    assert (await client.get(path)).status_code == 200
    reply = await api.post(f"/invitations/{made['id']}/revoke")
    assert (reply.status_code, reply.json()["status"]) == (200, "revoked")
    assert (await client.get(path)).status_code == 410
    again = await api.post(f"/invitations/{made['id']}/revoke")
    assert again.json()["revoked_at"] == reply.json()["revoked_at"]
    check_problem(await api.post("/invitations/inv_x/revoke"), 404, "not-found")


async def test_every_reply_tells_what_the_key_has_left_and_two_processes_count_together(
    rooms: Rooms, passwords: Passwords, database: Database
) -> None:
    tight = replace(
        rooms,
        options=replace(rooms.options, rate_limits={"api": "3 per 1 hour"}),
        clock=lambda: datetime(2026, 1, 1, 12, 20, tzinfo=UTC),
    )
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="busy", scopes=SCOPES)
        _, spare = await keys.create_key(session, name="spare", scopes=SCOPES)
    one = program(build_site(tight, passwords=passwords), secret)
    two = program(build_site(tight, passwords=passwords), secret)
    async with one, two:
        left = []
        for client in (one, two, one):
            reply = await client.get("/plans")
            assert reply.headers["RateLimit-Policy"] == '"key";q=3;w=3600'
            left.append(reply.headers["RateLimit"])
        assert left == ['"key";r=2;t=2400', '"key";r=1;t=2400', '"key";r=0;t=2400']
        refused = await two.get("/plans")
        check_problem(refused, 429, "rate-limited")
        assert refused.headers["Retry-After"] == "2400"
        assert refused.headers["RateLimit"] == '"key";r=0;t=2400'
        assert (await one.get("/plans", headers={"Authorization": f"Bearer {spare}"})).status_code == 200
    later = replace(tight, clock=lambda: datetime(2026, 1, 1, 13, 0, tzinfo=UTC))
    async with program(build_site(later, passwords=passwords), secret) as client:
        assert (await client.get("/plans")).headers["RateLimit"] == '"key";r=2;t=3600'


async def test_a_key_remembers_when_it_was_last_used(api: httpx.AsyncClient, database: Database) -> None:
    async with database.session() as session:
        (before,) = await keys.list_keys(session)
    assert before.last_used_at is None
    await api.get("/plans")
    async with database.session() as session:
        (after,) = await keys.list_keys(session)
    assert after.last_used_at is not None
