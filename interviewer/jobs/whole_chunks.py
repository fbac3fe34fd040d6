"""What a browser recorded and sent, read back in its order."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import structlog

from interviewer.jobs.ahead import fetched_ahead
from interviewer.records.browser import KnownStretch, chunk_key
from interviewer.records.objects import ObjectStore

__all__ = ["whole_chunks"]

log = structlog.get_logger(__name__)


async def whole_chunks(objects: ObjectStore, interview_id: str, stretch: KnownStretch) -> AsyncIterator[bytes]:
    """The chunks of a stretch, up to the first that is not there or not what it was: what follows cannot be decoded."""

    async def fetch(number: int) -> bytes:
        try:
            return await objects.get(chunk_key(interview_id, stretch.stretch, number))
        except FileNotFoundError:
            return b""

    async with fetched_ahead(range(len(stretch.hashes)), fetch) as fetched:
        async for number, chunk in fetched:
            if hashlib.sha256(chunk).hexdigest() != stretch.hashes[number]:
                log.error("a chunk is damaged", interview=interview_id, stretch=stretch.stretch, number=number)
                return
            yield chunk
