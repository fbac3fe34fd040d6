"""Webhooks: signed as the standard's own library checks it, repeated for a day, told if and only if it happened."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from standardwebhooks import Webhook, WebhookVerificationError

from interviewer.jobs import deliver as delivering
from interviewer.jobs.deliver import LARGEST_BODY, PAUSES_S, body_of, deliver, pause_after, signatures
from interviewer.jobs.finalise import finalise
from interviewer.jobs.score import score
from interviewer.jobs.upkeep import pick_up_lost
from interviewer.jobs.worker import work_off
from interviewer.records import webhooks
from interviewer.records.database import Database
from interviewer.records.interviews import set_status
from interviewer.records.queue import defer_within
from interviewer.records.tables import Interview, WebhookDelivery, WebhookEndpoint, WebhookEvent
from interviewer.records.webhooks import EventType, announce
from tests.jobs.interviews import Bench, a_bench, recorded, spoken_then_ended, stored, typed_through
from tests.jobs.receiver import Receiver, receiving
from tests.jobs.test_finalise import noise
from tests.jobs.test_queue import hurry
from tests.records.rows import an_interview


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def interview(database: Database) -> Interview:
    async with database.session() as session:
        return await an_interview(session)


async def listen(database: Database, url: str, events: Sequence[EventType] = ()) -> WebhookEndpoint:
    async with database.session() as session:
        return await webhooks.add_endpoint(session, url=url, events=events, private_allowed=True)


async def tell(database: Database, interview: Interview, kind: EventType = "score.ready") -> None:
    async with database.session() as session:
        await announce(session, kind, interview.id)


async def all_deliveries(database: Database) -> list[WebhookDelivery]:
    """Oldest first."""
    async with database.session() as session:
        rows, _ = await webhooks.list_deliveries(session, limit=100)
    return rows[::-1]


async def the_delivery(database: Database) -> WebhookDelivery:
    (row,) = await all_deliveries(database)
    return row


async def test_an_event_arrives_signed_small_and_without_a_candidates_words(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    endpoint = await listen(database, receiver.url)
    await tell(database, interview)
    await work_off(database_url, bench.work)
    (came,) = receiver.received
    told = Webhook(endpoint.secret).verify(came.body, came.headers)
    assert told["type"] == "score.ready"
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    assert told["data"]["id"] == interview.id
    assert told["data"]["plan"] == {"name": "plan", "version": 1}
    assert "An Le" not in came.body.decode()
    assert len(came.body) < LARGEST_BODY
    assert came.path == "/hook?from=melvin"
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert came.headers["content-type"] == "application/json"
    row = await the_delivery(database)
    assert came.headers["webhook-id"] == row.event_id
    assert row.event_id.startswith("evt_")
    assert (row.status, row.tries, row.response_status, row.problem) == ("delivered", 1, 204, None)
    for wrong in (came.body + b" ", came.body.replace(b"score", b"store")):
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(wrong, came.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.new_signing_secret()).verify(came.body, came.headers)


async def test_while_a_secret_changes_both_are_good(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    endpoint = await listen(database, receiver.url)
    old = endpoint.secret
    now = datetime.now(UTC)
    async with database.session() as session:
        changed = await webhooks.rotate_secret(session, endpoint.id, now, timedelta(hours=1))
    assert changed is not None
    await tell(database, interview)
    await work_off(database_url, bench.work)
    (came,) = receiver.received
    for secret in (old, changed.secret):
        Webhook(secret).verify(came.body, came.headers)
    after = signatures(changed, "evt_1", b"{}", now + timedelta(hours=2))
    assert " " not in after
    assert after == Webhook(changed.secret).sign("evt_1", now + timedelta(hours=2), "{}")


async def test_what_fails_is_tried_again_under_the_same_id(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    endpoint = await listen(database, receiver.url)
    receiver.status = 503
    await tell(database, interview)
    before = datetime.now(UTC)
    await work_off(database_url, bench.work)
    row = await the_delivery(database)
    assert (row.status, row.tries, row.problem) == ("pending", 1, "The endpoint answered 503.")
    assert row.due_at is not None
    assert 4.4 < (row.due_at - before).total_seconds() < 60
    receiver.status = 200
    await hurry(database)
    await work_off(database_url, bench.work)
    row = await the_delivery(database)
    assert (row.status, row.tries, row.problem) == ("delivered", 2, None)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    Webhook(endpoint.secret).verify(second.body, second.headers)


async def test_after_a_day_it_has_failed_and_can_be_told_again(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    receiver.status = 500
    await tell(database, interview)
    row = await the_delivery(database)
    for tries in range(1, len(PAUSES_S) + 2):
        await hurry(database)
        for _ in range(3):  # more jobs than one about the same delivery are one try
            await deliver(bench.work, row.id)
        assert len(receiver.received) == tries
    row = await the_delivery(database)
    assert (row.status, row.tries, row.due_at) == ("failed", len(PAUSES_S) + 1, None)
    await deliver(bench.work, row.id)
    assert len(receiver.received) == row.tries, "what has failed is left alone"

    receiver.status = 200
    async with database.session() as session:
        await webhooks.replay(session, row.id)
    await hurry(database)
    await work_off(database_url, bench.work)
    again = await the_delivery(database)
    assert (again.status, again.tries) == ("delivered", 1)
    assert receiver.received[-1].headers["webhook-id"] == row.event_id


async def test_what_waits_in_a_queue_that_is_behind_is_not_taken_for_lost(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    await tell(database, interview)
    row = await the_delivery(database)
    late = datetime.now(UTC) + timedelta(hours=1)
    async with database.session() as session:
        assert await webhooks.lost_deliveries(session, late) == []
        await session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'deliver'"))
        assert await webhooks.lost_deliveries(session, late) == [row.id]
        assert await webhooks.lost_deliveries(session, late + timedelta(hours=1)) == []


def test_tries_are_spread_over_a_day() -> None:
    assert sum(PAUSES_S) == pytest.approx(24 * 3600, rel=0.01)

    class Chance(SystemRandom):
        def __init__(self, at: float) -> None:
            self.at = at

        def uniform(self, a: float, b: float) -> float:
            return a + (b - a) * self.at

    for tries, pause in enumerate(PAUSES_S, start=1):
        early, late = pause_after(tries, Chance(0.0)), pause_after(tries, Chance(1.0))
        assert early == timedelta(seconds=pause * 0.9)
        assert late == timedelta(seconds=pause * 1.1)
    assert pause_after(len(PAUSES_S) + 1) is None
    assert len({pause_after(1) for _ in range(20)}) > 1


async def test_an_endpoint_that_is_gone_is_sent_nothing_more(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    receiver.status = 410
    for kind in ("interview.finished", "score.ready"):
        await tell(database, interview, kind)
    first, second = await all_deliveries(database)
    await deliver(bench.work, first.id)
    await deliver(bench.work, second.id)
    first, second = await all_deliveries(database)
    assert (first.status, first.response_status) == ("failed", 410)
    assert (second.status, second.problem) == ("failed", "The endpoint is switched off.")
    assert len(receiver.received) == 1
    await tell(database, interview)
    assert len(await all_deliveries(database)) == 2


async def test_a_redirect_is_not_followed(
    database: Database, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    async with receiving() as inside:
        receiver.status, receiver.extra = 302, f"Location: {inside.url}\r\n"
        await listen(database, receiver.url)
        await tell(database, interview)
        await deliver(bench.work, (await the_delivery(database)).id)
        assert inside.received == []
    assert (await the_delivery(database)).problem == "The endpoint answered 302."


async def test_an_endpoint_that_never_answers_is_left_in_time(
    database: Database, bench: Bench, receiver: Receiver, interview: Interview, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "ANSWER_S", 0.3)
    receiver.status = 0
    await listen(database, receiver.url)
    await tell(database, interview)
    await deliver(bench.work, (await the_delivery(database)).id)
    row = await the_delivery(database)
    assert (row.status, row.response_status) == ("pending", None)
    assert row.problem is not None
    assert "Timeout" in row.problem


async def test_only_what_happened_and_was_asked_for_is_told(
    database: Database, receiver: Receiver, interview: Interview
) -> None:
    await tell(database, interview)
    assert await all_deliveries(database) == [], "nobody listened"
    await listen(database, receiver.url, ["score.ready"])
    await tell(database, interview, "interview.started")
    assert await all_deliveries(database) == []
    async with database.session() as session:
        await announce(session, "score.ready", interview.id)
        await session.rollback()  # and so it did not happen
    assert await all_deliveries(database) == []
    for _ in range(2):
        async with database.session() as session:
            await announce(session, "score.ready", interview.id, once="score.ready 1")
    assert len(await all_deliveries(database)) == 1
    async with database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


async def test_a_database_that_goes_away_while_a_job_is_deferred_is_said_so(
    database: Database, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    async with database.engine.connect() as other, database.session() as session:
        mine = await session.scalar(text("SELECT pg_backend_pid()"))
        await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        with pytest.raises(OperationalError):
            await defer_within(session, "deliver", "dlv_x", queue="deliver")
        await session.invalidate()


async def test_each_step_of_an_interview_is_told_once_and_in_order(
    database: Database, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    for status in ("live", "live", "paused", "live", "checking", "submitted", "submitted", "scored", "scored"):
        async with database.session() as session:
            assert await set_status(session, interview.id, status)
    async with database.session() as session:
        assert not await set_status(session, interview.id, "live", only_from=("created",))
        assert not await set_status(session, "int_x", "live")
    rows = await all_deliveries(database)
    assert [(row.event.type, row.event.data["status"]) for row in rows] == [
        ("interview.started", "live"),
        ("interview.paused", "paused"),
        ("interview.resumed", "live"),
        ("interview.finished", "checking"),
        ("interview.submitted", "submitted"),
        ("score.ready", "scored"),
    ]


async def test_jobs_tell_of_transcript_and_scores_and_once_when_they_run_twice(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, tmp_path: Path
) -> None:
    candidate = spoken_then_ended([("one", 3.0)])
    interview_id = await stored(database, candidate)
    recorded(tmp_path, interview_id, [(0, noise(candidate.seconds))])
    await listen(database, receiver.url, ["transcript.ready", "score.ready", "score.revised"])
    for _ in range(2):
        await finalise(bench.work, interview_id)
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
    for _ in range(2):
        await score(bench.work, interview_id)
    bench.judge.version = "2"
    await score(bench.work, interview_id)
    await work_off(database_url, bench.work)
    assert sorted(json.loads(came.body)["type"] for came in receiver.received) == [
        "score.ready", "score.revised", "transcript.ready",
    ]  # fmt: skip


async def test_a_typed_interview_tells_of_its_transcript_too(
    database: Database, bench: Bench, receiver: Receiver
) -> None:
    interview_id = await stored(database, typed_through())
    await listen(database, receiver.url)
    await finalise(bench.work, interview_id)
    assert (await the_delivery(database)).event.type == "transcript.ready"


async def test_a_delivery_whose_job_was_lost_is_picked_up(
    database: Database, database_url: str, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    await tell(database, interview)
    async with database.session() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await pick_up_lost(bench.work)
    await work_off(database_url, bench.work)
    assert receiver.received == [], "it is not late yet"
    async with database.session() as session:
        await session.execute(text("UPDATE webhook_deliveries SET due_at = due_at - interval '3 min'"))
    await pick_up_lost(bench.work)
    await work_off(database_url, bench.work)
    assert len(receiver.received) == 1


async def test_two_workers_with_the_same_delivery_note_one_try(
    database: Database, bench: Bench, receiver: Receiver, interview: Interview
) -> None:
    await listen(database, receiver.url)
    await tell(database, interview)
    row = await the_delivery(database)
    now = datetime.now(UTC)
    noted: list[Any] = []
    for _ in range(2):
        async with database.session() as session:
            noted.append(
                await webhooks.settle(
                    session, row, response_status=500, problem="x", now=now, again_at=now + timedelta(seconds=5)
                )
            )
    assert noted == [True, False]
    assert (await the_delivery(database)).tries == 1


def test_a_body_that_grew_too_large_is_an_error() -> None:
    event = WebhookEvent(id="evt_1", type="score.ready", data={"x": "y" * LARGEST_BODY}, created_at=datetime.now(UTC))
    with pytest.raises(ValueError, match="bytes"):
        body_of(event)
