"""A candidate who goes on by the same link wherever the interview is: as the page does, pins and refusals followed.

Whoever is speaking when the connection is taken away speaks on to the end of the answer, as the page asks them to: it
records what they say, and sends it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt

from tests.benchmarks.network.caller import Caller, ClockedMicrophone
from tests.benchmarks.network.interview import Answer
from tests.benchmarks.network.own_recording import OwnRecording
from tests.media.relay import Relay

__all__ = ["Candidate", "loud_frames"]

Sound = npt.NDArray[np.int16]

RATE = 48_000
THINK_S = 0.7
AGAIN_S = 25.0
"""Of silence after a reconnection, with the same question open and all said: Melvin still waits for an answer."""
DOOR_S = 0.5
"""Who speaks this shortly before the connection is taken away is in the middle of a word, or between two."""
SENT_S = 60.0
"""For the last of the page's own recording, once the interview is over."""
FRAME = RATE // 100


class Candidate:
    """``hold`` runs the whole interview in a thread of its own. ``nodes``: addresses that the address of all leads to,
    the first of them first."""

    def __init__(self, link: str, answers: Sequence[Answer], nodes: Sequence[str] = ()) -> None:
        self.origin, _, token = link.partition("/i/")
        self.interview_id = ""
        self.joined = threading.Event()
        self.over = False
        self.in_speech = 0
        """How often the connection was taken away while the candidate spoke."""
        self.in_pause = 0
        """And how often in a pause of an answer that went on."""
        self.said_again = 0
        """How often Melvin still waited for an answer that had been given."""
        self.cut_into: dict[int, float] = {}
        """Answers, by the number of their question, that Melvin did not let be finished; and when, on the monotonic
        clock. What was unsaid then was never said."""
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

    def _take(self, message: dict[str, Any]) -> None:
        match message["t"]:
            case "moving":  # nothing is heard from now on
                self._state = {}
                self.gone()
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
            base = self.origin + self._path
            notice_hash = (await http.get(base)).text.partition('name="notice_hash" value="')[2].partition('"')[0]
            await http.post(f"{base}/consent", data={"agree": "yes", "notice_hash": notice_hash})
            async with (
                Relay() as relay,
                Caller(
                    relay, self._signal(http), self._take, lambda speech: OwnRecording(http, base, speech.at)
                ) as caller,
            ):
                assert caller.recording is not None
                recording = asyncio.create_task(caller.recording.record(), name="record")
                self.joined.set()
                try:
                    async with asyncio.timeout(seconds):
                        await self._answer_all(caller)
                    caller.recording.end()
                    async with asyncio.timeout(SENT_S):
                        await recording
                except TimeoutError:
                    pass  # it is told as not completed, or as words that are missing
                finally:
                    recording.cancel()
                    await asyncio.gather(recording, return_exceptions=True)
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
            question = self._asked(caller)
            if not question:
                silent_since = time.monotonic()
                continue
            again = question["id"] == answered
            if again and (caller.connections == connection or time.monotonic() - silent_since < AGAIN_S):
                continue
            await asyncio.sleep(THINK_S)
            if self._asked(caller).get("id") != question["id"]:
                continue  # Melvin, or the loss of the connection, was first
            self.said_again += again
            answered, connection = question["id"], caller.connections
            await self._speak(caller, question, self._answers[question["number"] - 1].sound)
            silent_since = time.monotonic()

    def _asked(self, caller: Caller) -> dict[str, Any]:
        """The question that Melvin waits for an answer to; empty where there is none."""
        listening = self._state.get("phase") == "listening" and caller.connected
        return (self._state.get("question") or {}) if listening else {}

    async def _speak(self, caller: Caller, question: dict[str, Any], sound: Sound) -> None:
        """To the end, whether a connection stands or not; who is asked something else meanwhile stops."""
        loud = loud_frames(sound)
        began = time.monotonic()
        ends, gone_at = caller.speech.say(sound), self._gone_at
        while time.monotonic() < ends:
            await asyncio.sleep(0.02)
            if self._gone_at != gone_at:
                gone_at = self._gone_at
                self._interrupted(loud, round(((gone_at or 0.0) - began) * RATE / FRAME))
            now_asked = (self._state.get("question") or question)["id"]
            left = loud[round((time.monotonic() - began) * RATE / FRAME) :]
            if (self.over or now_asked != question["id"]) and left.any():
                self.cut_into.setdefault(question["number"], time.monotonic())
                break
        caller.speech.stop()

    def _interrupted(self, loud: npt.NDArray[np.bool_], at: int) -> None:
        """The connection was taken away in frame ``at`` of the answer."""
        speaking = bool(loud[max(0, at - round(DOOR_S * RATE / FRAME)) : at].any())
        self.in_speech += speaking
        self.in_pause += not speaking and bool(loud[at:].any())


def loud_frames(sound: Sound) -> npt.NDArray[np.bool_]:
    """Which frames of 10 ms are speech: those within 20 dB of the 95th percentile of frames."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels = np.sqrt((frames**2).mean(axis=1))
    out: npt.NDArray[np.bool_] = levels > np.percentile(levels, 95) / 10
    return out
