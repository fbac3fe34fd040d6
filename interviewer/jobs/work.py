"""What jobs work with: database, objects, recordings, and the models, each loaded at its first use."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.speech.whisper import Recognition
from scoring.judges.base import Judge

__all__ = ["CarefulRecogniser", "Work", "WorkThread"]

Result = TypeVar("Result")


class CarefulRecogniser(Protocol):
    """``interviewer.speech.recognition.RecordRecogniser``: blocking, with word times from the first sample given."""

    model: str

    def load(self) -> object: ...

    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition: ...


class WorkThread:
    """One thread for all heavy work, so that two jobs do not fight over the processor and the event loop stays free.

    A daemon: a worker that is told to stop does not wait minutes for a transcription whose job is retried anyway.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[Future[object], Callable[[], object]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="work", daemon=True).start()

    async def run(self, work: Callable[[], Result]) -> Result:
        future: Future[Result] = Future()
        self._tasks.put((future, work))  # type: ignore[arg-type]  # the queue mixes results of all types
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while True:
            future, work = self._tasks.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
                future.set_exception(error)
            else:
                future.set_result(result)


@dataclass(slots=True)
class Work:
    """``recordings`` holds a folder for each interview, named by its id, and ``journals`` a file. ``node`` is the name
    under which live interviews of this machine run. ``make_judge`` may load a model; it is called on the work thread,
    once."""

    database: Database
    objects: ObjectStore
    recordings: Path
    journals: Path
    recogniser: CarefulRecogniser
    make_judge: Callable[[], Judge]
    node: str = "local"
    unchecked_after_s: float = 24 * 3600.0
    thread: WorkThread = field(default_factory=WorkThread)
    _judge: Judge | None = None

    def judge(self) -> Judge:
        """On the work thread."""
        if self._judge is None:
            self._judge = self.make_judge()
        return self._judge
