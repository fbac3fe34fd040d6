"""An object store that cannot be reached just now, told in one way wherever a request needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from obstore.exceptions import BaseError

from interviewer.http.problems import Problem
from interviewer.records.objects import DamagedObject

__all__ = ["store_reached"]

AGAIN_AFTER_S = 10

log = structlog.get_logger(__name__)


@contextmanager
def store_reached(title: str, detail: str) -> Iterator[None]:
    """Around what reads or writes an object. Raises ``store-away`` (503) where that fails; ``FileNotFoundError`` says
    something about one object and passes."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, DamagedObject, OSError) as error:
        log.warning("store.away", error=type(error).__name__)
        headers = {"Retry-After": str(AGAIN_AFTER_S)}
        raise Problem(503, "store-away", title, detail, headers=headers) from None
