"""A whole interview, from the link to the review, as an operator sees it from outside.

- The logs name interviews, requests and jobs, and hold no word and no name of the candidate, also where things fail.
- One trace leads from the HTTP request to the stored scorecard and the webhook that tells of it.
- The metrics tell of every stage, of what waits and for how long, and of what failed.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from interviewer import tracing
from interviewer.commands.logs import formatter, processors
from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from interviewer.jobs.defer import JobQueue
from interviewer.jobs.observing import serve_metrics
from interviewer.jobs.worker import work_off
from interviewer.live.registry import Live
from interviewer.plans.library import Library, default_folder
from interviewer.records import accounts, interviews
from interviewer.records.database import Database
from interviewer.records.feeder import Feeder
from interviewer.records.objects import ObjectStore
from interviewer.records.tables import TranscriptRow
from interviewer.records.webhooks import add_endpoint
from tests.http.conftest import EMAIL, PASSWORD, sign_in
from tests.http.joining import ORIGIN, Candidate, invited
from tests.http.scripted_live import ScriptedJobs, ScriptedLive
from tests.jobs.interviews import Bench, a_bench
from tests.live.test_session import House, Page

NAME = "Popescu"  # as tests.http.joining invites
SAID = "Quicksilver zeppelins drifted over Timbuktu while I counted marmalade jars."
FORBIDDEN = ("popescu", "quicksilver", "zeppelin", "timbuktu", "marmalade")


@dataclass
class Way:
    """Everything that runs, and a candidate with a link."""

    candidate: Candidate
    live: Live
    bench: Bench
    url: str

    async def work(self) -> None:
        await work_off(self.url, self.bench.work)

    async def go(self) -> str:
        """Consent, an answer in writing, the end, the check, the scores. The interview's id."""
        assert (await self.candidate.agree()).status_code == 303
        interview_id = (await self.candidate.interview()).id
        page = Page(self.live, interview_id)
        await self.live.attach(interview_id, page, "tab-1")
        await self.live.receive(interview_id, page, {"t": "hello", "audio": False})
        state = await page.until("state", phase="writing")
        await self.live.typed(interview_id, state["question"]["id"], SAID)
        await self.live.receive(interview_id, page, {"t": "press", "button": "end"})
        await page.until("finished")
        await self.live.close()  # what is left of the session is written down
        feeder = Feeder(self.candidate.rooms.database, self.bench.work.journals)
        await feeder.drain()
        await feeder.close()
        await self.work()
        sent = await self.candidate.browser.post(f"{self.candidate.link}/check", data={"choice": "pass"})
        assert sent.status_code == 303
        return interview_id


@pytest.fixture
async def way(database: Database, tmp_path: Path) -> AsyncIterator[Way]:
    (tmp_path / "journals").mkdir()
    library, passwords = Library.load(default_folder()), Passwords()
    queue = JobQueue(database.url)
    await queue.open()
    house = House(database, tmp_path)
    house.jobs = queue  # type: ignore[assignment] # the real one
    async with database.session() as session:
        await add_endpoint(session, url="https://127.0.0.1:9/hook", events=[])  # refused: a private address
    async with house.open() as live:
        rooms = Rooms(
            database=database, live=live, library=library, objects=ObjectStore(tmp_path / "objects"), public_url=ORIGIN,
            jobs=queue, clock=lambda: datetime.now(UTC),
        )  # fmt: skip
        async with candidate_of(rooms, library, passwords) as candidate:
            yield Way(candidate, live, a_bench(database, tmp_path), database.url)
    await queue.close()
    passwords.close()


