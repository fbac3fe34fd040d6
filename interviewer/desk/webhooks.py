"""What the webhook commands do, over the same core as the API. Each returns the lines to print."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

from interviewer.app import open_database
from interviewer.desk.errands import Refused
from interviewer.jobs.targets import RefusedTarget, check_url
from interviewer.records import webhooks
from interviewer.records.deliveries import replay_failed
from interviewer.records.tables import WebhookDelivery
from interviewer.records.webhooks import EVENT_TYPES, DeliveryStatus
from interviewer.settings import Settings

__all__ = ["add", "deliveries", "endpoints", "remove", "replay", "rotate"]

Progress = Callable[[str], None]


async def add(
    settings: Settings,
    progress: Progress,
    url: str,
    events: tuple[str, ...],
    description: str,
    private: bool,
    test: bool = False,
) -> list[str]:
    """The endpoint's id and its secret, which is never shown again."""
    unknown = sorted(set(events) - set(EVENT_TYPES))
    if unknown:
        raise Refused(f"There is no event {', '.join(unknown)}. The events are: {', '.join(EVENT_TYPES)}.")
    try:
        check_url(url, private_allowed=private)
    except RefusedTarget as error:
        raise Refused(f"{url}: {error}" + ("" if private else " --private allows one in your own network.")) from None
    async with open_database(settings, progress) as database, database.session() as session:
        made = await webhooks.add_endpoint(
            session, url=url, events=events, description=description, private_allowed=private, livemode=not test
        )
    return [made.id, made.secret]


async def endpoints(settings: Settings, progress: Progress, test: bool = False) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        rows, _ = await webhooks.list_endpoints(session, limit=1000, livemode=not test)
    return [
        f"{row.id}  {row.url}  {', '.join(row.events) or 'all events'}"
        + ("" if row.disabled_at is None else "  (switched off: it answered 410)")
        + (f"  {row.description}" if row.description else "")
        for row in rows
    ]


async def remove(settings: Settings, progress: Progress, endpoint_id: str) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        if not await webhooks.remove_endpoint(session, endpoint_id):
            raise Refused(f"No endpoint has the id {endpoint_id}.")
    return [f"{endpoint_id} is removed"]


async def rotate(settings: Settings, progress: Progress, endpoint_id: str, hours: int) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        found = await webhooks.rotate_secret(session, endpoint_id, datetime.now(UTC), timedelta(hours=hours))
        if found is None:
            raise Refused(f"No endpoint has the id {endpoint_id}.")
    return [found.secret]


async def deliveries(settings: Settings, progress: Progress, status: str, limit: int, test: bool = False) -> list[str]:
    wanted: DeliveryStatus | None = None
    if status != "all":
        if status not in get_args(DeliveryStatus):
            raise Refused(f"{status}: it is one of {', '.join(get_args(DeliveryStatus))}, or all.")
        wanted = status  # type: ignore[assignment] # it was looked for in the literal's values just now
    async with open_database(settings, progress) as database, database.session() as session:
        rows, _ = await webhooks.list_deliveries(session, limit=limit, status=wanted, livemode=not test)
    return [_line(row) for row in rows]


async def replay(settings: Settings, progress: Progress, ids: tuple[str, ...], test: bool = False) -> list[str]:
    """``failed``: all that failed, of live objects or of those of test mode. An id is an id."""
    async with open_database(settings, progress) as database, database.session() as session:
        if ids == ("failed",):
            number = await replay_failed(session, datetime.now(UTC), livemode=not test)
            return [f"{number} put into the queue again"]
        for delivery_id in ids:
            if await webhooks.replay(session, delivery_id) is None:
                raise Refused(f"No delivery has the id {delivery_id}; nothing was put into the queue.")
    return [f"{len(ids)} put into the queue again"]


def _line(row: WebhookDelivery) -> str:
    end = row.problem or (f"delivered {row.delivered_at:%Y-%m-%d %H:%M} UTC" if row.delivered_at else "on its way")
    return f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.event.type}  {row.endpoint.url}  {row.tries} tries: {end}"
