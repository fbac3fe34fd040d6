"""Messages on the data channel named ``control``: small JSON objects, checked before anyone sees them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiortc import RTCDataChannel

__all__ = ["CONTROL", "LARGEST_MESSAGE", "Control", "MessageTooLarge"]

CONTROL = "control"
LARGEST_MESSAGE = 1000
"""Bytes. With its headers it fits one packet on every path; larger ones stall on some without a word."""

BURST = 200
PER_SECOND = 50.0
MOST_REFUSED = 5000
"""Messages dropped on one channel; a page that sends more is none of ours, and its connection is closed."""
MOST_WAITING = 256 * 1024
"""Bytes not yet sent. Beyond it the page is not reading, and what we would add helps nobody."""

log = structlog.get_logger(__name__)


class MessageTooLarge(ValueError):
    pass


class Control:
    """Both directions of one page's channel."""

    def __init__(
        self, receive: Callable[[dict[str, Any]], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._receive = receive
        self._monotonic = monotonic
        self._channel: RTCDataChannel | None = None
        self._allowance = float(BURST)
        self._last = monotonic()
        self.last_received: float | None = None
        self.refused = 0
        self._others = 0

    def attach(self, channel: RTCDataChannel) -> None:
        """A channel that the page opened. Others than ``control``, and a second one, are closed."""
        if channel.label != CONTROL or self._channel is not None:
            self._others += 1
            if self._others in (1, 10, 100, 1000):
                log.warning("data channel refused", label=channel.label[:40], times=self._others)
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._on_message)

    def send(self, message: Mapping[str, Any]) -> bool:
        """False where the page cannot be reached. Raises :class:`MessageTooLarge`."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > LARGEST_MESSAGE:
            raise MessageTooLarge(f"a control message holds at most {LARGEST_MESSAGE} bytes, not {len(text.encode())}")
        channel = self._channel
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > MOST_WAITING:
            return False
        channel.send(text)
        return True

    def _on_message(self, data: object) -> None:
        self.last_received = self._monotonic()
        message = self._checked(data)
        if message is None:
            self.refused += 1
            if self.refused in (1, 10, 100, 1000):
                log.warning("control message refused", times=self.refused)
            return
        self._receive(message)

    def _checked(self, data: object) -> dict[str, Any] | None:
        now = self._monotonic()
        self._allowance = min(float(BURST), self._allowance + (now - self._last) * PER_SECOND)
        self._last = now
        if self._allowance < 1.0:
            return None
        self._allowance -= 1.0
        if (
            not isinstance(data, str)
            or len(data) > LARGEST_MESSAGE
            or len(data.encode(errors="replace")) > LARGEST_MESSAGE
        ):
            return None
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None
