"""Prefixed, time-ordered ids: ``int_01k2...``. Ids of one kind sort by the time at which they were made."""

from __future__ import annotations

import hashlib
import secrets
import time

__all__ = ["derived_id", "new_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_TIME_DIGITS = 10


def new_id(prefix: str, *, test: bool = False) -> str:
    """``prefix`` without its underscore; those of test objects go on with ``test_``. 48 bits of Unix
    milliseconds, then 80 random bits (the layout of a ULID)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_{'test_' if test else ''}{_digits(number)}"


def derived_id(prefix: str, of: str, part: str, *, test: bool = False) -> str:
    """Always the same one for ``part`` of what has the id ``of``, so that a job that is done again makes nothing twice;
    its time is that of ``of``."""
    digest = int.from_bytes(hashlib.sha256(f"{prefix} {of} {part}".encode()).digest()[:10])
    time_digits = of.rpartition("_")[2][:_TIME_DIGITS]
    return f"{prefix}_{'test_' if test else ''}{time_digits}{_digits(digest)[_TIME_DIGITS:]}"


def _digits(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
