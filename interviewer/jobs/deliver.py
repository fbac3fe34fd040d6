"""Telling an event to an endpoint, signed as Standard Webhooks 1.0 asks, and again for a day where nobody answers.

tries    1   2    3     4       5        6         7         8           9
after    0  5 s  1 min 5 min  30 min    2 h       5 h       8 h       8 h 20 min   each a tenth more or less
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom

import httpx
import structlog
from prometheus_client import Histogram

from interviewer import __version__
from interviewer.jobs.targets import RefusedTarget, Resolve, checked_target, system_resolve
from interviewer.jobs.work import Work
from interviewer.records import webhooks
from interviewer.records.tables import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = ["LARGEST_BODY", "PAUSES_S", "Outcome", "Post", "body_of", "deliver", "not_due", "pause_after", "signatures"]

PAUSES_S = (5, 60, 300, 1800, 7200, 18_000, 28_800, 30_000)
"""A day in all."""
EARLY = timedelta(seconds=2)
"""By which the clocks of a worker and the database may differ."""
JITTER = 0.1
"""Of a pause, so that what failed together does not come back together."""
LARGEST_BODY = 20_000
"""Bytes. Events carry ids; whoever wants more asks the API."""
CONNECT_S = 5.0
ANSWER_S = 15.0
GONE = 410
"""The endpoint wants no more (Standard Webhooks, "410 Gone")."""

log = structlog.get_logger(__name__)

WEBHOOK_SECONDS = Histogram(
    "melvin_webhook_seconds",
    "Time of one try to tell an endpoint of an event.",
    ("outcome",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``problem`` is None where the endpoint took it."""

    response_status: int | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """How a request is sent. ``trust`` says which certificates are believed."""

    resolve: Resolve = system_resolve
    trust: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)

    async def send(
        self, url: str, body: bytes, headers: dict[str, str], *, private_allowed: bool, method: str = "POST"
    ) -> Outcome:
        try:
            async with asyncio.timeout(CONNECT_S + ANSWER_S):
                target = await checked_target(url, private_allowed, self.resolve)
                return await self._send(method, target.url, body, {**headers, "Host": target.host}, target.name)
        except RefusedTarget as error:
            return Outcome(None, str(error))
        except TimeoutError:
            return Outcome(None, f"No answer within {CONNECT_S + ANSWER_S:.0f} seconds.")
        except (httpx.HTTPError, ssl.SSLError) as error:
            return Outcome(None, f"No answer ({type(error).__name__}).")

    async def _send(self, method: str, url: str, body: bytes, headers: dict[str, str], name: str) -> Outcome:
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        # No proxy and no redirect: either would lead where nobody has looked.
        async with httpx.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=timeout, verify=self.trust
        ) as client:
            request = client.build_request(
                method, url, content=body, headers=headers, extensions={"sni_hostname": name}
            )
            response = await client.send(request, stream=True)
            await response.aclose()  # what it says besides the status is nobody's business
        if response.is_success:
            return Outcome(response.status_code, None)
        return Outcome(response.status_code, f"The endpoint answered {response.status_code}.")


def body_of(event: WebhookEvent) -> bytes:
    """The same bytes at each try. Raises ``ValueError`` where they are too many."""
    document = {"type": event.type, "timestamp": event.created_at.astimezone(UTC).isoformat(), "data": event.data}
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()
    if len(body) >= LARGEST_BODY:
        raise ValueError(f"event {event.id} has {len(body)} bytes")
    return body


def signatures(endpoint: WebhookEndpoint, event_id: str, body: bytes, now: datetime) -> str:
    """``v1,<base64>``, and after a rotation a second one by the old secret, so that no receiver misses an event."""
    keys = [endpoint.secret]
    if endpoint.old_secret is not None and endpoint.old_secret_until is not None and endpoint.old_secret_until > now:
        keys.append(endpoint.old_secret)
    signed = f"{event_id}.{int(now.timestamp())}.".encode() + body
    made = []
    for key in keys:
        digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        made.append("v1," + base64.b64encode(digest).decode())
    return " ".join(made)


def pause_after(tries: int, chance: SystemRandom | None = None) -> timedelta | None:
    """Until the next try, after ``tries`` that failed; None where there is none."""
    if tries > len(PAUSES_S):
        return None
    spread = (chance or SystemRandom()).uniform(1 - JITTER, 1 + JITTER)
    return timedelta(seconds=PAUSES_S[tries - 1] * spread)


def not_due(due_at: datetime | None) -> bool:
    """A second job about the same thing, then: the next try has a job of its own, and each is one of those of a day."""
    return due_at is not None and due_at > datetime.now(UTC) + EARLY


async def deliver(work: Work, delivery_id: str, post: Post | None = None) -> None:
    """One try. The next one is put into the queue in the transaction that notes this one."""
    async with work.database.session() as session:
        found = await webhooks.delivery(session, delivery_id)
    if found is None or found.status != "pending" or not_due(found.due_at):
        return
    if found.endpoint.disabled_at is not None:
        await _settle(work, found, Outcome(None, "The endpoint is switched off."), None)
        return
    now = datetime.now(UTC)
    body = body_of(found.event)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Melvin/{__version__}",
        "webhook-id": found.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(found.endpoint, found.event_id, body, now),
    }
    began = time.perf_counter()
    outcome = await (post or Post()).send(
        found.endpoint.url, body, headers, private_allowed=found.endpoint.private_allowed
    )
    WEBHOOK_SECONDS.labels("failed" if outcome.problem else "delivered").observe(time.perf_counter() - began)
    pause = None if outcome.problem is None or outcome.response_status == GONE else pause_after(found.tries + 1)
    await _settle(work, found, outcome, pause)


async def _settle(work: Work, found: WebhookDelivery, outcome: Outcome, pause: timedelta | None) -> None:
    now = datetime.now(UTC)
    async with work.database.session() as session:
        noted = await webhooks.settle(
            session, found, response_status=outcome.response_status, problem=outcome.problem, now=now,
            again_at=None if pause is None else now + pause,
        )  # fmt: skip
        if noted and outcome.response_status == GONE:
            await webhooks.disable_endpoint(session, found.endpoint_id, now)
    log.info(
        "webhook.tried", delivery=found.id, type=found.event.type, tries=found.tries + 1,
        status=outcome.response_status, problem=outcome.problem,
    )  # fmt: skip
