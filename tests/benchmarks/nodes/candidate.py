"""A candidate who goes on by the same link wherever the interview is: as the page does, pins and refusals followed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import jiwer

from tests.benchmarks.network.caller import Caller, ClockedMicrophone
from tests.benchmarks.network.interview import Answer
from tests.clips import plain
from tests.media.relay import Relay

__all__ = ["Candidate", "kept"]

THINK_S = 0.7
AGAIN_S = 5.0
"""Of silence after a reconnection, with the same question open: then the answer did not get through."""
BEHIND_S = 0.3
"""How long a word may take to the server: a sentence that ended this long ago was not cut."""


class Candidate:
    """``hold`` runs the whole interview in a thread of its own. ``nodes``: addresses that the address of all leads to,
    the first of them first."""

    def __init__(self, link: str, answers: Sequence[Answer], nodes: Sequence[str] = ()) -> None:
        self.origin, _, token = link.partition("/i/")
        self.interview_id = ""
        self.joined = threading.Event()
        self.speaking = False
        self.over = False
        self.cut = 0
        """How often the connection was taken away while the candidate spoke."""
        self.away_s = 0.0
        """From the end of the first connection to the first state by the second."""
        self.connections = 0
        self._path = f"/i/{token}"
        self._answers = answers
        self._nodes = list(nodes) or [self.origin]
        self._pin: tuple[str, str] | None = None
        self._state: dict[str, Any] = {}
        self._gone_at: float | None = None

    def hold(self, seconds: float) -> None:
        asyncio.run(self._hold(seconds))

    def gone(self) -> None:
        """The server is dead, or has said goodbye, as of now."""
        if self._gone_at is None and not self.over:
            self._gone_at = time.monotonic()
            self.cut += self.speaking

    def _take(self, message: dict[str, Any]) -> None:
        match message["t"]:
            case "reconnect":
                self._pin = None
                self.gone()
            case "state":
                self._state = message
                if self._gone_at is not None and not self.away_s:
                    self.away_s = time.monotonic() - self._gone_at
            case "finished":
                self.over = True

    async def _hold(self, seconds: float) -> None:
        async with httpx.AsyncClient(headers={"Origin": self.origin}, timeout=30, trust_env=False) as http:
            notice = (await http.get(self.origin + self._path)).text
            notice_hash = notice.partition('name="notice_hash" value="')[2].partition('"')[0]
            await http.post(f"{self.origin}{self._path}/consent", data={"agree": "yes", "notice_hash": notice_hash})
            async with Relay() as relay, Caller(relay, self._signal(http), self._take) as caller:
                self.joined.set()
                try:
                    async with asyncio.timeout(seconds):
                        await self._answer_all(caller)
                except TimeoutError:
                    pass  # it is told as not completed
                self.connections = caller.connections

    def _signal(self, http: httpx.AsyncClient) -> Callable[[str, ClockedMicrophone], Awaitable[str]]:
        async def signal(offer: str, microphone: ClockedMicrophone) -> str:
            address, pin = self._pin or (self._nodes[0], "")
            headers = {"Content-Type": "application/sdp", "X-Tab": "benchmark", **({"X-Node": pin} if pin else {})}
            try:
                reply = await http.post(f"{address}{self._path}/offer?as=json", content=offer, headers=headers)
            except httpx.TransportError as error:
                self._pin = None
                self._nodes.append(self._nodes.pop(0))  # the address of all leads to another
                raise ConnectionError(str(error)) from error
            told = reply.json()
            self._pin = (told["address"], told["node"]) if "address" in told else None
            if reply.status_code != 201:
                raise ConnectionError(reply.text)
            return str(told["sdp"])

        return signal

    async def _answer_all(self, caller: Caller) -> None:
        answered, connection, silent_since = "", caller.connections, time.monotonic()
        while not self.over:
            await asyncio.sleep(0.05)
            question = (self._state.get("question") or {}).get("id", "")
            if self._state.get("phase") != "listening" or not caller.connected:
                silent_since = time.monotonic()
                continue
            lost = caller.connections != connection and time.monotonic() - silent_since > AGAIN_S
            if not question or (question == answered and not lost):
                continue
            await asyncio.sleep(THINK_S)
            connection, answered = caller.connections, question
            ends = caller.speech.say(self._answers[self._state["question"]["number"] - 1].sound)
            self.speaking = True
            while time.monotonic() < ends + BEHIND_S and caller.connected:  # noqa: ASYNC110 - either of two things
                await asyncio.sleep(0.05)
            self.speaking = False
            caller.speech.stop()
            silent_since = time.monotonic()


def kept(said: str, heard: str) -> float:
    """The share of the words of ``said`` that are in ``heard``, in their order; what stands between them is free."""
    words = jiwer.process_words(plain(said), plain(heard) or "-")
    return words.hits / max(1, words.hits + words.substitutions + words.deletions)
