"""A candidate who goes on by the same link wherever the interview is: as the page does, pins and refusals followed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import jiwer
import numpy as np
import numpy.typing as npt

from tests.benchmarks.network.caller import Caller, ClockedMicrophone
from tests.benchmarks.network.interview import Answer
from tests.clips import plain
from tests.media.relay import Relay

__all__ = ["Candidate", "is_loud", "kept", "loudness", "rest"]

Sound = npt.NDArray[np.int16]
NO_SOUND: Sound = np.zeros(0, np.int16)

RATE = 48_000
THINK_S = 0.7
AGAIN_S = 25.0
"""Of silence after a reconnection, with the same question open and all said: Melvin still waits for an answer."""
DOOR_S = 0.5
"""Who speaks this shortly before the connection is taken away speaks into a closing door."""
FRAME = RATE // 100
PAUSE_S = 0.12
"""Silence as between phrases: who was cut off begins again after the last one."""


class Candidate:
    """``hold`` runs the whole interview in a thread of its own. ``nodes``: addresses that the address of all leads to,
    the first of them first."""

    def __init__(self, link: str, answers: Sequence[Answer], nodes: Sequence[str] = ()) -> None:
        self.origin, _, token = link.partition("/i/")
        self.interview_id = ""
        self.joined = threading.Event()
        self.over = False
        self.mid_word = 0
        """How often the connection was taken away while the candidate spoke."""
        self.in_pause = 0
        """And how often in a pause of an answer that went on."""
        self.said_again = 0
        """How often Melvin still waited for an answer that had been given."""
        self.not_waited_for = 0
        """How often Melvin went on to another question, or ended, with the rest of an answer unsaid."""
        self.away_s = 0.0
        """From the end of the first connection to the first state by the second."""
        self.connections = 0
        self._path = f"/i/{token}"
        self._answers = answers
        self._nodes = list(nodes) or [self.origin]
        self._pin: tuple[str, str] | None = None
        self._state: dict[str, Any] = {}
        self._gone_at: float | None = None
        self._farewell = False

    def hold(self, seconds: float) -> None:
        asyncio.run(self._hold(seconds))

    def gone(self) -> None:
        """The server is dead, or has said goodbye, as of now."""
        if self._gone_at is None and not self.over:
            self._gone_at = time.monotonic()

    def _take(self, message: dict[str, Any]) -> None:
        match message["t"]:
            case "moving":  # nothing is heard from now on
                self._farewell = True
                self._state = {}
                self.gone()
            case "reconnect":
                self._pin = None
                self._farewell = True
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
        asked, connection, silent_since = "", caller.connections, time.monotonic()
        unsaid = NO_SOUND
        while not self.over:
            await asyncio.sleep(0.05)
            question = self._state.get("question") or {}
            if self._state.get("phase") != "listening" or not caller.connected or not question:
                silent_since = time.monotonic()
                continue
            if question["id"] != asked:
                self.not_waited_for += len(unsaid) > 0
                asked, unsaid = question["id"], self._answers[question["number"] - 1].sound
            elif not len(unsaid):
                if caller.connections == connection or time.monotonic() - silent_since < AGAIN_S:
                    continue
                self.said_again += 1
                unsaid = self._answers[question["number"] - 1].sound
            whole = self._answers[question["number"] - 1].sound
            await asyncio.sleep(THINK_S)
            if self._state.get("phase") != "listening" or not caller.connected:
                continue  # Melvin, or the loss of the connection, was first
            connection = caller.connections
            unsaid = await self._speak(caller, unsaid, whole)
            silent_since = time.monotonic()
        self.not_waited_for += len(unsaid) > 0

    async def _speak(self, caller: Caller, sound: Sound, whole: Sound) -> Sound:
        """What is still to be said: nothing; after a goodbye what follows, from the beginning of a phrase that was cut;
        and all of the answer where the connection was just gone, for nobody knows then what was heard."""
        began = time.monotonic()
        ends = caller.speech.say(sound)
        before = self._gone_at
        while time.monotonic() < ends and caller.connected and self._gone_at == before:  # noqa: ASYNC110 - any of three
            await asyncio.sleep(0.02)
        while caller.connected and self._gone_at != before and not self._farewell:  # noqa: ASYNC110 - they know nothing
            await asyncio.sleep(0.02)
        caller.speech.stop()
        if self._gone_at == before and caller.connected:
            return NO_SOUND
        at = round(((self._gone_at or time.monotonic()) - began) * RATE)
        loud = loudness(whole)
        cut = bool(is_loud(sound[max(0, at - round(DOOR_S * RATE)) : at], loud).any())
        left = bool(is_loud(sound[at:], loud).any())
        self.mid_word += cut
        self.in_pause += left and not cut
        if not self._farewell:
            return whole
        return rest(sound, at, loud) if left or cut else NO_SOUND


def loudness(sound: Sound) -> float:
    """The level above which a 10 ms frame is speech: 20 dB below the 95th percentile of frames."""
    return float(np.percentile(_levels(sound), 95)) / 10


def is_loud(sound: Sound, loud: float) -> npt.NDArray[np.bool_]:
    """By frames of 10 ms."""
    levels: npt.NDArray[np.bool_] = _levels(sound) > loud
    return levels


def rest(sound: Sound, at: int, loud: float) -> Sound:
    """From the beginning of the phrase that ``at`` lies in, or of the next where it lies in a pause."""
    heard = is_loud(sound[:at], loud)
    least = round(PAUSE_S * RATE / FRAME)
    first = len(heard)
    while first > 0 and heard[max(0, first - least) : first].any():
        first -= 1
    return sound[first * FRAME :]


def _levels(sound: Sound) -> npt.NDArray[np.float64]:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels: npt.NDArray[np.float64] = np.sqrt((frames**2).mean(axis=1))
    return levels


def kept(said: str, heard: str) -> float:
    """The share of the words of ``said`` that are in ``heard``, in their order; what stands between them is free."""
    words = jiwer.process_words(plain(said), plain(heard) or "-")
    return words.hits / max(1, words.hits + words.substitutions + words.deletions)
