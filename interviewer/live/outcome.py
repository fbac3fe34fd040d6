"""What an interview leaves in the database: its status as it goes, and answers and live transcript when it is over."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.conversation.history import HistoryTurn
from interviewer.conversation.script import RATE, Script
from interviewer.records.answers import NewAnswer, put_answers
from interviewer.records.database import Database
from interviewer.records.interviews import set_status
from interviewer.records.leases import holds
from interviewer.records.transcripts import add_transcript
from scoring.transcript import Mode, Side, Transcript, Turn

__all__ = ["FinaliseJobs", "Outcome", "live_transcript"]


FIRST_PAUSES_S = (0.2, 0.5, 1.0, 2.0)
LAST_PAUSE_S = 5.0

log = structlog.get_logger(__name__)


class FinaliseJobs(Protocol):
    async def defer_finalise(self, interview_id: str) -> None: ...


def live_transcript(language: str, turns: tuple[HistoryTurn, ...]) -> Transcript:
    """As heard while it happened: no word times yet; the record transcript has them."""
    return Transcript(
        language,
        tuple(
            Turn(Side(t.side), Mode(t.mode), t.text, t.start / RATE, t.end / RATE, t.question_id, request=t.request)
            for t in turns
            if t.text
        ),
    )


class Outcome:
    """Steps run one after the other, and each until the database takes it: one that is away for a minute freezes no
    interview. Every step may be repeated; after a crash the interview is brought back and says the same again. Under a
    ``lease`` that another node has taken since, no step does anything. ``sound_kept`` brings what was recorded to where
    jobs find it; they are deferred after it."""

    def __init__(
        self,
        database: Database,
        jobs: FinaliseJobs,
        clock: Callable[[], datetime],
        interview_id: str,
        lease: int,
        sound_kept: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock
        self._id = interview_id
        self._lease = lease
        self._sound_kept = sound_kept
        self._turn = asyncio.Lock()

    async def started(self) -> None:
        now = self._clock()

        async def step() -> None:
            async with self._fenced() as session:
                if session is not None and not await set_status(
                    session, self._id, "live", only_from=("created",), started_at=now
                ):
                    await set_status(session, self._id, "live", only_from=("live", "paused"))

        await self._until_done("started", step)

    async def paused(self) -> None:
        async def step() -> None:
            async with self._fenced() as session:
                if session is not None:
                    await set_status(session, self._id, "paused", only_from=("live",))

        await self._until_done("paused", step)

    async def finished(
        self, reason: str, script: Script, statuses: Mapping[str, str], turns: tuple[HistoryTurn, ...]
    ) -> None:
        now = self._clock()
        answers = [
            NewAnswer(question_id=q.id, position=i, kind=q.kind, status=statuses[q.id])
            for i, q in enumerate(script.questions)
        ]
        body = live_transcript(script.language, turns).to_dict()
        running = ("created", "live", "paused")

        await self._sound_kept()

        async def step() -> None:
            async with self._fenced() as session:
                if session is None:
                    return
                await put_answers(session, self._id, answers)
                await add_transcript(session, self._id, "live", body, made_from="live")
                await set_status(session, self._id, "checking", only_from=running, ended_at=now, end_reason=reason)
            await self._jobs.defer_finalise(self._id)

        await self._until_done("finished", step)

    @asynccontextmanager
    async def _fenced(self) -> AsyncIterator[AsyncSession | None]:
        """None where another node holds the interview now."""
        async with self._database.session() as session:
            mine = await holds(session, self._id, self._lease)
            if not mine:
                log.warning("another node holds this interview", interview=self._id)
            yield session if mine else None

    async def _until_done(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            for pause in itertools.chain(FIRST_PAUSES_S, itertools.repeat(LAST_PAUSE_S)):
                try:
                    await step()
                except (SQLAlchemyError, psycopg.Error, ConnectorException, OSError) as error:
                    log.warning("the database did not take a step", interview=self._id, step=name, error=str(error))
                    await asyncio.sleep(pause)
                else:
                    return
