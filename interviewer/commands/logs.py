"""Logs: one JSON object a line (or text for a person who watches), and never what a candidate said.

An error's text may quote a value, and that may be an answer. So of an error the log names its kind and the places it
came through; of the system's own errors, also what the system says.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

__all__ = ["PatientStream", "configure_logs", "error_without_values", "formatter", "processors"]

_DEPTH = 8


def configure_logs(how: str, level: str) -> None:
    """``how``: json, text, or auto (JSON where nobody watches). Libraries are heard from warnings on."""
    as_json = how == "json" or (how == "auto" and not sys.stderr.isatty())
    numeric = logging.getLevelNamesMapping()[level.upper()]
    stream = PatientStream(sys.stderr, _renderer(as_json))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(as_json))
    logging.basicConfig(level=max(numeric, logging.WARNING), handlers=[handler])
    structlog.configure(
        processors=[*processors(), _renderer(as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(stream),  # type: ignore[arg-type]  # write and flush suffice
        cache_logger_on_first_use=True,
    )


class PatientStream:
    """A log that cannot be written (a full disk, a reader that went away) must not end what the entry tells of.

    What could not be written is counted, and said as soon as there is room again.
    """

    def __init__(self, stream: TextIO, render: Processor) -> None:
        self._stream = stream
        self._render = render
        self._failed = False
        self._lost = 0

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # the second where the stream is closed
            self._failed = True
            return len(text)

    def flush(self) -> None:
        """The end of an entry."""
        try:
            self._stream.flush()
            if self._lost and not self._failed:
                entry: EventDict = {"event": "log.interrupted", "level": "warning", "entries": self._lost}
                # On a line of its own, for the last one before may have been cut.
                self._stream.write(f"\n{self._render(None, 'warning', entry)!s}\n")
                self._stream.flush()
                self._lost = 0
        except (OSError, ValueError):
            self._failed = True
        self._lost += self._failed
        self._failed = False


def processors() -> list[Processor]:
    """What every entry goes through before it is written."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        error_without_values,
    ]


def formatter(as_json: bool) -> logging.Formatter:
    """For the entries of libraries: the same form, with the logger's name."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(as_json)],
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors()],
    )


def error_without_values(logger: WrappedLogger, name: str, entry: EventDict) -> EventDict:
    """``exc_info`` becomes ``error`` (kinds, from the outermost to its cause) and ``where`` (innermost place first)."""
    del logger, name
    given = entry.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if not isinstance(error, BaseException):
        return entry
    kinds, innermost = [_kind(error)], error
    while (cause := innermost.__cause__ or (None if innermost.__suppress_context__ else innermost.__context__)) and len(
        kinds
    ) < _DEPTH:
        kinds.append(_kind(cause))
        innermost = cause
    frames = traceback.extract_tb(innermost.__traceback__)[-_DEPTH:]
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return {**entry, "error": " < ".join(kinds), "where": where}


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name}: {error.strerror}" if isinstance(error, OSError) and error.strerror else name


def _renderer(as_json: bool) -> Processor:
    return structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
