"""What surrounds every response: a request id, the security headers, the time it took."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.tracing import TRACE, name_span, span

__all__ = ["CONTENT_POLICY", "REQUEST_ID", "WITH_CAMERA", "RequestIds", "SecurityHeaders", "add_security_headers"]

REQUEST_ID = "X-Request-Id"
_SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")

REQUEST_SECONDS = Histogram(
    "melvin_http_request_seconds",
    "Time from a request's arrival to the end of its response.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS = "microphone=(self), camera=(), geolocation=(), display-capture=()"
WITH_CAMERA = PERMISSIONS.replace("camera=()", "camera=(self)")
"""For the one page of a candidate who agreed to have the camera recorded."""
_ALWAYS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_security_headers(headers: MutableHeaders, path: str) -> None:
    """What every reply needs, where the route has not said otherwise. A candidate's link is a secret, so pages under
    it name no referrer and, like recruiters' pages, are stored by no cache."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Referrer-Policy", "no-referrer" if path.startswith("/i/") else "same-origin")
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")


class SecurityHeaders:
    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(headers, path)
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, with_headers)


class RequestIds:
    """Gives each request an id (a caller's own, where it is harmless), in the response, in the log and in problems;
    and measures how long each route takes. Labels are route templates, so no link and no id gets into the metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SAFE_ID.match(given) else "req_" + secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        began = time.perf_counter()

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        # A program's trace goes on in ours; a candidate's page has none that we would believe.
        parent = Headers(scope=scope).get(TRACE) if scope["path"].startswith("/api/") else None
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            span(scope["method"], parent=parent, kind="server", request_id=request_id),
        ):
            try:
                await self._app(scope, receive, with_id)
            finally:
                route = getattr(scope.get("route"), "path", "(none)")
                seconds = time.perf_counter() - began
                name_span(f"{scope['method']} {route}", {"http.route": route, "http.response.status_code": status})
                REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(seconds)
