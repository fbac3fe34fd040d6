"""Signing in and out, and changing one's password."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from interviewer.http.passwords import PasswordRefused, Passwords, check_new_password
from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.recruiter_page import recruiter_page
from interviewer.http.rooms import rooms_of
from interviewer.http.security import (
    AnyAccount,
    Form,
    Visitor,
    check_form_token,
    client_address,
    end_session,
    login_form_token,
    plain_form,
    start_session,
)
from interviewer.records import accounts

router = APIRouter(include_in_schema=False)

_LOCAL_PATH = re.compile(r"^/(?![/\\])[!-~]*$")


def safe_next(path: str) -> str:
    """``path`` where it leads to a page of ours, else the first page: a login link must not send people elsewhere."""
    return path if _LOCAL_PATH.match(path) and "\\" not in path else "/"


@router.get("/login")
async def login_page(request: Request, who: Visitor, to: Annotated[str, Query(alias="next")] = "/") -> Response:
    if who is not None:
        return RedirectResponse(safe_next(to), status_code=303)
    return _login_form(request, to)


@router.post("/login")
async def log_in(request: Request, form: Annotated[dict[str, str], Depends(plain_form)]) -> Response:
    check_form_token(form, login_form_token(request) or secrets.token_urlsafe(24))
    email, password, to = (form.get(name, "") for name in ("email", "password", "next"))
    email = email.strip().lower()[:254]
    limits: RateLimits = request.app.state.rate_limits
    passwords: Passwords = request.app.state.passwords
    address = client_address(request)
    try:
        async with limits.one_login:
            limits.check_login(address, email)
            async with rooms_of(request).database.session() as session:
                account = await accounts.account_by_email(session, email)
            right = await passwords.verify(password, account.password_hash if account is not None else None)
            if not right:
                limits.count_login(address, email)
    except TooMany as limit:
        said = f"Too many wrong passwords. Please wait {_minutes(limit.retry_after)} and try again."
        return _login_form(request, to, email=email, error=said, status=429, retry_after=limit.retry_after)
    if account is None or not right:
        return _login_form(request, to, email=email, error="This e-mail address and password do not match.", status=401)
    response = RedirectResponse("/password" if account.must_change_password else safe_next(to), status_code=303)
    await start_session(request, response, account.id)
    return response


@router.post("/logout")
async def log_out(request: Request, form: Form) -> Response:
    response = RedirectResponse("/login", status_code=303)
    await end_session(request, response)
    return response


@router.get("/password")
async def password_page(request: Request, who: AnyAccount) -> Response:
    return recruiter_page(request, "password", who, {"error": None})


@router.post("/password")
async def change_password(request: Request, who: AnyAccount, form: Form) -> Response:
    """Ends every session of the account and starts a new one, so that a stolen one dies with the old password."""
    now, new, again = (form.get(name, "") for name in ("current", "new", "again"))
    passwords: Passwords = request.app.state.passwords
    limits: RateLimits = request.app.state.rate_limits
    address = client_address(request)
    database = rooms_of(request).database
    try:
        check_new_password(new, again, who.email)
        async with limits.one_login:
            limits.check_login(address, who.email)
            async with database.session() as session:
                account = await accounts.account_by_email(session, who.email)
            if account is None or not await passwords.verify(now, account.password_hash):
                limits.count_login(address, who.email)
                raise PasswordRefused("The current password is wrong.")
        if new == now:
            raise PasswordRefused("The new password is the old one. Please choose another.")
    except TooMany as limit:
        said = f"Too many wrong passwords. Please wait {_minutes(limit.retry_after)} and try again."
        return recruiter_page(request, "password", who, {"error": said}, status=429)
    except PasswordRefused as refused:
        return recruiter_page(request, "password", who, {"error": str(refused)}, status=422)
    hashed = await passwords.hash(new)
    async with database.session() as session:
        await accounts.set_password(session, account.id, hashed)
    response = RedirectResponse("/", status_code=303)
    await start_session(request, response, account.id)
    return response


def _login_form(
    request: Request, to: str, *, email: str = "", error: str | None = None, status: int = 200, retry_after: int = 0
) -> Response:
    # The cookie must be set on the response that carries the form, and the form needs the cookie's value.
    cookies = Response()
    token = login_form_token(request, cookies)
    context = {"next": safe_next(to), "email": email, "error": error, "csrf_token": token}
    response = recruiter_page(request, "login", None, context, status=status)
    response.headers.append("set-cookie", cookies.headers["set-cookie"])
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _minutes(seconds: int) -> str:
    return "a minute" if seconds <= 60 else f"{-(-seconds // 60)} minutes"
