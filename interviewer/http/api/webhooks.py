"""/api/v1/webhook-endpoints and /api/v1/webhook-deliveries"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import ListOf
from interviewer.http.api.once import OnceRoute, Transaction
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.jobs.targets import RefusedTarget, check_url
from interviewer.records import tables, webhooks
from interviewer.records.pages import UnknownCursor
from interviewer.records.webhooks import DeliveryStatus, EventType

router = APIRouter(tags=["Webhooks"], route_class=OnceRoute)

Reader = Annotated[Caller, Depends(scoped(Scope.WEBHOOKS_READ))]
Writer = Annotated[Caller, Depends(scoped(Scope.WEBHOOKS_WRITE))]
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[str | None, Query(max_length=64)]


class WebhookEndpointIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2048, examples=["https://hooks.example.com/melvin"])
    events: list[EventType] = Field(default_factory=list, max_length=50, description="all where none is named")
    description: str = Field(default="", max_length=200)


class RotationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(default=24, ge=0, le=168, description="for so long the old secret signs as well")


class WebhookEndpoint(BaseModel):
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    id: str
    livemode: bool
    url: str
    description: str
    events: list[str]
    status: Literal["enabled", "disabled"] = Field(description="`disabled` after the endpoint has answered 410")
    created_at: datetime
    old_secret_until: datetime | None = Field(description="until then two signatures are sent")
    secret: str | None = Field(default=None, description="in the reply that made it, and never again")

    @classmethod
    def of(cls, row: tables.WebhookEndpoint, *, with_secret: bool = False) -> Self:
        return cls(
            id=row.id,
            livemode=row.livemode,
            url=row.url,
            description=row.description,
            events=row.events,
            status="enabled" if row.disabled_at is None else "disabled",
            created_at=row.created_at,
            old_secret_until=row.old_secret_until,
            secret=row.secret if with_secret else None,
        )


class WebhookDelivery(BaseModel):
    object: Literal["webhook_delivery"] = "webhook_delivery"
    id: str
    livemode: bool
    endpoint_id: str
    event_id: str = Field(description="sent as `webhook-id`, the same at every try")
    type: str
    data: dict[str, Any]
    status: DeliveryStatus
    tries: int
    due_at: datetime | None = Field(description="when it is tried next")
    response_status: int | None
    problem: str | None = Field(description="why the last try failed")
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: tables.WebhookDelivery) -> Self:
        return cls(
            id=row.id,
            livemode=row.livemode,
            endpoint_id=row.endpoint_id,
            event_id=row.event_id,
            type=row.event.type,
            data=row.event.data,
            status=row.status,  # type: ignore[arg-type] # Pydantic checks it against the names above
            tries=row.tries,
            due_at=row.due_at,
            response_status=row.response_status,
            problem=row.problem,
            created_at=row.created_at,
            delivered_at=row.delivered_at,
        )


@router.post(
    "/webhook-endpoints",
    status_code=201,
    operation_id="create_webhook_endpoint",
    summary="Have events sent to an address",
)
async def create(
    response: Response, caller: Writer, session: Transaction, wanted: WebhookEndpointIn
) -> WebhookEndpoint:
    """Requests are signed as Standard Webhooks 1.0 says, with `secret`, and repeated for a day until one is answered
    with 2xx. `target-refused` (422) for an address in a private network."""
    try:
        check_url(wanted.url, private_allowed=False)
    except RefusedTarget as error:
        errors = [{"param": "body.url", "reason": str(error)}]
        raise Problem(
            422, "target-refused", "Nothing can be sent there", str(error), param="body.url", errors=errors
        ) from None
    made = await webhooks.add_endpoint(
        session,
        url=wanted.url,
        events=wanted.events,
        description=wanted.description,
        livemode=caller.livemode,
    )
    response.headers["Location"] = f"/api/v1/webhook-endpoints/{made.id}"
    return WebhookEndpoint.of(made, with_secret=True)


@router.get("/webhook-endpoints", operation_id="list_webhook_endpoints", summary="List webhook endpoints")
async def listed(
    request: Request, caller: Reader, limit: Limit = 20, starting_after: After = None
) -> ListOf[WebhookEndpoint]:
    async with rooms_of(request).database.session() as session:
        try:
            rows, more = await webhooks.list_endpoints(
                session, limit=limit, starting_after=starting_after, livemode=caller.livemode
            )
        except UnknownCursor as error:
            raise _no_page(error) from None
    return ListOf[WebhookEndpoint](data=[WebhookEndpoint.of(row) for row in rows], has_more=more)


@router.get("/webhook-endpoints/{endpoint_id}", operation_id="get_webhook_endpoint", summary="Read a webhook endpoint")
async def read(request: Request, caller: Reader, endpoint_id: str) -> WebhookEndpoint:
    async with rooms_of(request).database.session() as session:
        found = await webhooks.endpoint(session, endpoint_id, livemode=caller.livemode)
    if found is None:
        raise _not_there("endpoint", endpoint_id)
    return WebhookEndpoint.of(found)


@router.delete(
    "/webhook-endpoints/{endpoint_id}", operation_id="delete_webhook_endpoint", summary="Send nothing there any more"
)
async def remove(request: Request, caller: Writer, endpoint_id: str) -> WebhookEndpoint:
    """Its deliveries go with it. The reply is the endpoint as it was."""
    async with rooms_of(request).database.session() as session:
        found = await webhooks.endpoint(session, endpoint_id, livemode=caller.livemode)
        if found is None or not await webhooks.remove_endpoint(session, endpoint_id):
            raise _not_there("endpoint", endpoint_id)
    return WebhookEndpoint.of(found)


@router.post(
    "/webhook-endpoints/{endpoint_id}/rotate-secret",
    operation_id="rotate_webhook_secret",
    summary="Change an endpoint's secret",
)
async def rotate(
    request: Request, caller: Writer, session: Transaction, endpoint_id: str, wanted: RotationIn
) -> WebhookEndpoint:
    """For `overlap_hours` requests carry two signatures, by the new secret and by the old one, so nothing is lost while
    the receiver changes over."""
    if await webhooks.endpoint(session, endpoint_id, livemode=caller.livemode) is None:
        raise _not_there("endpoint", endpoint_id)
    found = await webhooks.rotate_secret(
        session, endpoint_id, rooms_of(request).clock(), timedelta(hours=wanted.overlap_hours)
    )
    if found is None:
        raise _not_there("endpoint", endpoint_id)
    return WebhookEndpoint.of(found, with_secret=True)


@router.get("/webhook-deliveries", operation_id="list_webhook_deliveries", summary="List deliveries, newest first")
async def deliveries(
    request: Request,
    caller: Reader,
    limit: Limit = 20,
    starting_after: After = None,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    endpoint: Annotated[str | None, Query(max_length=64, description="an endpoint's id")] = None,
) -> ListOf[WebhookDelivery]:
    """Kept for 30 days."""
    async with rooms_of(request).database.session() as session:
        try:
            rows, more = await webhooks.list_deliveries(
                session, limit=limit, starting_after=starting_after, status=status, endpoint_id=endpoint,
                livemode=caller.livemode,
            )  # fmt: skip
        except UnknownCursor as error:
            raise _no_page(error) from None
    return ListOf[WebhookDelivery](data=[WebhookDelivery.of(row) for row in rows], has_more=more)


@router.post(
    "/webhook-deliveries/{delivery_id}/replay",
    status_code=202,
    operation_id="replay_webhook_delivery",
    summary="Deliver an event again",
)
async def replay(caller: Writer, session: Transaction, delivery_id: str) -> WebhookDelivery:
    """From the first try on, under the same `webhook-id`. One that is still being tried is left as it is."""
    found = await webhooks.replay(session, delivery_id, livemode=caller.livemode)
    if found is None:
        raise _not_there("delivery", delivery_id)
    return WebhookDelivery.of(found)


def _not_there(what: str, wanted: str) -> Problem:
    detail = f"No {what} has the id {wanted}."
    return Problem(404, "not-found", f"There is no such {what}", detail, param=f"{what}_id")


def _no_page(error: UnknownCursor) -> Problem:
    return Problem(422, "cursor-unknown", "The page does not exist", str(error), param="starting_after")
