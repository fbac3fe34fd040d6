"""Signing in: right and wrong passwords, the limit on guessing, forged requests, the one-time password."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from interviewer.http.login import safe_next
from interviewer.http.passwords import Passwords
from interviewer.records import accounts
from interviewer.records.database import Database
from tests.http.conftest import EMAIL, PASSWORD, form_token, sign_in


async def test_the_right_password_opens_the_list(recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get("/")
    assert page.status_code == 200
    assert "No interviews yet" in page.text
    cookie = recruiter.cookies.get("melvin-session")
    assert cookie is not None
    assert len(cookie) >= 22


async def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client: httpx.AsyncClient, account: str) -> None:
    cookies = (await sign_in(client)).headers.get_list("set-cookie")
    session = next(c for c in cookies if c.startswith("melvin-session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_wrong_passwords_and_unknown_addresses_look_the_same(
    client: httpx.AsyncClient, account: str, email: str
) -> None:
    reply = await sign_in(client, "wrong wrong wrong", email)
    assert reply.status_code == 401
    assert "do not match" in reply.text
    assert "melvin-session" not in client.cookies


async def test_guessing_is_slowed_down_even_with_the_right_password_at_last(
    client: httpx.AsyncClient, account: str
) -> None:
    for _ in range(5):
        assert (await sign_in(client, "wrong wrong wrong")).status_code == 401
    limited = await sign_in(client, PASSWORD)
    assert limited.status_code == 429
    assert 0 < int(limited.headers["Retry-After"]) <= 300
    assert "Please wait" in limited.text


async def test_guesses_sent_all_at_once_are_counted_too(client: httpx.AsyncClient, account: str) -> None:
    await client.get("/login")
    replies = await asyncio.gather(*(sign_in(client, f"wrong wrong {n}") for n in range(12)))
    assert sorted(r.status_code for r in replies) == [401] * 5 + [429] * 7


@pytest.mark.parametrize("path", ["/", "/interviews/int_x", "/invitations", "/invitations/new", "/plans", "/password"])
async def test_pages_send_a_stranger_to_the_login_page(client: httpx.AsyncClient, path: str) -> None:
    reply = await client.get(path)
    assert reply.status_code == 303
    assert reply.headers["Location"].startswith("/login")


@pytest.mark.parametrize("file", ["transcript.json", "transcript.vtt", "interview.json", "audio/mix.flac"])
async def test_files_are_closed_to_strangers(client: httpx.AsyncClient, file: str) -> None:
    reply = await client.get(f"/interviews/int_x/{file}", headers={"Accept": "*/*"})
    assert reply.status_code == 401
    assert reply.json()["code"] == "unauthenticated"


async def test_the_login_page_leads_back_to_the_page_that_was_asked_for(
    client: httpx.AsyncClient, account: str
) -> None:
    asked = await client.get("/plans")
    page = await client.get(asked.headers["Location"])
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": form_token(page.text), "next": "/plans"}
    reply = await client.post("/login", data=form)
    assert reply.headers["Location"] == "/plans"


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb", "/a\\b"])
def test_a_login_link_never_leads_to_another_site(path: str) -> None:
    assert safe_next(path) == "/"


async def test_a_login_form_without_its_token_is_refused(client: httpx.AsyncClient, account: str) -> None:
    form = {"email": EMAIL, "password": PASSWORD, "next": "/"}
    reply = await client.post("/login", data=form)
    assert reply.status_code == 403
    assert "melvin-session" not in client.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_sent_by_another_site_is_refused(recruiter: httpx.AsyncClient, headers: dict[str, str]) -> None:
    token = form_token((await recruiter.get("/")).text)
    reply = await recruiter.post("/logout", data={"csrf_token": token}, headers=headers)
    assert reply.status_code == 403
    assert (await recruiter.get("/")).status_code == 200


async def test_a_form_with_another_sessions_token_is_refused(recruiter: httpx.AsyncClient) -> None:
    reply = await recruiter.post("/logout", data={"csrf_token": "0" * 32})
    assert reply.status_code == 403
    assert (await recruiter.get("/")).status_code == 200


async def test_signing_out_ends_the_session_on_the_server(recruiter: httpx.AsyncClient) -> None:
    stolen = recruiter.cookies["melvin-session"]
    token = form_token((await recruiter.get("/")).text)
    assert (await recruiter.post("/logout", data={"csrf_token": token})).status_code == 303
    recruiter.cookies.set("melvin-session", stolen)
    assert (await recruiter.get("/")).status_code == 303


async def test_a_one_time_password_opens_nothing_but_its_own_change(
    client: httpx.AsyncClient, database: Database, password_hash: str
) -> None:
    async with database.session() as session:
        await accounts.create_account(
            session, email=EMAIL, name="", password_hash=password_hash, must_change_password=True
        )
    assert (await sign_in(client)).headers["Location"] == "/password"
    assert (await client.get("/")).headers["Location"] == "/password"
    assert (await client.get("/interviews/int_x/interview.json", headers={"Accept": "*/*"})).status_code == 403
    before = client.cookies["melvin-session"]
    reply = await change(client, PASSWORD, "a new and longer password")
    assert reply.headers["Location"] == "/"
    assert client.cookies["melvin-session"] != before
    assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize(
    ("now", "new", "again", "said"),
    [
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "a new and longer password", "another new password", "differ"),
        ("not the password", "a new and longer password", None, "current password is wrong"),
        (PASSWORD, PASSWORD, None, "the old one"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", None, "easy to guess"),
    ],
)
async def test_a_password_that_will_not_do_is_refused_with_the_reason(
    recruiter: httpx.AsyncClient, now: str, new: str, again: str | None, said: str
) -> None:
    reply = await change(recruiter, now, new, again)
    assert reply.status_code == 422
    assert said in reply.text


async def test_changing_the_password_ends_every_other_session(
    recruiter: httpx.AsyncClient, database: Database, passwords: Passwords
) -> None:
    stolen = recruiter.cookies["melvin-session"]
    await change(recruiter, PASSWORD, "a new and longer password")
    recruiter.cookies.clear()
    recruiter.cookies.set("melvin-session", stolen)
    assert (await recruiter.get("/")).status_code == 303
    async with database.session() as session:
        account = await accounts.account_by_email(session, EMAIL)
    assert account is not None
    assert await passwords.verify("a new and longer password", account.password_hash)


async def change(client: httpx.AsyncClient, now: str, new: str, again: str | None = None) -> httpx.Response:
    token = form_token((await client.get("/password")).text)
    form = {"csrf_token": token, "current": now, "new": new, "again": new if again is None else again}
    return await client.post("/password", data=form)
