"""What a candidate's page is told of TURN servers: credentials that expire, and never the secret they are made from."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx

from interviewer.http.passwords import Passwords
from interviewer.http.site import build_site
from interviewer.media.ice import LASTS_S, IceServer
from tests.http.joining import ORIGIN, Candidate, candidate, joined

__all__ = ["candidate", "joined"]


async def test_the_page_gets_credentials_and_never_the_secret(joined: Candidate, passwords: Passwords) -> None:
    servers = (IceServer("stun:a.example"), IceServer("turn:b.example", secret="the-shared-secret"))
    rooms = replace(joined.rooms, options=replace(joined.rooms.options, ice_servers=servers))
    transport = httpx.ASGITransport(app=build_site(rooms, passwords=passwords))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        page = (await browser.get(f"{joined.link}/interview")).text
    assert "stun:a.example" in page
    assert "turn:b.example" in page
    assert "the-shared-secret" not in page
    expires = int(page.partition(":melvin")[0][-10:])
    assert expires - time.time() > LASTS_S - 60
