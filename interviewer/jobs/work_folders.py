"""Folders in which jobs make sound files, on this machine's disk. What a killed process left in one is a candidate's
voice that no deletion knows of, so what lies there from yesterday is removed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import structlog

__all__ = ["LEFT_AFTER_S", "remove_left_folders", "work_folder"]

LEFT_AFTER_S = 24 * 3600.0
"""No job takes as long."""
_PREFIX = "melvin-job-"

log = structlog.get_logger(__name__)


def work_folder(what: str) -> tempfile.TemporaryDirectory[str]:
    """To be entered; it is gone with all that is in it when it is left."""
    return tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{what}-")


def remove_left_folders() -> int:
    """How many there were of this user's."""
    left = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
        except FileNotFoundError:
            continue
        if found.st_uid == os.geteuid() and time.time() - found.st_mtime > LEFT_AFTER_S and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
            left += 1
    if left:
        log.info("work_folders.removed", folders=left)
    return left
