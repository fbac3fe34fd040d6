"""`interviewer nodes` says in a line each what an operator needs: who lives, since when, where, and what they hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from interviewer.desk.nodes import lines
from interviewer.records.nodes import NodeRow

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def node(state: str, holds: tuple[str, ...], beat_s: float = 1) -> NodeRow:
    return NodeRow(
        id="node_1", address="https://one.example", host="box", version="1.0", state=state,
        started_at=NOW - timedelta(hours=5), heartbeat_at=NOW - timedelta(seconds=beat_s), interviews=2, holds=holds,
    )  # fmt: skip


def test_a_node_and_what_it_holds() -> None:
    first, second = lines([node("draining", ("int_a", "int_b"))], NOW)
    told = "node_1 draining 2 in memory up 5 h heartbeat 1 s ago 1.0 on box at https://one.example"
    assert " ".join(first.split()) == told
    assert second.strip() == "holds int_a, int_b"


def test_a_dead_one_with_many() -> None:
    first, second = lines([node("dead", tuple(f"int_{n:02}" for n in range(14)), beat_s=200)], NOW)
    assert "dead" in first
    assert "heartbeat 3 min ago" in first
    assert second.endswith("int_09 and 4 more")


def test_none() -> None:
    assert lines([], NOW) == ["No node has run here within a day. `interviewer serve` starts one."]
