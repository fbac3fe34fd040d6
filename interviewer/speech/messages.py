"""Messages between the service and a model's process: one line of JSON, then as many raw bytes as its ``bytes`` says.

Both directions use it, over the child's standard input and output. Nothing is pickled, so neither side can make the
other run code.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

__all__ = ["LINE_LIMIT", "PAYLOAD_LIMIT", "Message", "encode", "receive", "receive_blocking"]

LINE_LIMIT = 4 * 1024 * 1024
"""Longest header in bytes. A transcript of an hour with its word times stays below half of it."""

PAYLOAD_LIMIT = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    header: Mapping[str, Any]
    payload: bytes = b""


def encode(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    return json.dumps({**header, "bytes": len(payload)}).encode() + b"\n" + payload


def _header(line: bytes) -> tuple[dict[str, Any], int]:
    header = json.loads(line)
    if not isinstance(header, dict):
        raise ValueError("a message starts with a JSON object")
    size = header.pop("bytes", 0)
    if not isinstance(size, int) or not 0 <= size <= PAYLOAD_LIMIT:
        raise ValueError(f"a message of {size!r} bytes")
    return header, size


def receive_blocking(stream: BinaryIO) -> Message | None:
    """The next message, or None at the end of the stream. Raises ``ValueError`` for anything that is no message."""
    line = stream.readline(LINE_LIMIT)
    if not line.endswith(b"\n"):
        return None
    header, size = _header(line)
    payload = stream.read(size) if size else b""
    return Message(header, payload) if len(payload) == size else None


async def receive(stream: asyncio.StreamReader) -> Message | None:
    """As :func:`receive_blocking`; the stream needs ``limit=LINE_LIMIT``."""
    line = await stream.readline()
    if not line.endswith(b"\n"):
        return None
    header, size = _header(line)
    try:
        return Message(header, await stream.readexactly(size) if size else b"")
    except asyncio.IncompleteReadError:
        return None
