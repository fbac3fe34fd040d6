"""Faults in a document, each with its place, so that a reader of files can name the line."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Faults", "Place", "repeated"]

Place = tuple[str | int, ...]
"""Keys and indices from the document's root, or from the model that raised: ``("questions", 2, "id")``."""


class Faults(ValueError):
    """Raised by validators that look at several fields: all their faults at once, each with its place."""

    def __init__(self, faults: Iterable[tuple[Place, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(reason for _, reason in self.faults))

    @classmethod
    def check(cls, faults: Iterable[tuple[Place, str]]) -> None:
        """Raise where there is any fault."""
        found = tuple(faults)
        if found:
            raise cls(found)


def repeated(values: Iterable[str]) -> list[tuple[int, str]]:
    """Index and value of each value that stood before."""
    seen: set[str] = set()
    again = []
    for index, value in enumerate(values):
        if value in seen:
            again.append((index, value))
        seen.add(value)
    return again
