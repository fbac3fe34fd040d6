"""Webhook endpoints and deliveries: by the API and by the command line, which share one core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from interviewer.desk import webhooks as webhook_desk
from interviewer.desk.errands import Refused
from interviewer.records import webhooks
from interviewer.records.database import Database
from interviewer.records.webhooks import announce
from interviewer.settings import Settings
from tests.http.test_api import check_problem
from tests.records.rows import an_interview

HOOK: dict[str, Any] = {"url": "https://hooks.example.com/melvin", "events": ["score.ready"], "description": "ATS"}


async def some_deliveries(database: Database, number: int) -> list[str]:
    """Ids, oldest first."""
    async with database.session() as session:
        interview = await an_interview(session)
        for _ in range(number):
            await announce(session, "score.ready", interview.id)
        rows, _ = await webhooks.list_deliveries(session, limit=100)
    return [row.id for row in rows][::-1]


async def fail(database: Database, delivery_id: str) -> None:
    async with database.session() as session:
        row = await webhooks.delivery(session, delivery_id)
        assert row is not None
        await webhooks.settle(
            session,
            row,
            response_status=500,
            problem="The endpoint answered 500.",
            now=datetime.now(UTC),
            again_at=None,
        )


async def test_an_endpoint_is_made_and_its_secret_told_once(api: httpx.AsyncClient) -> None:
    once = {"Idempotency-Key": "hook"}
    reply = await api.post("/webhook-endpoints", json=HOOK, headers=once)
    assert reply.status_code == 201
    made = reply.json()
    assert made["id"].startswith("whk_")
    assert made["secret"].startswith("whsec_")
    assert (await api.post("/webhook-endpoints", json=HOOK, headers=once)).json() == made
    again = (await api.get(reply.headers["Location"].removeprefix("/api/v1"))).json()
    assert again == {**made, "secret": None}
    assert (await api.get("/webhook-endpoints")).json()["data"] == [again]
    assert (await api.delete(f"/webhook-endpoints/{made['id']}")).json() == again
    check_problem(await api.get(f"/webhook-endpoints/{made['id']}"), 404, "not-found")
    check_problem(await api.delete(f"/webhook-endpoints/{made['id']}"), 404, "not-found")


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "nonsense"])
async def test_an_address_inside_is_refused(api: httpx.AsyncClient, url: str) -> None:
    body = check_problem(await api.post("/webhook-endpoints", json={**HOOK, "url": url}), 422, "target-refused")
    assert body["errors"][0]["param"] == "body.url"


@pytest.mark.parametrize("change", [{"events": ["no.such"]}, {"private_allowed": True}, {"url": 1}])
async def test_a_wrong_field_is_refused_and_the_api_opens_no_private_network(
    api: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    check_problem(await api.post("/webhook-endpoints", json={**HOOK, **change}), 422, "invalid")


async def test_a_secret_is_changed_with_an_overlap(api: httpx.AsyncClient, database: Database) -> None:
    made = (await api.post("/webhook-endpoints", json=HOOK)).json()
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    changed = (await api.post(path, json={"overlap_hours": 2})).json()
    assert changed["secret"] not in (made["secret"], None)
    until = datetime.fromisoformat(changed["old_secret_until"])
    assert timedelta(hours=1, minutes=55) < until - datetime.now(UTC) <= timedelta(hours=2)
    async with database.session() as session:
        row = await webhooks.endpoint(session, made["id"])
    assert row is not None
    assert (row.secret, row.old_secret) == (changed["secret"], made["secret"])
    check_problem(await api.post(path, json={"overlap_hours": 999}), 422, "invalid")
    check_problem(await api.post("/webhook-endpoints/whk_x/rotate-secret", json={}), 404, "not-found")


async def test_deliveries_are_listed_and_told_again(api: httpx.AsyncClient, database: Database) -> None:
    made = (await api.post("/webhook-endpoints", json=HOOK)).json()
    other = (await api.post("/webhook-endpoints", json={**HOOK, "events": ["interview.deleted"]})).json()
    ids = await some_deliveries(database, 3)
    await fail(database, ids[1])
    page = (await api.get("/webhook-deliveries", params={"limit": 2})).json()
    assert [d["id"] for d in page["data"]] == [ids[2], ids[1]]
    assert page["has_more"] is True
    rest = (await api.get("/webhook-deliveries", params={"limit": 2, "starting_after": ids[1]})).json()
    assert ([d["id"] for d in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    (failed,) = (await api.get("/webhook-deliveries", params={"status": "failed", "endpoint": made["id"]})).json()[
        "data"
    ]
    assert (failed["id"], failed["type"], failed["problem"]) == (ids[1], "score.ready", "The endpoint answered 500.")
    assert (await api.get("/webhook-deliveries", params={"endpoint": other["id"]})).json()["data"] == []

    reply = await api.post(f"/webhook-deliveries/{ids[1]}/replay", headers={"Idempotency-Key": "r"})
    assert (reply.status_code, reply.json()["status"], reply.json()["tries"]) == (202, "pending", 0)
    assert reply.json()["event_id"] == failed["event_id"]
    assert (await api.get("/webhook-deliveries", params={"status": "failed"})).json()["data"] == []
    check_problem(await api.post("/webhook-deliveries/dlv_x/replay"), 404, "not-found")
    check_problem(await api.get("/webhook-deliveries?starting_after=dlv_x"), 422, "cursor-unknown")


async def test_the_command_line_does_the_same(tmp_path: Path, database: Database, database_url: str) -> None:
    settings = Settings(data_folder=tmp_path, database_url=database_url)

    def quiet(_: str) -> None:
        return None

    with pytest.raises(Refused, match=r"private network.*--private"):
        await webhook_desk.add(settings, quiet, "https://10.0.0.1/hook", (), "", False)
    with pytest.raises(Refused, match=r"There is no event no\.such"):
        await webhook_desk.add(settings, quiet, "https://hooks.example.com", ("no.such",), "", False)
    made, secret = await webhook_desk.add(settings, quiet, "http://10.0.0.1/hook", (), "inside", True)
    assert secret.startswith("whsec_")
    (line,) = await webhook_desk.endpoints(settings, quiet)
    assert line == f"{made}  http://10.0.0.1/hook  all events  inside"
    (changed,) = await webhook_desk.rotate(settings, quiet, made, 1)
    assert changed.startswith("whsec_")
    assert changed != secret

    ids = await some_deliveries(database, 2)
    assert await webhook_desk.deliveries(settings, quiet, "failed", 10) == []
    for delivery_id in ids:
        await fail(database, delivery_id)
    lines = await webhook_desk.deliveries(settings, quiet, "failed", 10)
    assert [line.split()[0] for line in lines] == ids[::-1]
    assert all("The endpoint answered 500." in line for line in lines)
    assert await webhook_desk.replay(settings, quiet, ("failed",)) == ["2 put into the queue again"]
    assert await webhook_desk.deliveries(settings, quiet, "failed", 10) == []
    assert len(await webhook_desk.deliveries(settings, quiet, "all", 10)) == 2
    for wrong in (
        webhook_desk.deliveries(settings, quiet, "lost", 10),
        webhook_desk.replay(settings, quiet, ("dlv_x",)),
        webhook_desk.rotate(settings, quiet, "whk_x", 1),
        webhook_desk.remove(settings, quiet, "whk_x"),
    ):
        with pytest.raises(Refused):
            await wrong
    tried, _ = await webhook_desk.add(settings, quiet, "https://hooks.example.com/test", (), "", False, True)
    assert [line.split()[0] for line in await webhook_desk.endpoints(settings, quiet, True)] == [tried]
    assert await webhook_desk.deliveries(settings, quiet, "all", 10, True) == []
    assert await webhook_desk.remove(settings, quiet, made) == [f"{made} is removed"]
    assert await webhook_desk.endpoints(settings, quiet) == []


async def test_a_deletion_is_told_by_its_ids_alone(api: httpx.AsyncClient, database: Database) -> None:
    await api.post("/webhook-endpoints", json={**HOOK, "events": ["interview.deleted"]})
    async with database.session() as session:
        interview = await an_interview(session)
    await api.delete(f"/interviews/{interview.id}")
    (told,) = (await api.get("/webhook-deliveries")).json()["data"]
    assert told["type"] == "interview.deleted"
    assert told["data"] == {
        "object": "interview", "id": interview.id, "status": "deleted", "livemode": True,
        "invitation_id": interview.invitation_id, "plan": {"name": "plan", "version": 1},
    }  # fmt: skip


async def test_events_are_forgotten_after_a_month(api: httpx.AsyncClient, database: Database) -> None:
    await api.post("/webhook-endpoints", json=HOOK)
    await some_deliveries(database, 1)
    now = datetime.now(UTC)
    async with database.session() as session:
        assert await webhooks.prune_events(session, now + timedelta(days=29)) == 0
        assert await webhooks.prune_events(session, now + timedelta(days=31)) == 1
    assert (await api.get("/webhook-deliveries")).json()["data"] == []
