"""Whole interviews over a bad network, with the service as a process of its own, and their record transcripts."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt

from interviewer.plans.library import default_folder
from tests.benchmarks.network.caller import Caller, ClockedMicrophone
from tests.benchmarks.network.conditions import Condition
from tests.clips import word_error_rate
from tests.end_to_end.service import RunningService
from tests.media.relay import CLEAN, Relay

__all__ = [
    "PLAN", "Answer", "Held", "hold", "invite", "prompts_with", "record_transcript", "record_turns", "signalling",
]  # fmt: skip

PLAN = "network-check"
SCORED_S = 300.0
PROMPT_S = 60.0
"""A next question that has not come by then does not come: the interview counts as not completed."""
DEFINITION = """\
plan: network-check
version: 1
title: Network check
summary: Spoken questions without probes, for measuring what a bad network does to an interview.
minutes: 5
vocabulary: [none]
questions:
"""
QUESTION = """\
  - id: question-{n}
    title: Question {n}
    text: {text}
    rephrase: Say anything that comes to your mind.
    rubric: careful-work
    time_limit_s: 180
    max_probes: 0
    probes:
      - id: more
        text: Is there more?
        covers: []
"""
TEXTS = ("Please tell me about something.", "Now tell me about something else.", "And please tell me one thing more.")


@dataclass(frozen=True, slots=True)
class Answer:
    """``sound``: 48 kHz mono."""

    text: str
    sound: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Held:
    """``ended``: the status and the reason, as the service has them. ``error_rate``: 0 to 1, of the record
    transcript against what was said."""

    ended: tuple[str, str]
    error_rate: float
    connections: int
    heard: str

    @property
    def completed(self) -> bool:
        return self.ended[1] == "completed"


def hold(conditions: Sequence[Condition], answers: Sequence[Answer], seed: int, at_once: int) -> dict[str, Held]:
    """One interview for each condition, ``at_once`` of them, by the name of the condition."""
    folder = Path(tempfile.mkdtemp(prefix="melvin-network-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    prompts = prompts_with(folder, len(TEXTS))
    # Who is let in is not asked here: the next one would wait in the lobby of a busy machine.
    service = RunningService(folder, extra={"MELVIN_PROMPTS_FOLDER": str(prompts), "MELVIN_ADMISSION": "fixed"})
    try:
        service.start()
        with service.api() as api:
            invitations = [invite(api) for _ in conditions]
            with ThreadPoolExecutor(at_once) as threads:
                running = [
                    threads.submit(_talked, invitation["link"], condition, answers, seed + n)
                    for n, (invitation, condition) in enumerate(zip(invitations, conditions, strict=True))
                ]
                connections = [future.result() for future in running]
            ids = {row["invitation_id"]: row["id"] for row in api.get("/interviews").json()["data"]}
            return {
                c.name: _held(api, ids[invitation["id"]], answers, count)
                for c, invitation, count in zip(conditions, invitations, connections, strict=True)
            }
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _talked(link: str, condition: Condition, answers: Sequence[Answer], seed: int) -> int:
    return asyncio.run(_talk(link, condition, answers, seed))


def prompts_with(folder: Path, count: int) -> Path:
    """A folder of prompts in ``folder`` that has the plan, with so many questions."""
    prompts = folder / "prompts"
    shutil.copytree(default_folder(), prompts)
    questions = "".join(QUESTION.format(n=n + 1, text=TEXTS[n % len(TEXTS)]) for n in range(count))
    (prompts / "plans" / f"{PLAN}.yaml").write_text(DEFINITION + questions, "utf-8")
    return prompts


@dataclass(slots=True)
class _Page:
    """What the page has been told."""

    state: dict[str, Any] = field(default_factory=dict)
    over: bool = False

    def take(self, message: dict[str, Any]) -> None:
        if message["t"] == "state":
            self.state = message
        elif message["t"] == "finished":
            self.over = True

    async def asked(self, before: str, seconds: float) -> str | None:
        """The question that is open now and is not ``before``; None where it is over or not within ``seconds``."""
        deadline = time.monotonic() + seconds
        while not self.over and time.monotonic() < deadline:
            if self.state.get("phase") == "listening" and self.state["asked"] not in ("", before):
                return str(self.state["asked"])
            await asyncio.sleep(0.05)
        return None


def invite(api: httpx.Client) -> dict[str, Any]:
    reply = api.post("/invitations", json={"plan": {"name": PLAN}, "candidate": {"name": "Test"}})
    assert reply.status_code == 201, reply.text
    invitation: dict[str, Any] = reply.json()
    return invitation


def _held(api: httpx.Client, interview_id: str, answers: Sequence[Answer], connections: int) -> Held:
    heard = record_transcript(api, interview_id)
    row = api.get(f"/interviews/{interview_id}").json()
    said = " ".join(a.text for a in answers)
    return Held((row["status"], row["end_reason"] or ""), word_error_rate(said, heard), connections, heard)


@asynccontextmanager
async def signalling(link: str) -> AsyncIterator[Callable[[str, ClockedMicrophone], Awaitable[str]]]:
    """Consents, and gives the way to make an offer, as the page does it."""
    async with httpx.AsyncClient(headers={"Origin": link.partition("/i/")[0]}, timeout=30, trust_env=False) as http:

        async def signal(offer: str, microphone: ClockedMicrophone) -> str:
            headers = {"Content-Type": "application/sdp", "X-Tab": "benchmark"}
            try:
                reply = await http.post(f"{link}/offer", content=offer, headers=headers)
            except httpx.TransportError as error:
                raise ConnectionError(str(error)) from error
            if reply.status_code != 201:  # busy, or too many tries: the page tries again too
                raise ConnectionError(reply.text)
            return reply.text

        notice = (await http.get(link)).text.partition('name="notice_hash" value="')[2].partition('"')[0]
        await http.post(f"{link}/consent", data={"agree": "yes", "notice_hash": notice})
        yield signal


async def _talk(link: str, condition: Condition, answers: Sequence[Answer], seed: int) -> int:
    """The whole interview; the connections that it took."""
    page = _Page()
    async with signalling(link) as signal, Relay(seed) as relay, Caller(relay, signal, page.take) as caller:
        await _answer_all(page, caller, relay, condition, answers)
        return caller.connections


async def _answer_all(
    page: _Page, caller: Caller, relay: Relay, condition: Condition, answers: Sequence[Answer]
) -> None:
    asked: str | None = ""
    for n, answer in enumerate(answers):
        asked = await page.asked(asked or "", PROMPT_S)
        if page.over:
            return
        await asyncio.sleep(1.0)  # nobody answers in the instant that a question ends
        if condition.when == "whole" and n == 0:
            relay.impairment = condition.impairment
        ends = caller.speech.say(answer.sound)
        if condition.when == "once" and n == len(answers) // 2:
            await asyncio.sleep(max(0.0, (len(answer.sound) / 48_000 - condition.lasts_s) / 2))
            relay.impairment = condition.impairment
            if condition.new_address:
                relay.rebind()
            await asyncio.sleep(condition.lasts_s)
            relay.impairment = CLEAN
        await asyncio.sleep(max(0.0, ends - time.monotonic()))
        if n == len(answers) - 1:
            relay.impairment = CLEAN
    await page.asked(asked or "", PROMPT_S)  # until it is over


def record_transcript(api: httpx.Client, interview_id: str) -> str:
    """What the candidate said, of the version that was made from the recording; '' where none was made in time."""
    return " ".join(turn["text"] for turn in record_turns(api, interview_id))


def record_turns(api: httpx.Client, interview_id: str) -> list[dict[str, Any]]:
    """The candidate's turns of that version; none where it was not made in time."""
    deadline = time.monotonic() + SCORED_S
    while time.monotonic() < deadline:
        for version in range(1, 5):
            reply = api.get(f"/interviews/{interview_id}/transcript", params={"version": version})
            if reply.status_code == 200 and reply.json()["source"] == "record":
                return [turn for turn in reply.json()["turns"] if turn["side"] == "candidate"]
        time.sleep(1)
    return []
