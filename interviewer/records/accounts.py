"""Recruiters' accounts and their sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.secrets import hash_token
from interviewer.records.tables import Account, LoginSession

__all__ = [
    "account_by_email", "count_accounts", "create_account", "create_session", "delete_session", "disable_account",
    "list_accounts", "session_by_token", "set_password",
]  # fmt: skip


async def count_accounts(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Account)) or 0


async def create_account(
    session: AsyncSession, *, email: str, name: str, password_hash: str, must_change_password: bool = False
) -> Account:
    """Raises ``sqlalchemy.exc.IntegrityError`` where the address has an account."""
    account = Account(
        email=email.strip().lower(),
        name=name,
        password_hash=password_hash,
        must_change_password=must_change_password,
    )
    session.add(account)
    await session.flush()
    await session.refresh(account)
    return account


async def account_by_email(session: AsyncSession, email: str, *, removed: bool = False) -> Account | None:
    """None too where the account is disabled, unless ``removed`` ones are wanted."""
    found = select(Account).where(Account.email == email.strip().lower())
    return await session.scalar(found if removed else found.where(Account.disabled_at.is_(None)))


async def list_accounts(session: AsyncSession, now: datetime) -> list[tuple[Account, bool]]:
    """By address, with whether somebody is signed in with it."""
    open_ = select(LoginSession.account_id).where(LoginSession.expires_at > now)
    rows = await session.execute(select(Account, Account.id.in_(open_)).order_by(Account.email))
    return [(account, bool(signed_in)) for account, signed_in in rows]


async def disable_account(session: AsyncSession, email: str, now: datetime) -> bool:
    """Ends every session of the account. False where nobody could sign in with it."""
    account = await account_by_email(session, email)
    if account is None:
        return False
    account.disabled_at = now
    await session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
    return True


async def set_password(
    session: AsyncSession, account_id: str, password_hash: str, *, must_change_password: bool = False
) -> None:
    """Ends every session of the account: who knew the old password is out."""
    account = await session.get_one(Account, account_id)
    account.password_hash = password_hash
    account.must_change_password = must_change_password
    await session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))


async def create_session(
    session: AsyncSession, account_id: str, token: str, *, csrf: str, expires_at: datetime
) -> LoginSession:
    """Also sweeps the account's expired sessions."""
    now = datetime.now(UTC)
    await session.execute(
        delete(LoginSession).where(LoginSession.account_id == account_id, LoginSession.expires_at <= now)
    )
    login = LoginSession(token_hash=hash_token(token), account_id=account_id, csrf_token=csrf, expires_at=expires_at)
    session.add(login)
    await session.flush()
    await session.refresh(login)
    return login


async def session_by_token(session: AsyncSession, token: str) -> tuple[LoginSession, Account] | None:
    """None where the session is unknown or over, or its account disabled."""
    found = (
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(
            LoginSession.token_hash == hash_token(token),
            LoginSession.expires_at > datetime.now(UTC),
            Account.disabled_at.is_(None),
        )
    )
    row = (await session.execute(found)).one_or_none()
    return None if row is None else (row[0], row[1])


async def delete_session(session: AsyncSession, token: str) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)))
