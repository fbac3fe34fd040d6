"""Pages of a list, newest first: a limit and the id after which the page starts."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.tables import (
    AnswerImport,
    Deletion,
    Interview,
    Invitation,
    ScoringRun,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = ["UnknownCursor", "page"]

Row = TypeVar("Row", AnswerImport, Interview, Invitation, Deletion, ScoringRun, WebhookDelivery, WebhookEndpoint)


class UnknownCursor(ValueError):
    """``starting_after`` names nothing that exists."""


async def page(
    session: AsyncSession,
    query: Select[Row],
    table: type[Row],
    *,
    limit: int,
    starting_after: str | None,
    among: ColumnElement[bool] | None = None,
) -> tuple[list[Row], bool]:
    """The page's rows and whether more follow. ``among`` says which rows the caller may see at all: another one is no
    cursor either. Raises :class:`UnknownCursor`."""
    if among is not None:
        query = query.where(among)
    if starting_after is not None:
        seen = select(table).where(table.id == starting_after)
        cursor = await session.scalar(seen if among is None else seen.where(among))
        if cursor is None:
            raise UnknownCursor(f"starting_after: {starting_after!r} does not exist")
        query = query.where(tuple_(table.created_at, table.id) < (cursor.created_at, cursor.id))
    query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
    rows = list(await session.scalars(query))
    return rows[:limit], len(rows) > limit
