"""Prefixed, time-ordered ids: ``int_01k2...``. Ids of one kind sort by the time at which they were made."""

from __future__ import annotations

import secrets
import time

__all__ = ["new_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(prefix: str, *, test: bool = False) -> str:
    """``prefix`` without its underscore; those of test objects go on with ``test_``. 48 bits of Unix
    milliseconds, then 80 random bits (the layout of a ULID)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{'test_' if test else ''}{''.join(digits)}"
