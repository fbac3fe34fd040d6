"""The log of a service whose disk is full, or whose reader is gone: nothing raises, and what is missing is said."""

import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest
import structlog

from interviewer.commands.logs import configure_logs


@pytest.fixture
def full() -> Iterator[tuple[TextIO, int]]:
    """Standard error that takes nothing more, as a file on a full disk, and where it is read."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    os.set_blocking(reader, False)
    # As Python makes standard error: lines are handed on at once.
    stream = io.TextIOWrapper(io.BufferedWriter(io.FileIO(writer, "w")), line_buffering=True)
    for piece in (b"." * 512 + b"\n", b"\n"):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, piece)
    try:
        yield stream, reader
    finally:
        structlog.reset_defaults()
        with contextlib.suppress(OSError):
            os.close(reader)
        with contextlib.suppress(OSError):
            stream.close()


def drained(reader: int) -> list[str]:
    read = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(reader, 65536):
            read += piece
    return [line for line in read.decode().splitlines() if line.strip(".")]


def test_a_log_that_cannot_be_written_ends_nothing_and_goes_on_when_it_can(
    full: tuple[TextIO, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, reader = full
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs("json", "info")
    log = structlog.get_logger("a")
    for number in range(3):
        log.error("postgres.restart_failed", number=number)
    logging.getLogger("psycopg.pool").warning("no connection")
    drained(reader)
    log.info("postgres.restarted")
    log.info("after")
    entries = [json.loads(line) for line in drained(reader)]
    events = [entry["event"] for entry in entries]
    assert events[-3:] == ["postgres.restarted", "log.interrupted", "after"]
    assert entries[-2]["entries"] == 4


def test_a_log_whose_reader_is_gone_ends_nothing(full: tuple[TextIO, int], monkeypatch: pytest.MonkeyPatch) -> None:
    stream, reader = full
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs("json", "info")
    os.close(reader)
    structlog.get_logger("a").error("one")
    with contextlib.suppress(BrokenPipeError):
        stream.close()
    structlog.get_logger("a").error("two")
    logging.getLogger("psycopg.pool").warning("three")
