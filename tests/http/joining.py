"""A candidate with a link, at any point of the way, over the whole site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import pytest
from fastapi import FastAPI

from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.http.site import build_site
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import Library
from interviewer.records import interviews, invitations, plan_versions, transcripts
from interviewer.records.tables import Interview, Invitation
from scoring.transcript import Mode, Side, Transcript, Turn, Word
from tests.http.scripted_live import ScriptedJobs, ScriptedLive

__all__ = ["ORIGIN", "Candidate", "Plans", "a_candidate", "candidate", "joined", "spoken", "typed_turn"]

ORIGIN = "http://localhost"


@dataclass
class Candidate:
    """``browser`` asks for pages, ``script`` is what the page's own script sends; both hold no cookie."""

    link: str
    token: str
    invitation: Invitation
    rooms: Rooms
    live: ScriptedLive
    jobs: ScriptedJobs
    site: FastAPI
    browser: httpx.AsyncClient
    script: httpx.AsyncClient

    async def agree(self) -> httpx.Response:
        page = (await self.browser.get(self.link)).text
        notice_hash = page.partition('name="notice_hash" value="')[2].partition('"')[0]
        return await self.browser.post(f"{self.link}/consent", data={"agree": "yes", "notice_hash": notice_hash})

    async def interview(self) -> Interview:
        async with self.rooms.database.session() as session:
            found = await interviews.interview_for_invitation(session, self.invitation.id)
        assert found is not None
        return found

    async def first_question(self) -> str:
        return str((await self.interview()).script["questions"][0]["id"])

    async def ends(self, *turns: Turn, source: transcripts.Source | None = "record") -> Interview:
        """The talk is over, with these turns written out (or not yet, where ``source`` is None)."""
        interview = await self.interview()
        async with self.rooms.database.session() as session:
            now = datetime.now(UTC)
            await interviews.set_status(session, interview.id, "checking", started_at=now, ended_at=now)
            if source is not None:
                await transcripts.add_transcript(session, interview.id, source, Transcript("en", turns).to_dict())
        return await self.interview()


def spoken(text: str, question_id: str, start: float = 10.0) -> Turn:
    words = tuple(Word(w, start + i, start + i + 0.8, 0.9) for i, w in enumerate(text.split()))
    return Turn(Side.CANDIDATE, Mode.SPOKEN, text, start, start + len(words), question_id, words)


def typed_turn(text: str, question_id: str, at: float = 60.0) -> Turn:
    return Turn(Side.CANDIDATE, Mode.TYPED, text, at, at, question_id)


class Plans(Protocol):
    """A library, or what stands for one."""

    def get(self, name: str, /) -> PlanBundle: ...


async def invited(rooms: Rooms, library: Plans, *, days: float = 7, revoked: bool = False) -> tuple[Invitation, str]:
    bundle = library.get("generalist-ai-trainer")
    async with rooms.database.session() as session:
        plan = await plan_versions.store_plan(
            session,
            name=bundle.plan.plan,
            version=bundle.plan.version,
            hash=bundle.hash,
            title=bundle.plan.title,
            body=bundle.to_dict(),
        )
        invitation, token = await invitations.create_invitation(
            session,
            plan_id=plan.id,
            candidate_name="Ana <b>Popescu</b>",
            candidate_email=None,
            variables={},
            expires_at=datetime.now(UTC) + timedelta(days=days),
        )
        if revoked:
            await invitations.revoke_invitation(session, invitation.id)
    return invitation, token


@pytest.fixture
async def candidate(rooms: Rooms, library: Library, passwords: Passwords) -> AsyncIterator[Candidate]:
    async with a_candidate(rooms, library, passwords) as one:
        yield one


@asynccontextmanager
async def a_candidate(rooms: Rooms, library: Plans, passwords: Passwords) -> AsyncIterator[Candidate]:
    live, jobs = ScriptedLive(), ScriptedJobs()
    rooms = replace(rooms, live=live, jobs=jobs, public_url=ORIGIN)
    invitation, token = await invited(rooms, library)
    site = build_site(rooms, passwords=passwords)
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    html = {"Accept": "text/html", "Origin": "null"}  # what browsers send from pages that name no referrer
    own = {"Accept": "application/json", "Origin": ORIGIN, "X-Tab": "a-tab-of-mine"}
    async with (
        httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=html) as browser,
        httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=own) as script,
    ):
        yield Candidate(f"/i/{token}", token, invitation, rooms, live, jobs, site, browser, script)


@pytest.fixture
async def joined(candidate: Candidate) -> Candidate:
    """A candidate who has agreed to the notice."""
    assert (await candidate.agree()).status_code == 303
    return candidate
