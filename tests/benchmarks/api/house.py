"""The site over a database, with a program's client and a recruiter's."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from interviewer.http.api.keys import Scope
from interviewer.http.passwords import Passwords
from interviewer.http.rooms import HttpOptions, Rooms
from interviewer.http.site import build_site
from interviewer.plans.library import Library, default_folder
from interviewer.records import accounts, keys
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore

__all__ = ["House", "open_house"]

ORIGIN = "http://testserver"
EMAIL, PASSWORD = "recruiter@example.org", "correct horse battery"
UNLIMITED = {"api": "1000000/minute"}


class NotHere:
    """Stands where a room stands that lists do not reach."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


@dataclass(frozen=True, slots=True)
class House:
    """``document`` is the OpenAPI document."""

    api: httpx.AsyncClient
    recruiter: httpx.AsyncClient
    document: dict[str, Any]
    key: str
    site: Any


@contextlib.asynccontextmanager
async def open_house(
    database: Database, folder: Path, *, rate_limits: dict[str, str] | None = None, livemode: bool = True
) -> AsyncIterator[House]:
    """``livemode`` is the key's."""
    passwords = Passwords()
    options = HttpOptions(rate_limits={**UNLIMITED, **(rate_limits or {})})
    site = build_site(
        Rooms(
            database=database,
            live=NotHere(),
            library=Library.load(default_folder()),
            objects=ObjectStore(folder / "objects"),
            public_url=ORIGIN,
            jobs=NotHere(),
            clock=lambda: datetime.now(UTC),
            options=options,
        ),
        passwords=passwords,
    )
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="benchmark", scopes=[s.value for s in Scope], livemode=livemode)
        hashed = await passwords.hash(PASSWORD)
        await accounts.create_account(session, email=EMAIL, name="Rita", password_hash=hashed)
    transport = httpx.ASGITransport(app=site)
    pages = {"Accept": "text/html", "Origin": ORIGIN}
    try:
        async with (
            httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, headers={"Authorization": f"Bearer {secret}"}
            ) as api,
            httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=pages) as recruiter,
        ):
            await _sign_in(recruiter)
            yield House(api, recruiter, site.openapi(), secret, site)
    finally:
        passwords.close()


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/login")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token, "next": "/"}
    reply = await client.post("/login", data=form)
    if reply.status_code != 303:
        raise AssertionError(f"signing in answered {reply.status_code}")
