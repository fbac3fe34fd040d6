"""A candidate who answers two questions, and goes on by the same link when the server has died in between."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interviewer.media.recording import CANDIDATE, received
from tests.benchmarks.network.caller import Caller
from tests.benchmarks.network.interview import Answer, signalling
from tests.media.relay import Relay

__all__ = ["Talk"]

RATE = 16_000
THINK_S = 0.7
AGAIN_S = 2.0
"""Of silence after a reconnection, with the same question open: then the answer did not get through."""
LOOK_S = 0.1


class Talk:
    """``hold`` runs the whole interview in a thread of its own; the other methods are for whoever kills the server."""

    def __init__(self, link: str, answers: Sequence[Answer], recordings: Path) -> None:
        self.interview_id = ""
        self.joined = threading.Event()
        self.lost_s: float | None = None
        """Seconds of sound that were sent and are not in the recording; None where nothing was recorded yet."""
        self.asked_twice = 0
        self.connections = 0
        self.away_s = 0.0
        self.phase = ""
        self._link = link
        self._answers = answers
        self._recordings = recordings
        self._state: dict[str, Any] = {}
        self._over = False
        self._least_lag: float | None = None
        self._killed_at: float | None = None

    def hold(self, seconds: float) -> None:
        asyncio.run(self._hold(seconds))

    def watch_for(self, seconds: float, others: Sequence[Talk] = ()) -> None:
        """Sleep so long, and see how far the recordings are behind."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for talk in (self, *others):
                lag = talk._lag()
                if lag is not None:
                    talk._least_lag = lag if talk._least_lag is None else min(talk._least_lag, lag)
            time.sleep(LOOK_S)

    def killed(self) -> None:
        """The server is dead as of now."""
        self._killed_at = time.monotonic()
        self.phase = f"question {(self._state.get('question') or {}).get('number', 0)}, {self._state.get('phase')}"
        lag = self._lag()
        if lag is not None and self._least_lag is not None and not self._over:
            self.lost_s = max(0.0, lag - self._least_lag)

    def _lag(self) -> float | None:
        """Now, less the end of the recording; only differences of it mean anything."""
        spans = received(self._recordings / self.interview_id, CANDIDATE) if self.interview_id else []
        return time.monotonic() - spans[-1][1] / RATE if spans else None

    def _take(self, message: dict[str, Any]) -> None:
        if message["t"] == "state":
            self._state = message
        elif message["t"] == "finished":
            self._over = True
        if self._killed_at is not None and not self.away_s:
            self.away_s = time.monotonic() - self._killed_at

    async def _hold(self, seconds: float) -> None:
        async with signalling(self._link) as signal, Relay() as relay, Caller(relay, signal, self._take) as caller:
            self.joined.set()
            try:
                async with asyncio.timeout(seconds):
                    await self._answer_all(caller)
            except TimeoutError:
                pass  # it is told as not completed
            self.connections = caller.connections

    async def _answer_all(self, caller: Caller) -> None:
        answered = ""
        connection = caller.connections
        silent_since = time.monotonic()
        while not self._over:
            await asyncio.sleep(0.05)
            question = (self._state.get("question") or {}).get("id", "")
            listening = self._state.get("phase") == "listening" and caller.connected
            if not listening:
                silent_since = time.monotonic()
                continue
            lost = caller.connections != connection and time.monotonic() - silent_since > AGAIN_S
            if question and (question != answered or lost):
                sound = self._answers[self._state["question"]["number"] - 1].sound  # the state may change meanwhile
                await asyncio.sleep(THINK_S)
                connection, answered = caller.connections, question
                ends = caller.speech.say(sound)
                while time.monotonic() < ends and caller.connected:  # noqa: ASYNC110 - either of two things
                    await asyncio.sleep(0.05)
                caller.speech.stop()
                silent_since = time.monotonic()
