"""The error of a stored model that is not what it says."""

from __future__ import annotations

__all__ = ["ModelRefused"]


class ModelRefused(ValueError):
    """A stored model cannot be trusted or read; the message names its folder and why."""
