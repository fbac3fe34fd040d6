"""Secrets that are shown once and stored hashed: links, session cookies, API keys.

They are random and long, so a plain SHA-256 is enough; slow hashing is for what people choose themselves.
"""

from __future__ import annotations

import hashlib
import secrets

__all__ = ["KEY_PREFIX", "TEST_KEY_PREFIX", "hash_token", "new_secret", "new_token"]

KEY_PREFIX = "mk_live_"
TEST_KEY_PREFIX = "mk_test_"


def new_token(*, test: bool = False) -> str:
    """128 random bits, URL safe, 22 characters; those of test objects follow ``test_``."""
    return ("test_" if test else "") + secrets.token_urlsafe(16)


def new_secret(prefix: str = KEY_PREFIX) -> str:
    """An API key's secret: a prefix that secret scanners can find, then 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()
