"""Sentence embeddings of answers, kept so that another rubric costs no second reading. They go with their answer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.queue import raw_connection

__all__ = ["embeddings_of", "put_embeddings"]


async def embeddings_of(session: AsyncSession, answer_ids: Sequence[str], model: str) -> dict[str, tuple[bytes, bytes]]:
    """(texts, vectors) by answer, as ``scoring.remembered`` packs them."""
    connection = await raw_connection(session)
    # In binary: as text each byte would come as two characters, and these are megabytes.
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            "SELECT answer_id, texts, vectors FROM answer_embeddings WHERE answer_id = ANY(%b) AND model = %b",
            (list(answer_ids), model),
        )
        return {answer: (texts, vectors) for answer, texts, vectors in await cursor.fetchall()}


async def put_embeddings(session: AsyncSession, model: str, packed: Sequence[tuple[str, bytes, bytes]]) -> None:
    """(answer id, texts, vectors) each; what was kept of that answer before gives way. An answer that was deleted
    meanwhile is left out."""
    connection = await raw_connection(session)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """INSERT INTO answer_embeddings (answer_id, model, texts, vectors)
            SELECT id, %s, %b, %b FROM answers WHERE id = %s
            ON CONFLICT (answer_id, model) DO UPDATE SET texts = excluded.texts, vectors = excluded.vectors""",
            [(model, texts, vectors, answer) for answer, texts, vectors in sorted(packed)],
        )
