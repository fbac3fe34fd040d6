"""Work that goes round and round for as long as the process runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

__all__ = ["begin_rounds"]

log = structlog.get_logger(__name__)


def begin_rounds(work: Callable[[], Awaitable[None]], every_s: float, name: str) -> asyncio.Task[None]:
    """``work``, then again ``every_s`` later, until cancelled. What one round raises ends that round alone: nobody else
    would begin the next."""
    return asyncio.create_task(_go_round(work, every_s, name), name=name)


async def _go_round(work: Callable[[], Awaitable[None]], every_s: float, name: str) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            log.error("a round failed", work=name, exc_info=error)
        await asyncio.sleep(every_s)
