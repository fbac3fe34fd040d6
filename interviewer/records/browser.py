"""What candidates' browsers recorded: stretches, their chunks, and what is still missing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import BrowserChunk, BrowserManifest, BrowserStretch

__all__ = [
    "Kind", "KnownStretch", "add_chunk", "add_stretch", "bytes_of", "camera_lock", "chunk_hash", "chunk_key",
    "count_stretches", "has_manifest", "missing_before", "put_manifest", "stretch_of", "stretches_of",
]  # fmt: skip

Kind = str
"""microphone or camera"""


def chunk_key(interview_id: str, stretch: str, number: int) -> str:
    """Where a chunk's bytes lie in the object store."""
    return f"recordings/{interview_id}/browser/{stretch}-{number:05}"


def camera_lock(interview_id: str) -> str:
    """Of the jobs of an interview's camera: one at a time, and no job of its sound, transcript or scores waits."""
    return f"{interview_id} camera"


@dataclass(frozen=True, slots=True)
class KnownStretch:
    """``hashes``: of the chunks that are there without a gap from number 0. ``there``: how many are there in all.
    ``expected``: how many the browser said there are, None before its manifest."""

    stretch: str
    kind: Kind
    media_type: str
    at: int
    hashes: tuple[str, ...]
    there: int
    expected: int | None
    sha256: str | None
    last_received_at: datetime | None

    @property
    def complete(self) -> bool:
        """Whether all that the browser announced is there, and is what it announced."""
        return self.expected == len(self.hashes) == self.there and self.sha256 == digest(self.hashes)


def digest(hashes: Sequence[str]) -> str:
    """SHA-256 of all chunks' hashes, as a manifest gives it."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


async def add_stretch(
    session: AsyncSession, interview_id: str, stretch: str, *, kind: Kind, media_type: str, at: int
) -> None:
    """What was said of it first stands."""
    put = insert(BrowserStretch).values(
        interview_id=interview_id, stretch=stretch, kind=kind, media_type=media_type, at=at
    )
    await session.execute(put.on_conflict_do_nothing())


async def stretch_of(session: AsyncSession, interview_id: str, stretch: str) -> BrowserStretch | None:
    return await session.get(BrowserStretch, (interview_id, stretch))


async def count_stretches(session: AsyncSession, interview_id: str) -> int:
    query = select(func.count()).select_from(BrowserStretch).where(BrowserStretch.interview_id == interview_id)
    return await session.scalar(query) or 0


async def bytes_of(session: AsyncSession, interview_id: str, kind: Kind) -> int:
    """Bytes of all chunks of that kind."""
    query = (
        select(func.coalesce(func.sum(BrowserChunk.size), 0))
        .join(
            BrowserStretch,
            (BrowserStretch.interview_id == BrowserChunk.interview_id)
            & (BrowserStretch.stretch == BrowserChunk.stretch),
        )
        .where(BrowserStretch.interview_id == interview_id, BrowserStretch.kind == kind)
    )
    return int(await session.scalar(query) or 0)


async def chunk_hash(session: AsyncSession, interview_id: str, stretch: str, number: int) -> str | None:
    """The SHA-256 of the chunk under this number; None where there is none yet."""
    return await session.scalar(
        select(BrowserChunk.sha256).where(
            BrowserChunk.interview_id == interview_id, BrowserChunk.stretch == stretch, BrowserChunk.number == number
        )
    )


async def add_chunk(
    session: AsyncSession, interview_id: str, stretch: str, number: int, *, sha256: str, size: int
) -> None:
    """Its stretch is there, its bytes are stored. The same chunk twice is one."""
    put = insert(BrowserChunk).values(
        interview_id=interview_id, stretch=stretch, number=number, sha256=sha256, size=size
    )
    await session.execute(put.on_conflict_do_nothing())


async def put_manifest(
    session: AsyncSession, interview_id: str, stretches: Sequence[tuple[str, Kind, str, int, int, str]]
) -> None:
    """``stretches``: (stretch, kind, media type, at, chunks, SHA-256 of their hashes). Also those of which nothing
    has come yet."""
    for stretch, kind, media_type, at, chunks, sha256 in stretches:
        await add_stretch(session, interview_id, stretch, kind=kind, media_type=media_type, at=at)
        await session.execute(
            update(BrowserStretch)
            .where(BrowserStretch.interview_id == interview_id, BrowserStretch.stretch == stretch)
            .values(chunks=chunks, sha256=sha256)
        )
    await session.execute(insert(BrowserManifest).values(interview_id=interview_id).on_conflict_do_nothing())


async def has_manifest(session: AsyncSession, interview_id: str) -> bool:
    query = select(BrowserManifest.interview_id).where(BrowserManifest.interview_id == interview_id)
    return await session.scalar(query) is not None


async def stretches_of(session: AsyncSession, interview_id: str, kind: Kind) -> list[KnownStretch]:
    """In the order in which they begin."""
    rows = await session.scalars(
        select(BrowserStretch)
        .where(BrowserStretch.interview_id == interview_id, BrowserStretch.kind == kind)
        .order_by(BrowserStretch.at, BrowserStretch.stretch)
    )
    found = list(rows)
    chunks: dict[str, list[BrowserChunk]] = {row.stretch: [] for row in found}
    for chunk in await session.scalars(
        select(BrowserChunk)
        .where(BrowserChunk.interview_id == interview_id, BrowserChunk.stretch.in_(list(chunks)))
        .order_by(BrowserChunk.number)
    ):
        chunks[chunk.stretch].append(chunk)
    return [_known(row, chunks[row.stretch]) for row in found]


def _known(row: BrowserStretch, chunks: Sequence[BrowserChunk]) -> KnownStretch:
    whole: list[str] = []
    for chunk in chunks:
        if chunk.number != len(whole):
            break
        whole.append(chunk.sha256)
    last = max((c.received_at for c in chunks), default=None)
    return KnownStretch(
        row.stretch, row.kind, row.media_type, row.at, tuple(whole), len(chunks), row.chunks, row.sha256, last
    )


async def missing_before(session: AsyncSession, interview_id: str, wanted: dict[str, int]) -> int:
    """How many chunks are not there yet of those that come before these numbers, by stretch."""
    missing = 0
    for stretch, number in wanted.items():
        there = select(func.count()).where(
            BrowserChunk.interview_id == interview_id, BrowserChunk.stretch == stretch, BrowserChunk.number < number
        )
        missing += max(0, number - (await session.scalar(there) or 0))
    return missing
