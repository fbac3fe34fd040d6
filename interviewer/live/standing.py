"""Who holds a seat and who waits, on disk: a process that takes this one's place turns nobody out and keeps the line.

The file is for this node alone, and a second old at most; it is no log, and nothing but the order of waiting is in it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

__all__ = ["EMPTY", "Seated", "Standing", "StandingFile", "Waits"]

WRITTEN_EVERY_S = 10.0
"""Also where nothing has changed: its age says how long nobody was served."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seated:
    interview_id: str
    sound: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """In the order of waiting."""

    interview_id: str
    sound: bool
    begun: bool


@dataclass(frozen=True, slots=True)
class Standing:
    seated: tuple[Seated, ...] = ()
    waiting: tuple[Waits, ...] = ()


EMPTY = Standing()


class StandingFile:
    """``wall``: seconds since the epoch, as both processes know it."""

    def __init__(self, path: Path, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._wall = wall
        self._written: Standing | None = None
        self._at = 0.0

    def read(self, seats_for_s: float, places_for_s: float) -> Standing:
        """What the process before this one left: seats and places, each where it is not older than that."""
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            age = self._wall() - float(stored["at"])
            seated = tuple(Seated(**one) for one in stored["seated"])
            waiting = tuple(Waits(**one) for one in stored["waiting"])
        except FileNotFoundError:
            return EMPTY
        except (OSError, ValueError, TypeError, KeyError) as error:  # cut off by a full disk
            log.warning("who waited could not be read", error=type(error).__name__)
            return EMPTY
        return Standing(seated if age <= seats_for_s else (), waiting if age <= places_for_s else ())

    def write(self, standing: Standing) -> None:
        """Where it is another than was written last, or that is a while ago. A full disk keeps no line."""
        now = self._wall()
        if standing == self._written and (standing == EMPTY or now - self._at < WRITTEN_EVERY_S):
            return
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(json.dumps({"at": now, **asdict(standing)}), "utf-8")
            os.replace(draft, self._path)
        except OSError as error:
            log.warning("who waits could not be written", error=type(error).__name__)
            return
        self._written, self._at = standing, now
