"""The database: one engine, and sessions that are one transaction each."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from psycopg.errors import CharacterNotInRepertoire, UntranslatableCharacter
from pydantic_core import to_json
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

__all__ = ["Database", "engine_url", "has_nul", "libpq_url", "storable_json"]


def engine_url(url: str) -> URL:
    """Any usual spelling (``postgres://``, ``postgresql://``) as SQLAlchemy's URL for psycopg 3.

    Raises ``ValueError`` for another dialect.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError(f"DATABASE_URL must be a PostgreSQL address (postgresql://...), not {parsed.drivername}://")
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The same address for libpq: what psycopg, Procrastinate and psql take. It may contain the password."""
    engine_url(url)
    # Not rendered by SQLAlchemy, which would write a space as "+"; libpq takes that for a plus sign.
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


def has_nul(error: DataError) -> bool:
    """Whether a text was refused for its U+0000, by psycopg before it was sent (with these words) or by PostgreSQL."""
    return isinstance(error.orig, (UntranslatableCharacter, CharacterNotInRepertoire)) or "NUL" in str(error.orig)


def storable_json(value: Any) -> str:
    """JSON that PostgreSQL takes: it refuses NUL and lone surrogates, which a candidate's page could send."""
    try:
        text = to_json(value).decode()
    except ValueError:  # a lone surrogate, or what only json can tell of
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\\u0000" in text:
        text = json.dumps(_without_nul(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, Mapping):
        return {_without_nul(k): _without_nul(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nul(v) for v in value]
    return value


class Database:
    """``async with database.session() as session``: committed where the block succeeds, rolled back where it raises.

    Rows stay readable after the block; a relationship that the query did not load raises.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = url
        # pre_ping: after PostgreSQL was restarted the first query finds a new connection and does not fail.
        self.engine: AsyncEngine = create_async_engine(
            engine_url(url), pool_pre_ping=True, pool_size=pool_size, max_overflow=pool_size, pool_timeout=10,
            connect_args={"connect_timeout": 10}, json_serializer=storable_json,
            hide_parameters=True,  # an error is logged, and they are what candidates said
        )  # fmt: skip
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions.begin() as session:
            yield session

    async def close(self) -> None:
        await self.engine.dispose()
