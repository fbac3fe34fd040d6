"""A model in a process of its own, with a queue by priority in front of it.

The process starts again when it dies, and ends when its parent does, because its standard input ends then. A request
that was under way when the process died is tried once more, and refused after that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from interviewer.speech.messages import LINE_LIMIT, Message, encode, receive
from interviewer.speech.request_queue import Request, RequestQueue, Unwanted

__all__ = ["ModelError", "ModelGone", "ModelProcess", "Program", "Progress", "Unwanted"]

Progress = Callable[[str], None]

_ATTEMPTS = 2
_LONGEST_PAUSE_S = 30.0
_CLOSE_S = 3.0
_SOURCE = Path(__file__).resolve().parents[2]

log = structlog.get_logger(__name__)


class ModelError(RuntimeError):
    """The model refused this request; it goes on serving others."""


class ModelGone(RuntimeError):
    """The process could not be started, died on this request twice, ran out of time on it, or was closed."""


@dataclass(frozen=True, slots=True)
class Program:
    """``module`` is run with ``python -m`` and serves requests through :func:`interviewer.speech.child.serve`."""

    module: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 1
    nice: int = 0
    start_timeout_s: float = 180.0

    def environment(self) -> dict[str, str]:
        """One thread pool of the size asked for. More threads than cores make every model slower, not faster."""
        search = [str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
        pools = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
        # Waiting threads sleep: spinning ones cost twice the time where other work is on the same cores.
        waiting = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
        threads = {"OMP_NUM_THREADS": str(self.threads)}
        # oneDNN keeps the code it makes for each length of sound, of the last 1,024: 15 MB more with every ten minutes
        # of speech, and no time saved that can be measured.
        kept_code = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "8"}
        return {**os.environ, **pools, **waiting, **threads, **kept_code, "PYTHONPATH": os.pathsep.join(search)}


class ModelProcess:
    """Call :meth:`start` before :meth:`call`, both on the same event loop. Requests of priority ``polite_from`` and
    less urgent ones take at most half of the process's time."""

    def __init__(self, program: Program, polite_from: int | None = None) -> None:
        self.program = program
        self.info: Mapping[str, Any] = {}
        self.restarts = 0
        self._queue = RequestQueue(polite_from)
        self._arrived = asyncio.Event()
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """None while the process is away."""
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    def count(self, priority: int) -> int:
        """Requests of this priority or a more urgent one, waiting or under way."""
        return self._queue.count(priority)

    async def start(self, progress: Progress | None = None) -> None:
        """Return when the model is loaded. Raises :class:`ModelGone` with what the process said."""
        if self._keeper is not None:
            return
        child = await self._launch(progress)
        self._keeper = asyncio.create_task(self._keep(child), name=f"keep {self.program.module}")

    async def call(
        self,
        request: Mapping[str, Any],
        payload: bytes = b"",
        *,
        priority: int = 0,
        timeout_s: float = 120.0,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Message:
        """Lower ``priority`` comes first, equal ones in order of arrival. A caller that is cancelled while it waits
        leaves the queue. ``timeout_s`` counts from when the process takes the request; then the process is killed.
        ``wanted`` is asked just before: where it says no, the request is dropped and :class:`Unwanted` raised."""
        if self._closed or self._keeper is None:
            raise ModelGone(f"{self.program.module} is not running")
        reply_to: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._queue.add(encode(request, payload), priority, timeout_s, wanted, reply_to)
        self._arrived.set()
        reply = await reply_to
        if "error" in reply.header:
            raise ModelError(str(reply.header["error"]))
        return reply

    async def close(self) -> None:
        self._closed = True
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        if self._child is not None:
            await _end(self._child)
        self._queue.clear(ModelGone(f"{self.program.module} was closed"))

    async def _launch(self, progress: Progress | None) -> asyncio.subprocess.Process:
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.program.module,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                env=self.program.environment(), limit=LINE_LIMIT,
            )  # fmt: skip
        except OSError as error:  # no memory, no process or no file is left for it just now
            raise ModelGone(f"{self.program.module} could not be started: {error}") from error
        requests, replies = _pipes(child)
        try:
            async with asyncio.timeout(self.program.start_timeout_s):
                requests.write(encode({**self.program.settings, "nice": self.program.nice}))
                await requests.drain()
                while True:
                    message = await receive(replies)
                    if message is None:
                        raise ModelGone(f"{self.program.module} ended while it was loading")
                    if "failed" in message.header:
                        raise ModelGone(f"{self.program.module} could not load: {message.header['failed']}")
                    if "ready" in message.header:
                        break
                    if progress is not None:
                        progress(str(message.header.get("progress", "")))
        except TimeoutError:
            await _end(child)
            raise ModelGone(f"{self.program.module} did not load in {self.program.start_timeout_s:.0f} s") from None
        except (ModelGone, OSError, ValueError, asyncio.CancelledError) as error:
            await _end(child)
            if isinstance(error, ModelGone | asyncio.CancelledError):
                raise
            raise ModelGone(f"{self.program.module} could not be started: {error}") from error
        self._child = child
        self.info = message.header["ready"]
        return child

    async def _keep(self, child: asyncio.subprocess.Process) -> None:
        """Serve; when the process dies start it again, with growing pauses while it does not stay up."""
        pause = 0.0
        while True:
            born = time.monotonic()
            await self._serve(child)
            log.warning("model process died", module=self.program.module, returncode=child.returncode)
            pause = 0.0 if time.monotonic() - born > _LONGEST_PAUSE_S else pause
            while True:
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE_S, pause * 2 or 0.25)
                try:
                    child = await self._launch(None)
                    break
                except ModelGone as error:
                    log.error("model process did not come back", module=self.program.module, reason=str(error))
                    self._queue.clear(error)
            self.restarts += 1

    async def _serve(self, child: asyncio.subprocess.Process) -> None:
        """Hand requests over one at a time; return when the process is dead."""
        requests, replies = _pipes(child)
        reading = asyncio.create_task(receive(replies))
        request: Request | None = None
        try:
            while True:
                request = await self._next(reading)
                if request is None:
                    return
                began = time.monotonic()
                request.attempts += 1
                with contextlib.suppress(ConnectionError):  # then the read below ends as well
                    requests.write(request.data)
                    await requests.drain()
                done, _ = await asyncio.wait({reading}, timeout=request.timeout_s)
                self._queue.finished(request, began, time.monotonic())
                if not done:
                    request.fail(ModelGone(f"{self.program.module} took longer than {request.timeout_s:.0f} s"))
                    return
                reply = _result(reading)
                if reply is None:
                    if request.attempts < _ATTEMPTS:
                        self._queue.again(request)
                        self._arrived.set()
                    else:
                        request.fail(ModelGone(f"{self.program.module} died on this request twice"))
                    return
                if not request.reply.done():
                    request.reply.set_result(reply)
                request = None
                reading = asyncio.create_task(receive(replies))
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, ValueError):
                await reading
            if request is not None and self._closed:
                request.fail(ModelGone(f"{self.program.module} was closed"))
            await _end(child)

    async def _next(self, reading: asyncio.Task[Message | None]) -> Request | None:
        """The next request, or None when the process died while it was idle."""
        while True:
            now = time.monotonic()
            request = self._queue.take(now)
            if request is not None:
                return request
            self._arrived.clear()
            arrival = asyncio.create_task(self._arrived.wait())
            try:
                await asyncio.wait(
                    {arrival, reading}, timeout=self._queue.rest_s(now), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                arrival.cancel()
            if reading.done():
                return None


def _pipes(child: asyncio.subprocess.Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("a model's process is started with pipes")
    return child.stdin, child.stdout


def _result(reading: asyncio.Task[Message | None]) -> Message | None:
    try:
        return reading.result()
    except ValueError:  # the process wrote something that is no message: as good as dead
        return None


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ask by closing its input, then insist. Reaps the process in every case."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_CLOSE_S):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
