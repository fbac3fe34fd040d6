"""``interviewer recruiters``: accounts that see candidates, made, listed and removed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from interviewer.app import open_database
from interviewer.desk.errands import Refused
from interviewer.http.passwords import Passwords
from interviewer.records import accounts
from interviewer.records.database import Database
from interviewer.settings import Settings

__all__ = ["add_recruiter", "describe_recruiters", "one_time_password", "remove_recruiter"]

Progress = Callable[[str], None]


async def add_recruiter(settings: Settings, progress: Progress, email: str, name: str) -> str:
    """A one-time password for a new account, or for one that is there or was removed."""
    if "@" not in email:
        raise Refused(f"{email} is not an e-mail address.")
    async with open_database(settings, progress) as database:
        return await one_time_password(database, email, name)


async def one_time_password(database: Database, email: str, name: str = "") -> str:
    """Must be changed at the first sign-in. An account that was removed is good again."""
    password = secrets.token_urlsafe(12)
    passwords = Passwords()
    try:
        hashed = await passwords.hash(password)
    finally:
        passwords.close()
    async with database.session() as session:
        account = await accounts.account_by_email(session, email, removed=True)
        if account is None:
            await accounts.create_account(
                session, email=email, name=name or email.split("@")[0], password_hash=hashed, must_change_password=True
            )
        else:
            account.name = name or account.name
            account.disabled_at = None
            await accounts.set_password(session, account.id, hashed, must_change_password=True)
    return password


async def describe_recruiters(settings: Settings, progress: Progress) -> list[str]:
    """A line for each account."""
    now = datetime.now(UTC)
    async with open_database(settings, progress) as database, database.session() as session:
        found = await accounts.list_accounts(session, now)
    return [
        f"{account.email}  made {account.created_at:%Y-%m-%d}"
        + (f", removed {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "")
        + (", has not signed in with the one-time password" if account.must_change_password else "")
        + (", signed in" if signed_in else "")
        + f"  {account.name}"
        for account, signed_in in found
    ] or ["There is no recruiter. `interviewer recruiters add ADDRESS` makes one."]


async def remove_recruiter(settings: Settings, progress: Progress, email: str) -> str:
    """At once, wherever they are signed in. Raises :class:`Refused` where there is no such account."""
    async with open_database(settings, progress) as database, database.session() as session:
        if not await accounts.disable_account(session, email, datetime.now(UTC)):
            raise Refused(f"No recruiter signs in as {email}; `interviewer recruiters list` shows who does.")
    return (
        f"{email} is signed out and cannot sign in any more. API keys stay good: `interviewer keys list` shows them, "
        "`interviewer keys revoke` ends one."
    )
