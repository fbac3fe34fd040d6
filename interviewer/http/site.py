"""The whole site: every router, what surrounds them, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from interviewer import __version__
from interviewer.http import (
    ats_ashby,
    ats_greenhouse,
    browser_recording,
    candidate,
    candidate_live,
    downloads,
    health,
    invitation_pages,
    lobby,
    login,
    plan_pages,
    recruiter,
    reviewing,
    run_pages,
    webhook_pages,
)
from interviewer.http.api import describe, reference
from interviewer.http.api import router as api
from interviewer.http.api.imported_sound import LARGEST as LARGEST_SOUND
from interviewer.http.api.imported_sound import PATH as SOUND_PATH
from interviewer.http.api.limits import RateLimitHeaders
from interviewer.http.edges import LARGEST_BODY, BodyLimit, LinkGuessing, too_many
from interviewer.http.guesses import Guesses
from interviewer.http.headers import RequestIds, SecurityHeaders
from interviewer.http.nodes import PagesElsewhere, origin_of
from interviewer.http.pages import StaticPages
from interviewer.http.passwords import Passwords
from interviewer.http.problems import Problem, install_problem_handlers, respond, wants_html
from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.rooms import Rooms
from interviewer.http.security import ForgedRequest, LoginNeeded, PasswordChangeNeeded, check_origin
from interviewer.records.database import has_nul

__all__ = ["build_site"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_site(rooms: Rooms, *, passwords: Passwords | None = None, lifespan: Lifespan | None = None) -> FastAPI:
    """``passwords`` is left in ``app.state.passwords``; whoever builds the site closes it. ``lifespan`` starts and
    stops the rooms."""
    site = FastAPI(
        title="Melvin",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # their scripts come from elsewhere, which our content policy forbids; see /api/v1/docs
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(check_origin)],
    )
    limits = RateLimits(rooms.options.rate_limits)
    site.state.rooms = rooms
    site.state.passwords = passwords or Passwords()
    site.state.rate_limits = limits
    site.state.guessed_keys = Guesses(limits, "key")
    for part in (
        health, ats_ashby, ats_greenhouse, candidate, candidate_live, browser_recording, lobby, login, recruiter,
        reviewing, downloads, invitation_pages, plan_pages, run_pages, webhook_pages,
    ):  # fmt: skip
        _answer_head(part.router)
        site.include_router(part.router)
    site.include_router(api)
    site.include_router(reference.router)
    site.openapi = partial(describe, site)  # type: ignore[method-assign] # FastAPI's documented way of extending it
    site.mount("/static", StaticPages(), name="static")
    install_problem_handlers(site)
    _install_refusals(site)
    # The last one added is the first one that a request meets.
    site.add_middleware(BodyLimit, limit=LARGEST_BODY, larger={SOUND_PATH: LARGEST_SOUND})
    site.add_middleware(LinkGuessing, limits=limits)
    site.add_middleware(RateLimitHeaders)
    if rooms.options.node.address:
        site.add_middleware(PagesElsewhere, origin=origin_of(rooms.public_url))
    site.add_middleware(SecurityHeaders, secure=rooms.options.secure)
    if rooms.options.trusted_proxies:
        site.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(rooms.options.trusted_proxies))
    site.add_middleware(RequestIds)
    return site


def _answer_head(router: APIRouter) -> None:
    """What answers GET answers HEAD (RFC 9110, section 9.1); the server leaves the body out. Mail scanners and chat
    programs look at a candidate's link like this, and FastAPI's routes do not do it by themselves."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")


def _install_refusals(site: FastAPI) -> None:
    async def login_needed(request: Request, _: Exception) -> Response:
        if not wants_html(request):
            return respond(request, Problem(401, "unauthenticated", "Please sign in", "Sign in at /login."))
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        after = f"?next={quote(wanted, safe='')}" if request.method == "GET" and wanted != "/" else ""
        return RedirectResponse(f"/login{after}", status_code=303)

    async def password_change_needed(request: Request, _: Exception) -> Response:
        if not wants_html(request):
            return respond(request, Problem(403, "password-change", "Please change your one-time password first"))
        return RedirectResponse("/password", status_code=303)

    async def forged(request: Request, _: Exception) -> Response:
        return respond(
            request,
            Problem(
                403,
                "forged-request",
                "This request was not sent from a page of this site",
                "Nothing was changed.",
                todo=("Go back, load the page again, and try once more.",),
            ),
        )

    async def limited(request: Request, error: Exception) -> Response:
        assert isinstance(error, TooMany)  # noqa: S101 - the handler is registered for this class
        return respond(request, too_many(error))

    async def database_away(request: Request, _: Exception) -> Response:
        return respond(
            request,
            Problem(
                503,
                "database-away",
                "The database does not answer",
                "It is tried again by itself.",
                headers={"Retry-After": "5"},
                todo=("Please load the page again in a few seconds. Nothing that was sent is lost.",),
            ),
        )

    async def not_text(request: Request, error: Exception) -> Response:
        """PostgreSQL's text has no U+0000 (its documentation, "Character Types"); nobody types one, programs send it.
        Any other value that it does not take is our own fault."""
        if not isinstance(error, DataError) or not has_nul(error):
            raise error
        detail = "It has a character with the code zero (NUL), which no text has."
        return respond(request, Problem(422, "not-text", "The request is not as expected", detail))

    site.add_exception_handler(DataError, not_text)
    site.add_exception_handler(OperationalError, database_away)
    site.add_exception_handler(PoolTimeout, database_away)
    site.add_exception_handler(LoginNeeded, login_needed)
    site.add_exception_handler(PasswordChangeNeeded, password_change_needed)
    site.add_exception_handler(ForgedRequest, forged)
    site.add_exception_handler(TooMany, limited)
