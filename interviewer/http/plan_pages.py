"""Recruiters' pages for plans and their rubrics, as they are asked and judged."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from interviewer.http.problems import Problem
from interviewer.http.recruiter_page import recruiter_page
from interviewer.http.rooms import rooms_of
from interviewer.http.security import Account
from interviewer.plans.library import UnknownPlan

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/plans")
async def listed(request: Request, who: Account) -> Response:
    library = rooms_of(request).library
    return recruiter_page(request, "plans", who, {"bundles": [library.get(name) for name in library.names()]})


@router.get("/plans/{name}")
async def one(request: Request, who: Account, name: str) -> Response:
    try:
        bundle = rooms_of(request).library.get(name)
    except UnknownPlan as error:
        raise Problem(404, "not-found", "There is no such plan", str(error)) from None
    points = {p.id: p.text for rubric in bundle.rubrics.values() for p in rubric.key_points}
    return recruiter_page(request, "plan", who, {"bundle": bundle, "points": points})
