"""Recruiters' pages for invitations: the list, making one, withdrawing one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from interviewer.http.inviting import ACCOMMODATIONS, USUAL_DAYS, Wish, bundle_of, invitation_status, invite, link_of
from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import Mode, ModeAsked, recruiter_page
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account, Form, SignedIn
from interviewer.records import invitations
from interviewer.records.pages import UnknownCursor
from interviewer.records.search import LONGEST

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE = 25
EXPIRY_DAYS = (1, 3, 7, 14, 30, 90)
_VARIABLE = "variable."


@router.get("/invitations")
async def listed(
    request: Request,
    who: Account,
    candidate: Annotated[str, Query(max_length=LONGEST)] = "",
    mode: ModeAsked = "live",
    starting_after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    rooms = rooms_of(request)
    candidate = candidate.strip()
    async with rooms.database.session() as session:
        try:
            rows, more = await invitations.list_invitations(
                session, limit=PAGE, starting_after=starting_after, livemode=mode == "live", candidate=candidate
            )
        except UnknownCursor as error:
            raise Problem(404, "cursor-unknown", "This page of the list does not exist", str(error)) from None
    now = rooms.clock()
    here = _list(mode, candidate)
    context = {
        "invitations": [(row, invitation_status(row, now)) for row in rows],
        "mode": mode,
        "candidate": candidate,
        "path": "/invitations",
        "older": f"{here}{'&' if '?' in here else '?'}starting_after={rows[-1].id}" if more else None,
        "newest": here if starting_after else None,
    }
    return recruiter_page(request, "invitations", who, context)


@router.get("/invitations/new")
async def form(request: Request, who: Account, plan: Annotated[str, Query(max_length=64)] = "") -> Response:
    if plan:
        bundle_of(rooms_of(request), plan, None)
    return _form(request, who, {"plan": plan})


@router.post("/invitations")
async def make(request: Request, who: Account, form: Form) -> Response:
    rooms = rooms_of(request)
    try:
        wish = _wish(request, who, form)
        made, token = await invite(rooms, wish)
    except Problem as problem:
        if problem.status != 422:
            raise
        return _form(request, who, form, problem)
    # No redirect: the link can be shown in this one reply alone, for it is stored hashed.
    context = {"invitation": made, "link": link_of(rooms, token)}
    return recruiter_page(request, "invited", who, context, status=201)


@router.post("/invitations/{invitation_id}/revoke")
async def revoke(request: Request, who: Account, form: Form, invitation_id: str) -> Response:
    async with rooms_of(request).database.session() as session:
        found = await invitations.invitation(session, invitation_id)
        if found is None:
            raise Problem(404, "not-found", "There is no such invitation")
        await invitations.revoke_invitation(session, invitation_id)
    return RedirectResponse(_list("live" if found.livemode else "test"), status_code=303)


def _list(mode: Mode, candidate: str = "") -> str:
    chosen = ({"mode": mode} if mode == "test" else {}) | ({"candidate": candidate} if candidate else {})
    return "/invitations" + ("?" + urlencode(chosen) if chosen else "")


def _wish(request: Request, who: SignedIn, form: Mapping[str, str]) -> Wish:
    days, factor = form.get("expires_days", ""), form.get("accommodation", "")
    known_days = {str(d): d for d in EXPIRY_DAYS}
    factors = {str(f): f for f in ACCOMMODATIONS}
    if days not in ("", *known_days):
        reason = f"The link is good for {', '.join(known_days)} days."
        errors = [{"param": "expires_at", "reason": reason}]
        raise Problem(422, "invalid", "The invitation was not made", reason, errors=errors)
    variables = {k.removeprefix(_VARIABLE): v for k, v in form.items() if k.startswith(_VARIABLE) and v.strip()}
    return Wish(
        plan=form.get("plan", ""),
        candidate_name=form.get("candidate_name", ""),
        candidate_email=form.get("candidate_email"),
        variables=variables,
        accommodation=factors.get(factor, 0.0),
        expires_at=rooms_of(request).clock() + timedelta(days=known_days.get(days, USUAL_DAYS)),
        created_by=who.account_id,
    )


def _form(request: Request, who: SignedIn, values: Mapping[str, str], problem: Problem | None = None) -> Response:
    """Step one chooses the plan, step two has its variables; each works without scripts."""
    library = rooms_of(request).library
    chosen = values.get("plan", "")
    known = chosen in library.names()
    context = {
        "plans": [library.get(name).plan for name in library.names()],
        "chosen": library.get(chosen).plan if known else None,
        "values": values,
        "accommodations": ACCOMMODATIONS,
        "expiry_days": EXPIRY_DAYS,
        "usual_days": USUAL_DAYS,
        "problem": problem,
        "errors": {e["param"]: e["reason"] for e in problem.extra["errors"]} if problem else {},
    }
    return recruiter_page(request, "invite", who, context, status=422 if problem else 200)
