"""Replies that are kept, so that a POST with the same Idempotency-Key is done once, whatever the network does.

The reply is stored in the transaction that does the work: both are there, or neither. Its body is sealed with a key
made from the caller's API key, which the database holds only as a hash.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import StoredReply

__all__ = ["KEPT", "Reply", "Request", "keep_reply", "kept_reply", "prune_replies", "take_turn"]

KEPT = timedelta(hours=24)
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, by which Idempotency-Key, at which ``path``; ``hash`` is of what is asked for, ``secret`` the API key
    itself."""

    key_id: str
    idempotency_key: str
    hash: str
    path: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    location: str | None
    body: bytes


async def take_turn(session: AsyncSession, request: Request) -> bool:
    """False while another transaction works on the same key; the turn ends with this transaction."""
    name = f"{request.key_id} {request.idempotency_key}".encode()
    number = int.from_bytes(hashlib.sha256(name).digest()[:8], signed=True)
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(number))))


async def kept_reply(session: AsyncSession, request: Request, now: datetime) -> tuple[str, Reply] | None:
    """The hash of what was asked for and the reply. With another request's hash the body stays sealed: b''."""
    found = select(StoredReply).where(
        StoredReply.key_id == request.key_id,
        StoredReply.idempotency_key == request.idempotency_key,
        StoredReply.created_at > now - KEPT,
    )
    row = await session.scalar(found)
    if row is None:
        return None
    body = _unsealed(request, row.body) if row.request_hash == request.hash else b""
    return row.request_hash, Reply(row.status, row.location, body)


async def keep_reply(session: AsyncSession, request: Request, reply: Reply, now: datetime) -> None:
    """In place of one that is too old to count."""
    values = {
        "request_hash": request.hash, "status": reply.status, "location": reply.location,
        "subject": reply.location or request.path, "body": _sealed(request, reply.body), "created_at": now,
    }  # fmt: skip
    put = insert(StoredReply).values(key_id=request.key_id, idempotency_key=request.idempotency_key, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["key_id", "idempotency_key"], set_=values))


async def prune_replies(session: AsyncSession, now: datetime) -> int:
    """How many were too old."""
    gone = delete(StoredReply).where(StoredReply.created_at <= now - KEPT).returning(StoredReply.key_id)
    return len((await session.scalars(gone)).all())


def _sealed(request: Request, body: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(request).encrypt(nonce, body, _bound_to(request))


def _unsealed(request: Request, sealed: bytes) -> bytes:
    return _cipher(request).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(request))


def _cipher(request: Request) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"melvin stored reply").derive(
        request.secret.encode()
    )
    return AESGCM(derived)


def _bound_to(request: Request) -> bytes:
    return f"{request.key_id} {request.idempotency_key} {request.hash}".encode()
