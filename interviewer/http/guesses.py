"""How often secrets (links, API keys) may be guessed from one network address."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

from interviewer.http.rate_limits import RateLimits

__all__ = ["Guesses"]

REMEMBERED = 10_000
"""Wrong ones by network address, and right ones: about 2 MB of each."""


class Guesses:
    """Wrong secrets are counted by network address under the limit ``name``; who has tried too many is told to wait.

    The same one again is no guess: a page that was left open may go on asking long after its link was renewed, a
    program with a key that was revoked, and others share their address. Nor is one that was right before: whoever
    guesses keeps nobody at the same address out, and behind a proxy that is not trusted all have one address.
    """

    def __init__(self, limits: RateLimits, name: str) -> None:
        self._limits = limits
        self._name = name
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._right: OrderedDict[bytes, None] = OrderedDict()

    def check(self, address: str, secret: str) -> None:
        """Raises :class:`TooMany`."""
        if _hashed(secret) not in self._right:
            self._limits.check(self._name, address)

    def right(self, secret: str) -> None:
        _remember(self._right, _hashed(secret))

    def wrong(self, address: str, secret: str) -> None:
        self._right.pop(_hashed(secret), None)
        if _remember(self._wrong, _hashed(f"{address} {secret}")):
            self._limits.count(self._name, address)


def _hashed(text: str) -> bytes:
    return blake2b(text.encode(errors="replace"), digest_size=16).digest()


def _remember(these: OrderedDict[bytes, None], one: bytes) -> bool:
    """Whether it is new among ``these``, of which the newest are kept."""
    is_new = one not in these
    these[one] = None
    these.move_to_end(one)
    if len(these) > REMEMBERED:
        these.popitem(last=False)
    return is_new
