"""What runs where, as ``interviewer nodes`` prints it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from interviewer.app import open_database
from interviewer.records.nodes import NodeRow, list_nodes
from interviewer.settings import Settings

__all__ = ["describe_nodes", "lines"]

Progress = Callable[[str], None]

LONGEST_LIST = 10


async def describe_nodes(settings: Settings, progress: Progress) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        found = await list_nodes(session)
    return lines(found, datetime.now(UTC))


def lines(found: list[NodeRow], now: datetime) -> list[str]:
    """A line for each node and one for the interviews that it holds."""
    if not found:
        return ["No node has run here within a day. `interviewer serve` starts one."]
    told = []
    for node in found:
        where = f" at {node.address}" if node.address else ""
        beat = _for(now - node.heartbeat_at)
        told.append(
            f"{node.id}  {node.state:<8}  {node.interviews} in memory  up {_for(now - node.started_at)}  "
            f"heartbeat {beat} ago  {node.version}  on {node.host}{where}"
        )
        if node.holds:
            more = f" and {len(node.holds) - LONGEST_LIST} more" if len(node.holds) > LONGEST_LIST else ""
            told.append(f"    holds {', '.join(node.holds[:LONGEST_LIST])}{more}")
    return told


def _for(time: timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
