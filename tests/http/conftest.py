"""The whole site over a real database and object store, and a browser-like client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from interviewer.http.api.keys import Scope
from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from interviewer.plans.library import Library, default_folder
from interviewer.records import accounts, keys
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from tests.http.factories import Finished, finished_interview

ORIGIN = "http://testserver"
EMAIL = "recruiter@example.org"
PASSWORD = "correct horse battery"
SCOPES = tuple(scope.value for scope in Scope)


class Unused:
    """Stands where a room stands that these tests must not reach."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(default_folder())


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    folder = tmp_path / "objects"
    folder.mkdir()
    return ObjectStore(folder)


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
def rooms(database: Database, library: Library, objects: ObjectStore) -> Rooms:
    return Rooms(
        database=database,
        live=Unused(),
        library=library,
        objects=objects,
        public_url=ORIGIN,
        jobs=Unused(),
        clock=lambda: datetime.now(UTC),
    )


@pytest.fixture
def site(rooms: Rooms, passwords: Passwords) -> FastAPI:
    return build_site(rooms, passwords=passwords)


@pytest.fixture
async def client(site: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Asks for pages, as a browser does; follows no redirect."""
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    headers = {"Accept": "text/html", "Origin": ORIGIN}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


@pytest.fixture
async def password_hash(passwords: Passwords) -> str:
    return await passwords.hash(PASSWORD)


@pytest.fixture
async def account(database: Database, password_hash: str) -> str:
    async with database.session() as session:
        made = await accounts.create_account(session, email=EMAIL, name="Rita", password_hash=password_hash)
    return made.id


def form_token(html: str) -> str:
    return html.partition('name="csrf_token" value="')[2].partition('"')[0]


async def sign_in(client: httpx.AsyncClient, password: str = PASSWORD, email: str = EMAIL) -> httpx.Response:
    page = await client.get("/login")
    form = {"email": email, "password": password, "csrf_token": form_token(page.text), "next": "/"}
    return await client.post("/login", data=form)


@pytest.fixture
async def recruiter(client: httpx.AsyncClient, account: str) -> httpx.AsyncClient:
    """The client, signed in."""
    assert (await sign_in(client)).status_code == 303
    return client


@pytest.fixture
async def api(site: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key of every scope."""
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="tests", scopes=SCOPES)
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", headers=headers) as client:
        yield client


@pytest.fixture
async def tester(site: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a test key of every scope."""
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="tests", scopes=SCOPES, livemode=False)
    assert secret.startswith("mk_test_")
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", headers=headers) as client:
        yield client


@pytest.fixture
async def finished(database: Database, library: Library, objects: ObjectStore, tmp_path: Path) -> Finished:
    return await finished_interview(database, library, objects, tmp_path)
