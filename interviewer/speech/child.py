"""The inside of a model's process: load once, then answer one request after the other until the parent is gone."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from interviewer.speech.messages import Message, encode, receive_blocking

__all__ = ["Handler", "Load", "serve"]

Handler = Callable[[Message], Message]
Tell = Callable[[str], None]
Load = Callable[[Mapping[str, Any], Tell], tuple[Handler, Mapping[str, Any]]]
"""Given the settings and a way to tell of progress: the handler, and facts about the model for the parent."""


def serve(load: Load) -> None:
    """Run until standard input ends. The first message holds the settings."""
    # Ctrl-C in a terminal reaches the whole process group; the parent decides when its models go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
    source = sys.stdin.buffer
    # Libraries print; what they print belongs to the log and must not fall between the messages.
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    threading.Thread(target=_listen, args=(source, requests), name="requests", daemon=True).start()

    settings = requests.get().header
    os.nice(int(settings.get("nice", 0)))
    try:
        handle, facts = load(settings, lambda text: _write(sink, Message({"progress": text})))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        _write(sink, Message({"failed": f"{type(error).__name__}: {error}"}))
        return
    _write(sink, Message({"ready": dict(facts)}))
    while True:
        request = requests.get()
        try:
            reply = handle(request)
        except Exception as error:  # noqa: BLE001 - the border of a worker: one bad request must not cost the model
            reply = Message({"error": f"{type(error).__name__}: {error}"})
        _write(sink, reply)


def _listen(source: BinaryIO, requests: queue.SimpleQueue[Message]) -> None:
    """Read requests; at the end of the stream the parent is dead or done, so leave at once, even in mid-request."""
    while True:
        try:
            message = receive_blocking(source)
        except ValueError:
            message = None
        if message is None:
            os._exit(0)
        requests.put(message)


def _write(sink: BinaryIO, message: Message) -> None:
    data = memoryview(encode(message.header, message.payload))
    try:
        while data:
            data = data[sink.write(data) :]
    except BrokenPipeError:
        os._exit(0)
