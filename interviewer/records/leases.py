"""Which node holds an interview: one at a time, by a lease with a number that only grows.

    node A   take -> 1 ---- events of lease 1 ----x (dead)       events of lease 1: refused
    node B                                  take -> 2 ---- events of lease 2 ----

Whatever is written under a lease is written in a transaction that has locked the interview's row and found that lease
there (:func:`holds`), so nothing of a former holder gets in between (Kleppmann, "How to do distributed locking", 2016:
fencing tokens).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.nodes import alive
from interviewer.records.tables import Interview, Node

__all__ = [
    "RUNNING", "Held", "Lease", "held_by", "holder_of", "holds", "lease_of", "let_go", "orphaned", "release", "take",
    "taken_away",
]  # fmt: skip

RUNNING = ("created", "live", "paused")
"""Statuses of interviews that are not over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """``before``: the node that held the interview until now and never released it; None where nobody did."""

    number: int
    before: str | None


class Held(Exception):
    """Another node holds this interview, and is alive."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


async def take(session: AsyncSession, interview_id: str, node: str, *, from_dead: bool = True) -> Lease:
    """``from_dead`` False: whoever asks has not been in touch with the database for long enough itself to call another
    node dead. Raises :class:`Held`, ``LookupError``."""
    row = select(Interview.node).where(Interview.id == interview_id).with_for_update()
    found = (await session.execute(row)).one_or_none()
    if found is None:
        raise LookupError(interview_id)
    holder = await holder_of(session, interview_id, but=node, dead_too=not from_dead)
    if holder is not None:
        raise Held(holder)
    taken = update(Interview).where(Interview.id == interview_id).values(node=node, lease=Interview.lease + 1)
    return Lease((await session.scalars(taken.returning(Interview.lease))).one(), found[0])


async def holder_of(session: AsyncSession, interview_id: str, *, but: str, dead_too: bool) -> str | None:
    """The node other than ``but`` that holds this interview and lives. ``dead_too``: also one that seems dead, but has
    not said that it is gone."""
    lives = Node.state != "gone" if dead_too else alive()
    query = select(Node.id).join(Interview, Interview.node == Node.id).where(Interview.id == interview_id)
    return await session.scalar(query.where(Node.id != but, lives))


async def release(session: AsyncSession, interview_id: str, lease: int) -> bool:
    """Whether it was held under this lease until now."""
    free = update(Interview).where(Interview.id == interview_id, Interview.lease == lease).values(node=None)
    return (await session.execute(free.returning(Interview.id))).one_or_none() is not None


async def lease_of(session: AsyncSession, interview_id: str) -> int | None:
    """The number of the present lease, locked until the transaction ends; None where there is no such interview."""
    query = select(Interview.lease).where(Interview.id == interview_id).with_for_update(read=True)
    return await session.scalar(query)


async def holds(session: AsyncSession, interview_id: str, lease: int) -> bool:
    """Whether what is written in this transaction may be written under this lease."""
    return await lease_of(session, interview_id) == lease


async def held_by(session: AsyncSession, node: str) -> list[str]:
    """Ids of interviews that are not over and whose lease this node has, or had when it went down."""
    query = select(Interview.id).where(Interview.node == node, Interview.status.in_(RUNNING))
    return list(await session.scalars(query.order_by(Interview.created_at)))


async def taken_away(session: AsyncSession, leases: dict[str, int]) -> list[str]:
    """Those of these interviews whose present lease is another than the given one."""
    found = await session.execute(select(Interview.id, Interview.lease).where(Interview.id.in_(leases)))
    return [interview_id for interview_id, lease in found if lease != leases[interview_id]]


def _dead_for(dead_for: timedelta) -> ColumnElement[bool]:
    """Its node has not been heard of for so long."""
    there = exists().where(
        Node.id == Interview.node, Node.state != "gone", Node.heartbeat_at > func.now() - dead_for
    )  # fmt: skip
    return and_(Interview.status.in_(("live", "paused")), Interview.node.is_not(None), ~there)


async def orphaned(session: AsyncSession, dead_for: timedelta, *, limit: int = 20) -> list[str]:
    """Ids of interviews that are not over and whose node has been dead for so long."""
    query = select(Interview.id).where(_dead_for(dead_for))
    return list(await session.scalars(query.order_by(Interview.created_at).limit(limit)))


async def let_go(session: AsyncSession, interview_id: str, dead_for: timedelta) -> None:
    """Nobody holds it now, where it is orphaned still. Its lease keeps its number: what its node wrote, and writes,
    is taken when that is back, unless another has taken the interview meanwhile."""
    free = update(Interview).where(Interview.id == interview_id, _dead_for(dead_for))
    await session.execute(free.values(node=None).execution_options(synchronize_session=False))
