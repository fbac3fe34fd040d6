"""Asking a judge's endpoint no more than all workers together may."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from interviewer.records.allowances import LEASE, give_back_slot, renew_slots, take_slot
from interviewer.records.database import Database
from interviewer.records.ids import new_id

__all__ = ["EndpointLimits", "EndpointTurns"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """``name`` is the endpoint's address as all workers know it. ``at_once`` and ``per_minute`` hold for all workers
    together, None for no limit; ``slots`` is how many requests one worker sends at once."""

    name: str
    slots: int = 8
    at_once: int | None = None
    per_minute: int | None = None


class EndpointTurns:
    """``async with turns.turn()`` around each request. Without limits it costs nothing."""

    def __init__(self, database: Database, limits: EndpointLimits) -> None:
        self.limits = limits
        self._database = database
        self._holder = new_id("wrk")
        self._held = 0
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises the database's errors."""
        if self.limits.at_once is None and self.limits.per_minute is None:
            yield
            return
        slot = await self._take()
        self._held += 1
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew(), name="renew slots")
        try:
            yield
        finally:
            self._held -= 1
            if not self._held and self._renewing is not None:
                self._renewing.cancel()
                self._renewing = None
            try:
                async with self._database.session() as session:
                    await give_back_slot(session, slot)
            except (SQLAlchemyError, OSError) as error:  # it is free by itself when its lease is over
                log.info("judge.slot_left", reason=type(error).__name__)

    async def _take(self) -> str:
        while True:
            async with self._database.session() as session:
                slot, wait_s = await take_slot(
                    session, self.limits.name, self._holder, most=self.limits.at_once,
                    per_minute=self.limits.per_minute, now=datetime.now(UTC),
                )  # fmt: skip
            if slot is not None:
                return slot
            await asyncio.sleep(wait_s * random.uniform(1.0, 1.3))  # noqa: S311 - so that workers do not ask in step

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                async with self._database.session() as session:
                    await renew_slots(session, self._holder, datetime.now(UTC))
            except (SQLAlchemyError, OSError) as error:
                log.info("judge.slots_not_renewed", reason=type(error).__name__)
