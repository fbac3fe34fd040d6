"""What went wrong, told once: RFC 9457 problem+json to programs, a page that says what to do to people.

Anything under http raises :class:`Problem`; the handlers here turn it into the reply. ``code`` is stable and made for
programs; ``title`` and ``detail`` are for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from interviewer.http.headers import REQUEST_ID, add_security_headers
from interviewer.http.pages import render

__all__ = ["Problem", "install_problem_handlers", "wants_html"]

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal. ``extra`` members are added to the JSON (``limit``, ``param``, ``errors`` ...); ``todo`` are the
    sentences that a page shows under the detail: what the reader can do about it."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        todo: tuple[str, ...] = (),
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {code}: {detail or title}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.todo = todo
        self.extra = extra

    def to_dict(self) -> dict[str, Any]:
        """``type`` is about:blank (RFC 9457, section 4.2.1): ``code`` tells the kinds apart."""
        body = {"type": "about:blank", "title": self.title, "status": self.status, "code": self.code}
        if self.detail:
            body["detail"] = self.detail
        return {**self.extra, **body}


def wants_html(request: Request) -> bool:
    """Whether a browser is asking for a page: the API and scripts' calls get JSON, whatever they accept."""
    if request.url.path.startswith("/api/"):
        return False
    accept = request.headers.get("accept", "")
    return "text/html" in accept and "application/problem+json" not in accept


def respond(request: Request, problem: Problem) -> Response:
    if wants_html(request):
        return render(
            request,
            "error.html",
            {"problem": problem},
            status=problem.status,
            headers=problem.headers,
        )
    return JSONResponse(
        jsonable_encoder({**problem.to_dict(), "request_id": getattr(request.state, "request_id", None)}),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={**problem.headers, "Cache-Control": "no-store"},
    )


def install_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def on_problem(request: Request, error: Problem) -> Response:
        return respond(request, error)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        title = {404: "There is no such page", 405: "This address does not take that kind of request"}
        todo = {404: ("Look at the address for a letter too many or too few, or go back.",)}
        problem = Problem(
            error.status_code,
            phrase.lower().replace(" ", "-"),
            title.get(error.status_code, phrase),
            str(error.detail) if error.detail != phrase else "",
            headers=error.headers,
            todo=todo.get(error.status_code, ()),
        )
        return respond(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        # One entry a wrong field. The value itself is left out: it may be private, or megabytes.
        errors = [{"param": ".".join(str(p) for p in e["loc"]), "reason": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{e['param']}: {e['reason']}" for e in errors)
        return respond(request, Problem(422, "invalid", "The request is not as expected", detail, errors=errors))

    @app.exception_handler(Exception)
    async def on_crash(request: Request, error: Exception) -> Response:
        # The route's pattern, never the path: a candidate's path holds the secret of the link.
        route = getattr(request.scope.get("route"), "path", "unknown")
        request_id = getattr(request.state, "request_id", None)
        log.error("request failed", route=route, method=request.method, request_id=request_id, exc_info=error)
        todo = ("Please try again in a minute. Nothing you have already sent is lost.",)
        problem = Problem(
            500, "internal", "Something went wrong on our side", "The error was written to the log.", todo=todo
        )
        response = respond(request, problem)
        # Starlette answers a crash outside of every middleware, so what those add is added here.
        add_security_headers(response.headers, request.url.path)
        if request_id:
            response.headers[REQUEST_ID] = request_id
        return response
