"""Stands in for the running interviews where the pages' own behaviour is tested: it says what it is told to say."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interviewer.http.rooms import Link
from interviewer.live.lobby import Place

__all__ = ["ScriptedJobs", "ScriptedLive"]

ANSWER = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


@dataclass
class ScriptedLive:
    """``refusal`` is raised by the next calls; ``sent`` is what attached pages get on joining, ``places`` what pages
    in the lobby are told one after the other."""

    refusal: Exception | None = None
    at: Callable[[], int] | None = None
    """The interview's clock, as pongs tell it; None where they do not."""
    on_join: tuple[dict[str, Any], ...] = ()
    offers: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[tuple[str, str, str, str]] = field(default_factory=list)
    sent_as: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    detached: list[Link] = field(default_factory=list)
    places: asyncio.Queue[Place | None] = field(default_factory=asyncio.Queue)
    asked: list[tuple[bool, Place | None]] = field(default_factory=list)
    gave_up: asyncio.Event = field(default_factory=asyncio.Event)

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    async def offer(self, interview_id: str, sdp: str, tab: str) -> str:
        self._refuse()
        self.offers.append((interview_id, sdp, tab))
        return ANSWER

    async def attach(self, interview_id: str, link: Link, tab: str) -> None:
        self._refuse()
        self.links.append(link)
        for message in self.on_join:
            link.send(message)

    async def place(self, interview_id: str, *, sound: bool, knows: Place | None) -> Place | None:
        self.asked.append((sound, knows))
        try:
            told = await self.places.get()
        except asyncio.CancelledError:
            self.gave_up.set()
            raise
        self.refusal = self.refusal if told else None
        return told

    async def detach(self, interview_id: str, link: Link) -> None:
        self.detached.append(link)

    async def receive(self, interview_id: str, link: Link, message: dict[str, Any]) -> None:
        self.received.append(message)
        if message["t"] == "ping":
            link.send({"t": "pong", "n": message["n"], **({} if self.at is None else {"at": self.at()})})

    async def typed(self, interview_id: str, question_id: str, text: str, sent_as: str = "") -> None:
        self._refuse()
        self.texts.append(("typed", interview_id, question_id, text))
        self.sent_as.append(sent_as)

    async def draft(self, interview_id: str, question_id: str, text: str) -> None:
        self._refuse()
        self.texts.append(("draft", interview_id, question_id, text))

    async def state(self, interview_id: str) -> dict[str, Any]:
        return {"t": "state", "phase": "waiting"}

    async def sound_check(self) -> bytes:
        """A tenth of a second of silence."""
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(48_000)
            sound.writeframes(bytes(9_600))
        return file.getvalue()

    async def connection_test(self, sdp: str) -> str:
        self._refuse()
        return ANSWER


@dataclass
class ScriptedJobs:
    deferred: list[tuple[str, str]] = field(default_factory=list)

    async def defer_finalise(self, interview_id: str) -> None:
        self.deferred.append(("finalise", interview_id))

    async def defer_score(self, interview_id: str) -> None:
        self.deferred.append(("score", interview_id))

    async def defer_camera(self, interview_id: str) -> None:
        self.deferred.append(("camera", interview_id))

    async def try_again(self, interview_id: str) -> bool:
        self.deferred.append(("again", interview_id))
        return True
