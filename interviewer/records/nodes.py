"""Which processes hold interviews, and which of them are alive.

Times are the database's own, so nodes whose clocks disagree judge each other alike.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.records.ids import new_id
from interviewer.records.tables import Interview, Node, SharedSecret

__all__ = [
    "DEAD_AFTER", "NodeRow", "NodeState", "addresses", "alive", "beat", "forget_long_gone", "known_address",
    "list_nodes", "make_own_id", "own_id", "register", "shared_secret",
]  # fmt: skip

NodeState = Literal["ready", "draining", "gone"]

DEAD_AFTER = timedelta(seconds=10)
"""A node whose last heartbeat is older is dead: its interviews may be taken."""
KNOWN_FOR = timedelta(days=1)
FILE = "node"


@dataclass(frozen=True, slots=True)
class NodeRow:
    """``state`` is what it said last, or dead; ``holds``: ids of interviews whose lease it has."""

    id: str
    address: str
    host: str
    version: str
    state: str
    started_at: datetime
    heartbeat_at: datetime
    interviews: int
    holds: tuple[str, ...]


def alive() -> ColumnElement[bool]:
    """Of a row of nodes, to be used in a query."""
    return (Node.state != "gone") & (Node.heartbeat_at > func.now() - DEAD_AFTER)


async def register(session: AsyncSession, node_id: str, *, address: str, host: str, version: str) -> None:
    """This node has started (again)."""
    values = {
        "address": address, "host": host, "version": version, "state": "ready", "interviews": 0,
        "started_at": func.now(), "heartbeat_at": func.now(),
    }  # fmt: skip
    put = insert(Node).values(id=node_id, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["id"], set_=values))


async def beat(session: AsyncSession, node_id: str, state: NodeState, interviews: int) -> None:
    await session.execute(
        update(Node).where(Node.id == node_id).values(state=state, interviews=interviews, heartbeat_at=func.now())
    )


async def list_nodes(session: AsyncSession) -> list[NodeRow]:
    """Those that were alive within a day, oldest first."""
    held = func.array_agg(Interview.id).filter(Interview.id.is_not(None))
    query = (
        select(Node, alive(), held)
        .outerjoin(Interview, (Interview.node == Node.id) & Interview.status.in_(("created", "live", "paused")))
        .group_by(Node.id)
        .order_by(Node.started_at, Node.id)
    )
    return [
        NodeRow(
            id=node.id, address=node.address, host=node.host, version=node.version,
            state=node.state if lives or node.state == "gone" else "dead",
            started_at=node.started_at, heartbeat_at=node.heartbeat_at, interviews=node.interviews,
            holds=tuple(sorted(holds or ())),
        )
        for node, lives, holds in (await session.execute(query)).all()
    ]  # fmt: skip


async def known_address(session: AsyncSession, node_id: str) -> str:
    """'' where it has no address of its own, or there is no such node."""
    return await session.scalar(select(Node.address).where(Node.id == node_id)) or ""


async def addresses(session: AsyncSession) -> list[str]:
    """Those of all nodes that are alive and have one of their own."""
    return list(await session.scalars(select(Node.address).where(Node.address != "", alive()).order_by(Node.address)))


async def forget_long_gone(session: AsyncSession) -> None:
    await session.execute(delete(Node).where(Node.heartbeat_at < func.now() - KNOWN_FOR))


def own_id(data_folder: Path) -> str | None:
    """The id of the node that keeps its data there; None where none ever has."""
    try:
        return (data_folder / FILE).read_text().strip() or None
    except FileNotFoundError:
        return None


def make_own_id(data_folder: Path) -> str:
    """As :func:`own_id`, made at the first start. Journals and recordings are found again under it."""
    known = own_id(data_folder)
    if known is not None:
        return known
    made = new_id("node")
    unfinished = data_folder / f".{FILE}"
    unfinished.write_text(made + "\n")
    unfinished.replace(data_folder / FILE)
    return made


async def shared_secret(session: AsyncSession, name: str) -> str:
    """256 random bits that all nodes share under this name; whoever asks first makes them."""
    made = insert(SharedSecret).values(name=name, value=secrets.token_urlsafe(32))
    await session.execute(made.on_conflict_do_nothing())
    return (await session.scalars(select(SharedSecret.value).where(SharedSecret.name == name))).one()
