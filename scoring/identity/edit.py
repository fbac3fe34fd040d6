"""One thing masked."""

from __future__ import annotations

__all__ = ["NAME", "SCHOOL", "Edit"]

Edit = tuple[int, int, str]
"""Characters [start, end) of the text, and what is put there."""

NAME, SCHOOL = "[name]", "[school]"
