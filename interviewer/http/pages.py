"""The pages' templates and static files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

__all__ = ["WEB", "StaticPages", "day", "environment", "render"]

WEB = Path(__file__).resolve().parent.parent / "web"


def day(moment: datetime) -> str:
    """``3 March 2026``: a date nobody reads the wrong way round (UTC)."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"


@cache
def _fingerprint(path: str) -> str:
    return sha256((WEB / "static" / path).read_bytes()).hexdigest()[:12]


def static(path: str) -> str:
    """Address of a static file; its content is in the address, so an update is seen at once."""
    return f"/static/{path}?v={_fingerprint(path)}"


@cache
def environment() -> Environment:
    """Autoescape is on for every template: what candidates and recruiters write is text, never markup."""
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True, disabled_extensions=("svg",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["static"] = static
    env.filters["day"] = day
    return env


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page. Pages are personal, so no cache keeps one."""
    html = environment().get_template(template).render(request=request, **(context or {}))
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


class StaticPages(StaticFiles):
    """Static files that browsers ask about again each time: modules import each other by plain paths, so a long
    cache would mix versions after an update. An unchanged file costs a 304."""

    def __init__(self) -> None:
        super().__init__(directory=WEB / "static")

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
