"""Who may come in: recruiters and their sessions, API keys, and what keys have asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, func, true
from sqlalchemy.orm import Mapped, mapped_column

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base

__all__ = ["Account", "ApiKey", "KeyUsage", "LoginSession", "StoredReply"]


class Account(Base):
    """A recruiter. ``email`` is stored in lower case."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("acc"))
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]


class LoginSession(Base):
    """A recruiter who is signed in; the cookie's token is stored hashed."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A key without ``livemode`` makes and sees test objects alone."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("key"))
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]  # last four characters, so that people can tell their keys apart
    scopes: Mapped[list[str]]
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeyUsage(Base):
    """How many requests a key has made in the window that began at ``window_start``. A crash may forget it: unlogged
    tables cost no write to the log, and a count that starts anew harms nobody."""

    __tablename__ = "key_usage"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    window_start: Mapped[datetime]
    requests: Mapped[int]

    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class StoredReply(Base):
    """The reply to a POST with an Idempotency-Key. ``body`` is sealed with the caller's own API key, of which we hold
    only a hash: it may carry a link or a secret. ``location`` is the address of what was made; ``subject`` that, or the
    address that was asked, by which a deletion finds it."""

    __tablename__ = "stored_replies"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    location: Mapped[str | None]
    subject: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
