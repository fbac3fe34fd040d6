"""Rate limits on what can be guessed (passwords, links, keys) and on what can flood.

All but the requests of API keys are counted in this process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["RateLimits", "TooMany"]

DEFAULTS: Mapping[str, str] = {
    "login-account": "5 per 5 minute",  # wrong passwords for one e-mail address from one network address
    "login-address": "30 per 15 minute",  # wrong passwords from one network address, whatever the e-mail address
    "link": "30 per 5 minute",  # links that lead nowhere, from one network address
    "offer": "30 per minute",  # connections of one interview, each with sockets; a page makes 10 where none holds
    "connection-test": "10 per minute",  # of one interview; each lasts up to 20 s
    "writing": "240 per minute",  # typed answers and drafts of one interview; a page sends one a second at most
    "recording": "600 per minute",  # chunks of one interview; a page makes 20 a minute, and sends a backlog faster
    "camera": "600 per minute",  # the same of the camera, counted apart: sound never waits for it
    "lobby": "120 per minute",  # questions for the place in the lobby; a page asks again each 20 s, or on a change
    "control": "900 per minute",  # messages over one interview's socket; a page pings once a second
    "key": "30 per 5 minute",  # API keys that do not exist, from one network address
    "api": "1000 per 1 minute",  # requests with one API key; counted in the database, for all processes together
}


class TooMany(Exception):
    """A limit is reached. ``retry_after``: seconds until it makes sense to try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many tries. Please wait {retry_after} seconds.")
        self.retry_after = retry_after


class RateLimits:
    """Failures are counted, successes are not (an office shares one network address): ``check`` before the work,
    ``count`` after a failure. ``overrides`` replace :data:`DEFAULTS` by name; an unknown name raises ``ValueError``."""

    def __init__(self, overrides: Mapping[str, str] | None = None) -> None:
        unknown = set(overrides or {}) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"unknown rate limits: {', '.join(sorted(unknown))}; known: {', '.join(DEFAULTS)}")
        self._items = {name: parse(text) for name, text in {**DEFAULTS, **(overrides or {})}.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self.one_login = asyncio.Lock()
        """Held from ``check_login`` to ``count_login``: guesses sent all at once would else all be checked before any
        is counted. It costs nothing, for passwords are hashed one at a time."""

    def allowance(self, name: str) -> tuple[int, int]:
        """How many, and in how many seconds: for a limit that is counted elsewhere."""
        return self._items[name].amount, self._items[name].get_expiry()

    def check(self, name: str, *keys: str) -> None:
        """Raises :class:`TooMany` where the limit is used up; uses none of it."""
        item = self._items[name]
        if not self._limiter.test(item, name, *keys):
            reset = self._limiter.get_window_stats(item, name, *keys).reset_time
            raise TooMany(max(1, round(reset - time.time())))

    def count(self, name: str, *keys: str) -> None:
        self._limiter.hit(self._items[name], name, *keys)

    def use(self, name: str, *keys: str) -> None:
        """Check and count in one. Raises :class:`TooMany`."""
        self.check(name, *keys)
        self.count(name, *keys)

    def check_login(self, address: str, email: str) -> None:
        self.check("login-account", address, email.lower())
        self.check("login-address", address)

    def count_login(self, address: str, email: str) -> None:
        self.count("login-account", address, email.lower())
        self.count("login-address", address)
