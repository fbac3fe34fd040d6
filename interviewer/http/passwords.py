"""Passwords: argon2id, worked out on threads of its own.

Hashing takes tens of milliseconds of processor time on purpose, so it must not run on the event loop; and asyncio's
default executor belongs to aiortc, which encodes the voices of live interviews on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

__all__ = ["LEAST_LENGTH", "MOST_LENGTH", "PasswordRefused", "Passwords", "check_new_password"]

LEAST_LENGTH = 12
"""Characters; NIST SP 800-63B section 3.1.1.2 asks for length and against rules of composition."""
MOST_LENGTH = 256
"""Characters; longer input is refused before it costs a hash."""

_T = TypeVar("_T")


class PasswordRefused(ValueError):
    """A new password that will not do; the message says why, for the person who chose it."""


class Passwords:
    """Hashes and checks passwords. ``close`` ends its threads."""

    def __init__(self, threads: int = 1) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="passwords")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether ``password`` is the one that was hashed. With no hash (no such account) the same time is spent, so
        that an answer's delay does not tell which e-mail addresses have accounts."""
        if len(password) > MOST_LENGTH:
            return False
        return await self._run(lambda: self._verify(password, password_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, password_hash: str | None) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("no account has this password")
        try:
            right = self._hasher.verify(password, password_hash or self._decoy)
        except UnknownHashError:
            return False
        return right and password_hash is not None

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def check_new_password(password: str, repeated: str, email: str) -> None:
    """Raises :class:`PasswordRefused` with the reason where a chosen password will not do."""
    if password != repeated:
        raise PasswordRefused("The two new passwords differ.")
    if len(password) < LEAST_LENGTH:
        raise PasswordRefused(f"The new password is too short: it needs at least {LEAST_LENGTH} characters.")
    if len(password) > MOST_LENGTH:
        raise PasswordRefused(f"The new password is too long: {MOST_LENGTH} characters are the most.")
    if password.lower() == email.lower() or len(set(password)) < 5:
        raise PasswordRefused("The new password is too easy to guess.")
