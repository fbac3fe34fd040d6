"""What is written down of an interview: events that had an effect, in order, with the decisions they brought about.

Ticks come ten times a second and mostly change nothing, so they are left out. But an event may tell of a moment before
the last tick (speech is noticed a little after it began), and then the clock had moved on: the tick is written first,
so that a replay sees the same clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interviewer.conversation.actions import Action, Decided
from interviewer.conversation.events import Event, Tick, event_to_dict

__all__ = ["EventLog"]


class EventLog:
    """``seq``: the number of the last entry that is written already."""

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self._tick: Tick | None = None

    def entries(self, event: Event, actions: Iterable[Action]) -> list[dict[str, Any]]:
        """The new entries (JSON-safe) for an event and what it brought about; mostly none for a tick."""
        actions = list(actions)
        if isinstance(event, Tick) and not actions:
            self._tick = event
            return []
        tick, self._tick = self._tick, None
        out = [self._entry(tick)] if tick is not None and tick.at > event.at else []
        entry = self._entry(event)
        decided = [a.to_dict() for a in actions if isinstance(a, Decided)]
        if decided:
            entry["decided"] = decided
        return [*out, entry]

    def _entry(self, event: Event) -> dict[str, Any]:
        self.seq += 1
        return {"seq": self.seq, **event_to_dict(event)}
