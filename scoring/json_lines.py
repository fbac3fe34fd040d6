"""Lines of files that people made: with a byte order mark or without, and not all of them in UTF-8."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["decoded", "numbered"]


def numbered(files: Sequence[Path]) -> Iterator[tuple[str, int, bytes]]:
    """(file, line number, line) of every line; of standard input where no file is given. Raises OSError."""
    for path in files:
        with path.open("rb") as file:
            yield from ((str(path), number, raw) for number, raw in enumerate(file, start=1))
    if not files:
        yield from (("stdin", number, raw) for number, raw in enumerate(sys.stdin.buffer, start=1))


def decoded(raw: bytes, number: int) -> str:
    """Raises ValueError with a reason that says how to mend it."""
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: {error.reason} at byte {error.start} of the line; save the file as UTF-8"
        raise ValueError(reason) from None
