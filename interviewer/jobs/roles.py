"""What a worker does, and the queues that this means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from interviewer.records.runs import RUN_QUEUE

__all__ = ["ROLES", "UnknownRole", "queues_of"]

ROLES: Mapping[str, tuple[str, ...]] = {
    "transcribe": ("record",),
    "score": ("score", RUN_QUEUE),
    "deliver": ("deliver", "upkeep"),
}


class UnknownRole(ValueError):
    """No worker has such a role; the message names those there are."""


def queues_of(roles: Sequence[str]) -> tuple[str, ...] | None:
    """None for all. Raises :class:`UnknownRole`."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise UnknownRole(f"There is no role {', '.join(unknown)}. The roles are: {', '.join(ROLES)}.")
    return tuple(queue for role in ROLES if role in roles for queue in ROLES[role]) or None
