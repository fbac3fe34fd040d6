"""The webhooks page: what failed is shown first and why, and is sent again, one or all, by signed-in people alone."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text

from interviewer.records import webhooks
from interviewer.records.database import Database
from tests.http.conftest import form_token
from tests.http.factories import Finished

WHY = "The endpoint answered 500 <&>."


@pytest.fixture
async def told(database: Database, finished: Finished) -> list[str]:
    """Two endpoints, and for each a delivery that failed, one that is on its way and one that was taken; the failed
    ones' ids, the first endpoint's first."""
    failed = []
    for name in ("first", "second"):
        async with database.session() as session:
            made = await webhooks.add_endpoint(session, url=f"https://{name}.example.com/hook", events=["score.ready"])
            for _ in range(3):
                await webhooks.announce(session, "score.ready", finished.interview_id)
        async with database.session() as session:
            rows, _ = await webhooks.list_deliveries(session, endpoint_id=made.id)
            mine = rows[:3]
            mine[0].status, mine[0].tries, mine[0].problem = "failed", 9, WHY
            mine[1].status = "delivered"
            failed.append(mine[0].id)
            await session.execute(text("DELETE FROM procrastinate_jobs"))
    return failed


async def statuses(database: Database) -> dict[str, str]:
    async with database.session() as session:
        rows = await session.execute(text("SELECT id, status FROM webhook_deliveries"))
        return {row.id: row.status for row in rows}


async def queued(database: Database) -> list[str]:
    async with database.session() as session:
        query = "SELECT args->>'subject' FROM procrastinate_jobs WHERE task_name = 'deliver' ORDER BY id"
        return list(await session.scalars(text(query)))


async def test_what_failed_is_shown_first_with_its_reason(
    recruiter: httpx.AsyncClient, told: list[str], finished: Finished
) -> None:
    page = (await recruiter.get("/webhooks")).text
    assert page.count("The endpoint answered 500 &lt;&amp;&gt;.") == 2
    assert "9 tries" in page
    assert f'href="/interviews/{finished.interview_id}"' in page
    assert "Taken," not in page
    assert "Taken," in (await recruiter.get("/webhooks?status=delivered")).text


async def test_an_endpoint_s_own_deliveries_can_be_seen_alone(recruiter: httpx.AsyncClient, told: list[str]) -> None:
    page = (await recruiter.get("/webhooks")).text
    only = page.partition('href="/webhooks?mode=live&amp;endpoint=')[2].partition('"')[0]
    page = (await recruiter.get(f"/webhooks?endpoint={only}")).text
    assert page.count("Send again") == 1
    assert "(1)" in page


async def test_one_is_sent_again(recruiter: httpx.AsyncClient, database: Database, told: list[str]) -> None:
    form = {"csrf_token": form_token((await recruiter.get("/webhooks")).text)}
    reply = await recruiter.post(f"/webhooks/deliveries/{told[0]}/replay", data=form)
    assert reply.headers["location"] == "/webhooks?mode=live&replayed=1"
    assert (await statuses(database))[told[0]] == "pending"
    assert await queued(database) == [told[0]]
    assert "1 event is being sent again" in (await recruiter.get("/webhooks?replayed=1")).text
    unknown = await recruiter.post("/webhooks/deliveries/dlv_none/replay", data=form)
    assert unknown.status_code == 404


async def test_all_that_failed_are_sent_again_to_one_endpoint_or_to_all(
    recruiter: httpx.AsyncClient, database: Database, told: list[str]
) -> None:
    token = form_token((await recruiter.get("/webhooks")).text)
    async with database.session() as session:
        first = await webhooks.delivery(session, told[0])
        assert first is not None
    reply = await recruiter.post("/webhooks/replay", data={"csrf_token": token, "endpoint": first.endpoint_id})
    assert reply.headers["location"] == "/webhooks?mode=live&replayed=1"
    assert await queued(database) == [told[0]]
    await recruiter.post("/webhooks/replay", data={"csrf_token": token, "endpoint": ""})
    assert sorted(await queued(database)) == sorted(told)
    assert "failed" not in (await statuses(database)).values()
    assert (await recruiter.post("/webhooks/replay", data={"csrf_token": token})).headers["location"].endswith("=0")


async def test_what_failed_in_test_mode_is_shown_and_sent_again_apart(
    recruiter: httpx.AsyncClient, database: Database, told: list[str]
) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE webhook_endpoints SET livemode = false WHERE url LIKE '%first%'"))
        deliveries = "UPDATE webhook_deliveries d SET livemode = e.livemode FROM webhook_endpoints e"
        await session.execute(text(f"{deliveries} WHERE e.id = d.endpoint_id"))
    live, test = [(await recruiter.get(f"/webhooks?mode={mode}")).text for mode in ("live", "test")]
    assert (live.count("Send all that failed again (1)"), live.count(">Test</span>")) == (1, 0)
    assert test.count("Send all that failed again (1)") == 1
    assert test.count(">Test</span>") == 3, "in the heading, at the endpoint and at the delivery"
    assert ("first.example.com" in live, "second.example.com" in test) == (False, False)
    form = {"csrf_token": form_token(test), "mode": "test", "endpoint": ""}
    reply = await recruiter.post("/webhooks/replay", data=form)
    assert reply.headers["location"] == "/webhooks?mode=test&replayed=1"
    assert await queued(database) == [told[0]]


async def test_an_endpoint_that_is_switched_off_gets_nothing(
    recruiter: httpx.AsyncClient, database: Database, told: list[str]
) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE webhook_endpoints SET disabled_at = now()"))
    page = (await recruiter.get("/webhooks")).text
    assert "Switched off" in page
    assert "Send" not in page
    await recruiter.post("/webhooks/replay", data={"csrf_token": form_token(page)})
    assert await queued(database) == []


async def test_nobody_else_and_no_other_site_sends_anything(
    client: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database, told: list[str]
) -> None:
    token = form_token((await recruiter.get("/webhooks")).text)
    for path in ("/webhooks/replay", f"/webhooks/deliveries/{told[0]}/replay"):
        assert (await recruiter.post(path, data={"csrf_token": "guessed"})).status_code == 403
        elsewhere = {"Origin": "https://elsewhere.example"}
        assert (await recruiter.post(path, data={"csrf_token": token}, headers=elsewhere)).status_code == 403
    client.cookies.clear()
    reply = await client.get("/webhooks")
    assert (reply.status_code, reply.headers["location"]) == (303, "/login?next=%2Fwebhooks")
    assert await queued(database) == []


async def test_without_endpoints_the_page_says_how_to_add_one(recruiter: httpx.AsyncClient) -> None:
    assert "No webhooks yet" in (await recruiter.get("/webhooks")).text
