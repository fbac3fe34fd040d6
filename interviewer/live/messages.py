"""What live and the candidate's page tell each other: JSON objects of at most a kilobyte.

A data channel stalls without an error on paths with a small MTU, so long texts go in numbered parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from interviewer.conversation.view import View

__all__ = ["MESSAGE_LIMIT", "cut", "in_parts", "melvin_caption", "shown"]

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
    """At most ``limit`` characters, and half as many bytes again (as JSON): few scripts need one for each."""
    room = limit * 3 // 2
    if len(text) <= limit and _size(text) <= room:
        return text
    kept = text[: limit - 1]
    while _size(kept) > room - len("…".encode()):
        kept = kept[:-1]
    return kept.rstrip() + "…"


def melvin_caption(utterance: int, text: str) -> dict[str, Any]:
    return {"t": "caption", "id": f"m{utterance}", "side": "melvin", "text": text, "final": True}


def shown(view: View) -> dict[str, Any]:
    """The state message: long texts are cut in it; what is asked comes whole as a caption."""
    message = view.to_message()
    if message["question"] is not None:
        message["question"]["title"] = cut(message["question"]["title"], 120)
    return {**message, "asked": cut(message["asked"])}


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2
