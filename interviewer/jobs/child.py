"""The worker that ``interviewer serve`` brings along: a child process, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Mapping, Sequence

import structlog

__all__ = ["WorkerChild", "end_with_parent"]

STOP_S = 10.0
LONGEST_PAUSE_S = 30.0

log = structlog.get_logger(__name__)


class WorkerChild:
    """``command`` runs a worker that calls :func:`end_with_parent`; ``environment`` is added to ours."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = tuple(command)
        self._environment = {**os.environ, **environment}
        self._keeper: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="keep the worker")

    async def close(self) -> None:
        """Let the job under way go: it is retried, and its result is stored once."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        child = self._child
        if child is None or child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await child.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _keep(self) -> None:
        pause = 1.0
        while True:
            # Our end of its standard input closes when we die, however we die; that tells it to stop.
            try:
                self._child = await asyncio.create_subprocess_exec(
                    *self._command, stdin=asyncio.subprocess.PIPE, env=self._environment
                )
            except OSError as error:  # no memory, no process or no file is left for it just now
                log.error("the worker could not be started", reason=str(error), in_s=LONGEST_PAUSE_S)
                await asyncio.sleep(LONGEST_PAUSE_S)
                continue
            began = asyncio.get_running_loop().time()
            code = await self._child.wait()
            lived = asyncio.get_running_loop().time() - began
            pause = 1.0 if lived > LONGEST_PAUSE_S else min(pause * 2, LONGEST_PAUSE_S)
            self.restarts += 1
            log.warning("the worker ended; starting it again", exit_code=code, lived_s=round(lived, 1), in_s=pause)
            await asyncio.sleep(pause)


def end_with_parent() -> None:
    """Called in the worker: ask this process to stop when standard input ends."""

    def watch() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock, held here, would break the interpreter's own end
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()
