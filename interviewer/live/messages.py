"""What live and the candidate's page tell each other: JSON objects of at most a kilobyte.

A data channel stalls without an error on paths with a small MTU, so long texts go in numbered parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

__all__ = ["MESSAGE_LIMIT", "in_parts"]

MESSAGE_LIMIT = 1000
"""Bytes of JSON in one message."""
_TEXT_LIMIT = 600
"""Bytes of text (as JSON) in one part; leaves room for the fields around it."""


def in_parts(message: dict[str, Any], field: str = "text") -> Iterator[dict[str, Any]]:
    """The message with ``field`` cut into parts of at most 600 bytes, marked ``part`` (from 0) and ``parts``."""
    pieces = list(_pieces(str(message[field]))) or [""]
    for i, piece in enumerate(pieces):
        yield {**message, field: piece, "part": i, "parts": len(pieces)}


def _pieces(text: str) -> Iterator[str]:
    start = size = 0
    for i, character in enumerate(text):
        n = len(json.dumps(character)) - 2
        if size + n > _TEXT_LIMIT:
            yield text[start:i]
            start, size = i, 0
        size += n
    if start < len(text):
        yield text[start:]


def cut(text: str, limit: int = 300) -> str:
    """At most ``limit`` characters, for the state message; the whole text comes as a caption."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
