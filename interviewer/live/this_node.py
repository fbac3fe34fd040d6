"""This process among the nodes that share a database: its heartbeats, and the leases that it holds.

Heartbeats tell others that it lives. It takes from the dead only while it has itself been in touch with the database
for as long as it takes to be called dead: after an outage of the database all heartbeats are old, and nobody died.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from interviewer import __version__
from interviewer.live.errors import Elsewhere, UnknownInterview
from interviewer.records import nodes
from interviewer.records.database import Database
from interviewer.records.interviews import status_of
from interviewer.records.leases import Held, Lease, holder_of, release, take, taken_away
from interviewer.rounds import begin_rounds

__all__ = ["NodeOptions", "ThisNode"]

BEAT_S = 2.0
AWAY = (SQLAlchemyError, psycopg.Error, OSError, TimeoutError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """``id`` stays the same over restarts with the same data folder. ``address``: the URL under which pages reach this
    node itself, '' where there is one node, or none has its own."""

    id: str = "local"
    address: str = ""
    host: str = field(default_factory=socket.gethostname)


class ThisNode:
    """``leases``: of the interviews that run here; ``lost`` is called for each that another node has taken."""

    def __init__(
        self,
        options: NodeOptions,
        database: Database,
        leases: Callable[[], Mapping[str, int]],
        lost: Callable[[str], None],
    ) -> None:
        self.options = options
        self._database = database
        self._leases = leases
        self._lost = lost
        self._in_touch_since: float | None = None
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    async def start(self) -> None:
        async with self._database.session() as session:
            await nodes.register(
                session, self.options.id, address=self.options.address, host=self.options.host, version=__version__
            )
            await nodes.forget_long_gone(session)
        self._in_touch_since = time.monotonic()
        self._task = begin_rounds(self._beats, BEAT_S, "heartbeats")

    async def drains(self) -> None:
        """Tell the others at once."""
        self.draining = True
        try:
            await self._beat()
        except AWAY as error:
            log.warning("nobody was told that this node drains", error=str(error))

    async def close(self) -> None:
        """Say goodbye: what is held here still may be taken at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(BEAT_S), self._database.session() as session:
                await nodes.beat(session, self.options.id, "gone", 0)
        except AWAY:
            log.warning("nobody was told that this node is gone")

    @property
    def in_touch(self) -> bool:
        since = self._in_touch_since
        return since is not None and time.monotonic() - since >= nodes.DEAD_AFTER.total_seconds()

    # ------------------------------------------------------------------ leases

    async def status(self, interview_id: str) -> str:
        """The interview's status. Raises UnknownInterview, and Elsewhere where another node that lives holds it."""
        async with self._database.session() as session:
            status = await status_of(session, interview_id)
            if status is None:
                raise UnknownInterview(interview_id)
            holder = await holder_of(session, interview_id, but=self.options.id, dead_too=not self.in_touch)
            if holder is not None:
                raise Elsewhere(holder, await nodes.known_address(session, holder))
        return status

    async def take(self, interview_id: str) -> Lease:
        """Raises UnknownInterview, Elsewhere."""
        async with self._database.session() as session:
            try:
                return await take(session, interview_id, self.options.id, from_dead=self.in_touch)
            except Held as held:
                raise Elsewhere(held.node, await nodes.known_address(session, held.node)) from None
            except LookupError:
                raise UnknownInterview(interview_id) from None

    async def release(self, interview_id: str, lease: int) -> None:
        """Raises what the database raises."""
        async with self._database.session() as session:
            await release(session, interview_id, lease)

    # ------------------------------------------------------------------ heartbeats

    async def _beats(self) -> None:
        try:
            async with asyncio.timeout(nodes.DEAD_AFTER.total_seconds()):
                await self._beat()
        except Exception as error:
            self._in_touch_since = None
            if not isinstance(error, AWAY):
                raise
        else:
            self._in_touch_since = self._in_touch_since or time.monotonic()

    async def _beat(self) -> None:
        leases = dict(self._leases())
        async with self._database.session() as session:
            await nodes.beat(session, self.options.id, "draining" if self.draining else "ready", len(leases))
            gone = await taken_away(session, leases) if leases else []
        for interview_id in gone:
            self._lost(interview_id)