@asynccontextmanager
async def candidate_of(rooms: Rooms, library: Library, passwords: Passwords) -> AsyncIterator[Candidate]:
    invitation, token = await invited(rooms, library)
    site = build_site(rooms, passwords=passwords)
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    headers = {"Accept": "text/html", "Origin": "null"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as browser:
        yield Candidate(f"/i/{token}", token, invitation, rooms, ScriptedLive(), ScriptedJobs(), site, browser, browser)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that the service would write to its log, as JSON: its own entries from debug on, libraries' from warnings."""
    text = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[*processors(), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(text),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter(as_json=True))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.configure(**before)


def entries(text: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.getvalue().splitlines()]


async def test_the_logs_of_a_whole_interview_hold_ids_and_nothing_of_the_candidate(
    way: Way, database: Database
) -> None:
    async with database.session() as session:
        hashed = await way.candidate.site.state.passwords.hash(PASSWORD)
        await accounts.create_account(session, email=EMAIL, name="Rita", password_hash=hashed)
    with logged() as text:
        interview_id = await way.go()
        way.bench.judge.failure = ValueError(f"cannot judge {SAID!r} of {NAME}")  # type: ignore[assignment]
        await way.work()  # fails, and says so
        way.bench.judge.failure = None
        browser = way.candidate.browser
        browser.headers["Origin"] = ORIGIN
        assert (await sign_in(browser)).status_code == 303
        review = await browser.get(f"/interviews/{interview_id}")
        assert NAME in review.text
        async with database.session() as session:
            await interviews.update_interview(session, interview_id, progress={"stage": SAID})
            await session.execute(update(TranscriptRow).values(body={"broken": SAID}))
        assert (await browser.get(f"/interviews/{interview_id}")).status_code == 500
    found = entries(text)
    whole = text.getvalue().lower()
    assert [word for word in FORBIDDEN if word in whole] == []
    assert way.candidate.token.lower() not in whole
    names = {entry["event"] for entry in found}
    assert {"job.started", "job.failed", "request failed", "webhook.tried", "answer closed"} <= names
    assert all(e["interview"] == interview_id for e in found if e["event"] in ("job.started", "job.failed"))
    assert all("job" in e for e in found if e["event"].startswith("job."))
    (crash,) = (e for e in found if e["event"] == "request failed")
    assert crash["request_id"].startswith("req_")
    assert ".py:" in crash["where"]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    end = tracing.start("tests", exporter=exporter)
    yield exporter
    end()


async def test_one_trace_leads_from_the_request_to_the_scorecard_and_its_webhook(
    way: Way, spans: InMemorySpanExporter
) -> None:
    interview_id = await way.go()
    await way.work()
    finished = {span.context.span_id: span for span in spans.get_finished_spans() if span.context}

    def way_up(span: ReadableSpan) -> list[str]:
        names = [span.name]
        while span.parent is not None and span.parent.span_id in finished:
            span = finished[span.parent.span_id]
            names.append(span.name)
        return names

    stored = [span for span in finished.values() if span.name == "store scorecard"]
    assert [way_up(span) for span in stored] == [["store scorecard", "job score", "POST /i/{token}/check"]]
    (scored,) = stored
    assert scored.attributes is not None
    assert scored.attributes["interview"] == interview_id
    assert scored.context is not None
    told = [span for span in finished.values() if span.name == "job deliver" and "job score" in way_up(span)]
    assert told, "the webhook that tells of the score belongs to it"
    for span in told:
        assert span.context is not None
        assert span.context.trace_id == scored.context.trace_id
        assert span.kind is SpanKind.CONSUMER
    seen = json.dumps([json.loads(span.to_json()) for span in finished.values()]).lower()
    assert [word for word in (*FORBIDDEN, way.candidate.token.lower()) if word in seen] == []


def figure(text: str, name: str, **labels: str) -> float:
    """The sum of the samples of that name that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def test_metrics_tell_of_every_stage_of_what_waits_and_of_what_failed(way: Way, database: Database) -> None:
    browser = way.candidate.browser

    async def metrics() -> str:
        return (await browser.get("/metrics")).text

    before = await metrics()
    await way.go()
    waiting = await metrics()
    assert figure(waiting, "melvin_queue_jobs", task="score", state="due") == 1
    await asyncio.sleep(0.01)
    assert figure(await metrics(), "melvin_queue_oldest_seconds", task="score") > 0
    way.bench.judge.failure = ValueError("no")  # type: ignore[assignment]
    await way.work()
    way.bench.judge.failure = None
    after = await metrics()
    assert figure(after, "melvin_queue_jobs", task="score", state="later") == 1, "it is tried again"
    assert figure(after, "melvin_queue_jobs", state="due") == 0

    def more(name: str, **labels: str) -> float:
        return figure(after, name, **labels) - figure(before, name, **labels)

    assert more("melvin_job_seconds_count", task="finalise", outcome="done") == 1
    assert more("melvin_job_seconds_count", task="score", outcome="failed") == 1
    assert more("melvin_journal_write_seconds_count") > 0
    assert more("melvin_webhook_seconds_count", outcome="failed") > 0
    for name in ("melvin_recognition_seconds", "melvin_turn_decision_seconds", "melvin_first_sound_seconds"):
        assert f"# TYPE {name} histogram" in after
    assert way.candidate.token not in after


async def test_metrics_are_there_while_the_database_is_away(way: Way) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    rooms = replace(way.candidate.rooms, database=away)
    site = build_site(rooms, passwords=way.candidate.site.state.passwords)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url=ORIGIN) as client:
        reply = await client.get("/metrics")
    await away.close()
    assert reply.status_code == 200
    assert "melvin_http_request_seconds" in reply.text


def test_a_worker_s_metrics_are_on_a_port_of_their_own_and_a_taken_port_ends_no_worker() -> None:
    port, end = serve_metrics("127.0.0.1", 0)
    assert serve_metrics("127.0.0.1", port)[0] == 0
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    end()
    assert "# TYPE melvin_job_seconds histogram" in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
