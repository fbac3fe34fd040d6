"""API keys: shown once, stored hashed, scoped, revocable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.secrets import KEY_PREFIX, TEST_KEY_PREFIX, hash_token, new_secret
from interviewer.records.tables import ApiKey

__all__ = ["create_key", "key_by_secret", "list_keys", "revoke_key"]

_TOUCH_EVERY = timedelta(minutes=1)
"""``last_used_at`` is written at most this often, so that a busy key does not turn every read into a write."""


async def create_key(
    session: AsyncSession, *, name: str, scopes: Sequence[str], livemode: bool = True
) -> tuple[ApiKey, str]:
    """The key and its secret, which is never seen again. A key without ``livemode`` makes and sees test objects."""
    secret = new_secret(KEY_PREFIX if livemode else TEST_KEY_PREFIX)
    key = ApiKey(
        id=new_id("key", test=not livemode), name=name, scopes=sorted(set(scopes)), secret_hash=hash_token(secret),
        hint=secret[-4:], livemode=livemode,
    )  # fmt: skip
    session.add(key)
    await session.flush()
    await session.refresh(key)
    return key, secret


async def key_by_secret(session: AsyncSession, secret: str) -> ApiKey | None:
    """None where the key is unknown or revoked."""
    found = select(ApiKey).where(ApiKey.secret_hash == hash_token(secret), ApiKey.revoked_at.is_(None))
    key = await session.scalar(found)
    if key is None:
        return None
    now = datetime.now(UTC)
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id == key.id, or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - _TOUCH_EVERY))
        .values(last_used_at=now)
    )
    return key


async def revoke_key(session: AsyncSession, key_id: str) -> bool:
    """False where there is no such key, or it was revoked before."""
    revoked = await session.execute(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC)).returning(ApiKey.id)
    )  # fmt: skip
    return revoked.one_or_none() is not None


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """Newest first, revoked ones too."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())))
