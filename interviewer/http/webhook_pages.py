"""Recruiters' page for webhooks: where events are sent, what failed and why, and sending it again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import ModeAsked, recruiter_page
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account, Form
from interviewer.records import deliveries, webhooks
from interviewer.records.pages import UnknownCursor
from interviewer.records.webhooks import DeliveryStatus

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE = 25
ENDPOINTS = 100
_ORDER: tuple[DeliveryStatus, ...] = ("failed", "pending", "delivered")


@router.get("/webhooks")
async def listed(
    request: Request,
    who: Account,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    endpoint: Annotated[str | None, Query(max_length=64)] = None,
    mode: ModeAsked = "live",
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
    replayed: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """What failed comes first: it is shown unless another ``status`` is asked for, or nothing has failed."""
    async with rooms_of(request).database.session() as session:
        live = mode == "live"
        endpoints, _ = await webhooks.list_endpoints(session, limit=ENDPOINTS, livemode=live)
        counts = await deliveries.count_deliveries(session, livemode=live)
        of = [one for one_id, one in counts.items() if endpoint in (None, one_id)]
        totals = {name: sum(one.get(name, 0) for one in of) for name in _ORDER}
        off = {one.id for one in endpoints if one.disabled_at is not None}
        again = sum(one.get("failed", 0) for key, one in counts.items() if endpoint in (None, key) and key not in off)
        some = [name for name in _ORDER if totals[name]]
        chosen: DeliveryStatus = status or (some[0] if some else "failed")
        try:
            rows, more = await webhooks.list_deliveries(
                session, limit=PAGE, starting_after=starting_after, status=chosen, endpoint_id=endpoint, livemode=live
            )
        except UnknownCursor as error:
            raise Problem(404, "cursor-unknown", "This page of the list does not exist", str(error)) from None
    here = f"/webhooks?mode={mode}&status={chosen}" + (f"&endpoint={quote(endpoint, safe='')}" if endpoint else "")
    context = {
        "endpoints": endpoints,
        "counts": counts,
        "totals": totals,
        "chosen": chosen,
        "again": again,
        "endpoint": next((one for one in endpoints if one.id == endpoint), None),
        "deliveries": rows,
        "replayed": replayed,
        "mode": mode,
        "path": "/webhooks",
        "older": f"{here}&starting_after={rows[-1].id}" if more else None,
        "newest": here if starting_after else None,
    }
    return recruiter_page(request, "webhooks", who, context)


@router.post("/webhooks/replay")
async def replay_all(request: Request, who: Account, form: Form) -> Response:
    """All that failed of this ``mode``; with ``endpoint``, to that one."""
    rooms = rooms_of(request)
    live = form.get("mode") != "test"
    async with rooms.database.session() as session:
        number = await deliveries.replay_failed(session, rooms.clock(), form.get("endpoint") or None, livemode=live)
    return RedirectResponse(_replayed(number, live), status_code=303)


@router.post("/webhooks/deliveries/{delivery_id}/replay")
async def replay_one(request: Request, who: Account, form: Form, delivery_id: str) -> Response:
    async with rooms_of(request).database.session() as session:
        found = await webhooks.replay(session, delivery_id)
        if found is None:
            raise Problem(404, "not-found", "There is no such delivery", f"No delivery has the id {delivery_id}.")
    return RedirectResponse(_replayed(1, found.livemode), status_code=303)


def _replayed(number: int, live: bool) -> str:
    return f"/webhooks?mode={'live' if live else 'test'}&replayed={number}"
