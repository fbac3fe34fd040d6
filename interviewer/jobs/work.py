"""What jobs work with: database, objects, recordings, and the models, each loaded at its first use."""

from __future__ import annotations

import asyncio
import gc
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from interviewer.jobs.answers_to_score import Questions
from interviewer.jobs.endpoint import EndpointTurns
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.speech.whisper import Recognition
from scoring.judges.base import Judge
from scoring.remembered import RememberingEmbedder

__all__ = ["CarefulRecogniser", "NoSuchJudge", "Work", "WorkThread"]

Result = TypeVar("Result")


class CarefulRecogniser(Protocol):
    """``interviewer.speech.recognition.RecordRecogniser``: blocking, with word times from the first sample given."""

    model: str

    def load(self) -> object: ...

    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition: ...


class NoSuchJudge(Exception):
    """This worker's settings have not what a judge of that kind needs."""


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
    once. ``judge_kind`` is the kind it makes; ``other_judges`` makes those of other kinds that this worker has what it
    takes for.

    ``embedder`` is the one that the embedded judge reads with; ``turns`` keeps to the limits of the endpoint that chat
    judges ask, and ``waiters`` are the threads on which they wait for it."""

    database: Database
    objects: ObjectStore
    recordings: Path
    journals: Path
    recogniser: CarefulRecogniser
    make_judge: Callable[[], Judge]
    node: str = "local"
    unchecked_after_s: float = 24 * 3600.0
    judge_kind: str = "embedded"
    other_judges: Mapping[str, Callable[[], Judge]] = field(default_factory=dict)
    embedder: RememberingEmbedder | None = None
    turns: EndpointTurns | None = None
    thread: WorkThread = field(default_factory=WorkThread)
    questions: dict[str, Questions] = field(default_factory=dict)
    """By scoring run."""
    resting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while scoring runs leave this machine to an interview."""
    _waiters: list[WorkThread] = field(default_factory=list)
    _judges: dict[str, Judge] = field(default_factory=dict)
    _settled: bool = False

    def judge(self, kind: str | None = None) -> Judge:
        """On the work thread. Raises :class:`NoSuchJudge`."""
        kind = kind or self.judge_kind
        if kind not in self._judges:
            make = self.make_judge if kind == self.judge_kind else self.other_judges.get(kind)
            if make is None:
                raise NoSuchJudge(kind)
            self._judges[kind] = make()
        return self._judges[kind]

    def settle(self) -> None:
        """Once, when the models have been used: what stays for ever is left alone by the collector from now on. It
        walked over a million such objects again and again, which took as long as all else around the judge."""
        if not self._settled:
            self._settled = True
            gc.collect()
            gc.freeze()

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Around each question to a judge that may ask an endpoint."""
        return nullcontext() if self.turns is None else self.turns.turn()

    @property
    def waiters(self) -> list[WorkThread]:
        """As many as one worker may send requests at once."""
        if not self._waiters:
            self._waiters = [WorkThread() for _ in range(self.turns.limits.slots if self.turns else 1)]
        return self._waiters
