"""A page's connection to its interview, by a real peer: what it says is recorded, whatever happens to the disk."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from interviewer.live import session as session_module
from interviewer.live.connection import Recorders
from interviewer.live.connection_test import ConnectionTests
from interviewer.live.errors import Busy
from interviewer.media import recording
from interviewer.media.peer import PeerOptions
from interviewer.media.recording import CANDIDATE, MELVIN, Recorder, length, received
from tests.live.test_session import House, asked, house, join
from tests.media import page as media_page
from tests.media.page import until

__all__ = ["house"]

TAB = "a-tab-of-mine"


@asynccontextmanager
async def talking(house: House) -> AsyncIterator[tuple[media_page.Page, Path]]:
    """A page that speaks in an interview that has begun, and the folder of its recording."""
    interview_id = await house.interview()
    t = np.arange(20 * 48_000) / 48_000
    sound = (8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    async with house.open() as live, media_page.Page(sound) as page:
        await page.accept(await live.offer(interview_id, await page.offer(), TAB))
        await until(page.opened.is_set)
        page.channel.send('{"t":"hello","audio":true}')
        yield page, house.folder / "recordings" / interview_id


async def heard(page: media_page.Page, kind: str) -> dict[str, object]:
    async with asyncio.timeout(10):
        while True:
            message = json.loads(await page.messages.get())
            if message["t"] == kind:
                return dict(message)


async def test_what_is_said_is_recorded(house: House) -> None:
    async with talking(house) as (_, folder):
        await until(lambda: length(folder, CANDIDATE) > 8000)


async def test_an_offer_sent_again_disturbs_nothing(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live, media_page.Page(np.zeros(48_000 * 20, np.int16)) as page:
        offer = await page.offer()
        await page.accept(await live.offer(interview_id, offer, TAB))
        await until(page.opened.is_set)
        page.channel.send('{"t":"hello","audio":true}')
        await heard(page, "state")
        assert await live.offer(interview_id, offer, "another-tab")
        page.channel.send('{"t":"ping","n":7}')
        assert (await heard(page, "pong"))["n"] == 7


async def test_a_full_disk_ends_no_interview_and_recording_goes_on_when_there_is_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(house) as (page, folder):
        await until(lambda: length(folder, CANDIDATE) > 1600)
        write, refused = recording._write_all, 0

        def full(file: int, data: bytes, at: int) -> None:
            nonlocal refused
            refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(recording, "_write_all", full)
        await until(lambda: refused > 10)
        page.channel.send('{"t":"ping","n":5}')
        assert (await heard(page, "pong"))["n"] == 5
        monkeypatch.setattr(recording, "_write_all", write)
        before = length(folder, CANDIDATE)
        await until(lambda: length(folder, CANDIDATE) > before + 1600)
        assert len(received(folder, CANDIDATE)) >= 2  # a gap where there was no room, and all in its place


async def test_a_slow_disk_at_the_end_of_one_interview_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorders = Recorders(Recorder(tmp_path, CANDIDATE), Recorder(tmp_path, MELVIN))
    recorders.candidate(0, np.ones(320, np.int16))
    sync = os.fdatasync

    def slow(file: int) -> None:
        time.sleep(0.2)
        sync(file)

    monkeypatch.setattr(os, "fdatasync", slow)
    closing = asyncio.create_task(recorders.close())
    turns = 0
    while not closing.done():
        turns += 1
        await asyncio.sleep(0.01)
    assert turns > 5  # with the disk waited for on the event loop: one


async def test_tests_of_the_connection_that_come_all_at_once_are_counted_as_they_come() -> None:
    tests = ConnectionTests(PeerOptions(), most=2)
    pages = [media_page.Page(None) for _ in range(5)]
    try:
        offers = [await page.offer() for page in pages]
        done = await asyncio.gather(*(tests.answer(offer) for offer in offers), return_exceptions=True)
        assert sum(isinstance(one, str) for one in done) == 2
        assert sum(isinstance(one, Busy) for one in done) == 3
    finally:
        await tests.close()
        for page in pages:
            await page.__aexit__(None, None, None)


async def test_sound_is_a_sign_of_life_where_no_message_comes(house: House) -> None:
    interview_id = await house.interview()
    async with house.open() as live, media_page.Page(np.zeros(48_000 * 20, np.int16)) as page:
        await page.accept(await live.offer(interview_id, await page.offer(), TAB))
        await until(page.opened.is_set)
        page.channel.send('{"t":"hello","audio":true}')
        session = live._entries[interview_id].session
        await until(lambda: session.connected)
        before = session._heard_from_page
        await until(lambda: session._heard_from_page > before + 4800)


async def test_a_page_that_says_nothing_for_three_seconds_is_lost_and_back_with_its_next_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session_module.PING_LOST_S == 3.0
    monkeypatch.setattr(session_module, "PING_LOST_S", 0.3)
    interview_id = await house.interview()
    async with house.open() as live:
        page = await join(live, interview_id)
        await asked(page)
        session = live._entries[interview_id].session
        await until(lambda: not session.connected)
        await live.receive(interview_id, page, {"t": "ping", "n": 1})
        assert session.connected
