"""Who is asking: sessions, and the two checks against requests that another site forged.

A session is a random token in a cookie; the database holds only its SHA-256. A form carries the session's own CSRF
token as well (before signing in: a cookie's value, double-submitted), and every request that changes something must
come from our own pages by ``Sec-Fetch-Site`` or ``Origin`` (OWASP: Cross-Site Request Forgery Prevention).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from interviewer.http.body import read_form
from interviewer.http.nodes import from_our_page, origin_of
from interviewer.http.rooms import rooms_of
from interviewer.records import accounts
from interviewer.records.secrets import new_token

__all__ = [
    "Account", "AnyAccount", "ForgedRequest", "Form", "LoginNeeded", "PasswordChangeNeeded", "SignedIn", "Visitor",
    "check_form_token", "check_origin", "client_address", "end_session", "login_form_token", "plain_form",
    "start_session",
]  # fmt: skip

SESSION_LIFE = timedelta(hours=12)
"""One working day; a stolen cookie is worth no more than that."""
FORM_LIMIT = 65_536
"""Bytes; recruiters' forms hold a few short fields."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class LoginNeeded(Exception):
    """Nobody is signed in; the edge sends the browser to the login page."""


class PasswordChangeNeeded(Exception):
    """Signed in with a one-time password; the edge sends the browser to the page that changes it."""


class ForgedRequest(Exception):
    """A request that changes something did not come from our own pages."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    account_id: str
    email: str
    name: str
    must_change_password: bool
    csrf_token: str


def client_address(connection: HTTPConnection) -> str:
    """The network address that limits are counted by; uvicorn has put a trusted proxy's word in its place."""
    return connection.client.host if connection.client else "unknown"


def _session_cookie(secure: bool) -> str:
    # "__Host-" makes browsers refuse a cookie that another subdomain set (RFC 6265bis section 4.1.3.2).
    return "__Host-melvin-session" if secure else "melvin-session"


def _login_cookie(secure: bool) -> str:
    return "__Host-melvin-login" if secure else "melvin-login"


async def start_session(request: Request, response: Response, account_id: str) -> None:
    rooms = rooms_of(request)
    token = new_token()
    async with rooms.database.session() as session:
        await accounts.create_session(
            session,
            account_id=account_id,
            token=token,
            csrf=secrets.token_urlsafe(24),
            expires_at=rooms.clock() + SESSION_LIFE,
        )
    secure = rooms.options.secure
    response.set_cookie(
        _session_cookie(secure), token, max_age=int(SESSION_LIFE.total_seconds()), path="/", secure=secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    response.delete_cookie(_login_cookie(secure), path="/", secure=secure, httponly=True, samesite="lax")


async def end_session(request: Request, response: Response) -> None:
    rooms = rooms_of(request)
    name = _session_cookie(rooms.options.secure)
    token = request.cookies.get(name)
    if token:
        async with rooms.database.session() as session:
            await accounts.delete_session(session, token)
    response.delete_cookie(name, path="/", secure=rooms.options.secure, httponly=True, samesite="lax")


async def visitor(request: Request) -> SignedIn | None:
    """Who is signed in, if anybody; one query per request."""
    rooms = rooms_of(request)
    token = request.cookies.get(_session_cookie(rooms.options.secure))
    if not token:
        return None
    async with rooms.database.session() as session:
        found = await accounts.session_by_token(session, token)
        if found is None:
            return None
        stored, account = found
        return SignedIn(
            account_id=account.id,
            email=account.email,
            name=account.name,
            must_change_password=account.must_change_password,
            csrf_token=stored.csrf_token,
        )


async def any_account(found: Annotated[SignedIn | None, Depends(visitor)]) -> SignedIn:
    """Signed in, if only with a one-time password: enough to change it, and for nothing else."""
    if found is None:
        raise LoginNeeded
    return found


async def account(found: Annotated[SignedIn, Depends(any_account)]) -> SignedIn:
    if found.must_change_password:
        raise PasswordChangeNeeded
    return found


async def plain_form(request: Request) -> dict[str, str]:
    """The fields of this request's form, unchecked."""
    return await read_form(request, FORM_LIMIT)


def check_form_token(form: Mapping[str, str], expected: str) -> None:
    """Raises :class:`ForgedRequest` where the form does not carry ``expected``."""
    if not hmac.compare_digest(form.get("csrf_token", "").encode(), expected.encode()):
        raise ForgedRequest


async def _checked_form(
    form: Annotated[dict[str, str], Depends(plain_form)], who: Annotated[SignedIn, Depends(any_account)]
) -> dict[str, str]:
    check_form_token(form, who.csrf_token)
    return form


Visitor = Annotated[SignedIn | None, Depends(visitor)]
AnyAccount = Annotated[SignedIn, Depends(any_account)]
Account = Annotated[SignedIn, Depends(account)]
Form = Annotated[dict[str, str], Depends(_checked_form)]
"""A form whose CSRF token was checked against the session's."""


def login_form_token(request: Request, response: Response | None = None) -> str:
    """The token of the login form, double-submitted: kept in a cookie, for there is no session yet. With a
    ``response`` a browser without the cookie is given one; without, the cookie's value or ''."""
    secure = rooms_of(request).options.secure
    token = request.cookies.get(_login_cookie(secure), "")
    if response is None:
        return token
    if len(token) < 22:
        token = secrets.token_urlsafe(24)
    response.set_cookie(_login_cookie(secure), token, path="/", secure=secure, httponly=True, samesite="lax")
    return token


async def check_origin(connection: HTTPConnection) -> None:
    """Raises :class:`ForgedRequest` where another site's page sent a request that changes something.

    ``Sec-Fetch-Site`` decides where the browser sends it (https and localhost); else ``Origin``. A candidate's pages
    name no referrer, which makes browsers send ``Origin: null`` from their forms (Fetch standard, "append a request
    `Origin` header"): there the secret link itself is the proof, as it is for sockets, which carry no cookie that
    counts. Requests of programs carry neither header. Candidates' pages come from the address of all nodes to that of
    one.
    """
    path = connection.url.path
    if connection.scope.get("method", "GET") in SAFE_METHODS or path.startswith("/api/") or from_our_page(connection):
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise ForgedRequest
        return
    origin = connection.headers.get("origin")
    if origin is None or (origin == "null" and path.startswith("/i/")):
        return
    own = {urlsplit(origin_of(rooms_of(connection).public_url)).netloc, connection.headers.get("host", "")}
    if urlsplit(origin).netloc not in own:
        raise ForgedRequest
