"""Fetching what is wanted one after the other a few ahead, so that a store's round trips do not add up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

__all__ = ["AT_ONCE", "fetched_ahead"]

AT_ONCE = 8
"""Of parts of up to a megabyte: what lies in memory meanwhile."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@asynccontextmanager
async def fetched_ahead(
    items: Iterable[Item], fetch: Callable[[Item], Awaitable[Result]], at_once: int = AT_ONCE
) -> AsyncIterator[AsyncIterator[tuple[Item, Result]]]:
    """Each item with what ``fetch`` gave for it, in the items' order; ``at_once`` are under way or wait to be taken.
    Raises what ``fetch`` raised for the item whose turn it is. Nothing is under way any more when the block ends."""
    under_way: deque[tuple[Item, asyncio.Task[Result]]] = deque()
    left = iter(items)

    async def fetching(item: Item) -> Result:
        return await fetch(item)

    def begin() -> None:
        for item in left:
            under_way.append((item, asyncio.create_task(fetching(item))))
            return

    async def taken() -> AsyncIterator[tuple[Item, Result]]:
        for _ in range(at_once):
            begin()
        while under_way:
            item, task = under_way[0]
            result = await task
            under_way.popleft()
            begin()
            yield item, result

    try:
        yield taken()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
