"""Chunks of the browser's own recording: kept once, in any order, and refused where they are none of ours."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from interviewer.http import browser_recording
from interviewer.jobs.erase import erase_files
from interviewer.records import browser
from interviewer.records.deletions import forget
from interviewer.records.interviews import set_status
from tests.http.joining import Candidate, candidate, joined

__all__ = ["candidate", "joined"]

STRETCH = "0lx9k2m1a-0123456789ab"


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


async def put(
    who: Candidate, number: int | str, body: bytes, *, link: str | None = None, stretch: str = STRETCH, **headers: str
) -> httpx.Response:
    given = {"Content-Type": "audio/webm", "Content-Digest": digest(body), "Stretch-At": "16000", **headers}
    return await who.script.put(f"{link or who.link}/recording/{stretch}/{number}", content=body, headers=given)


def code(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json"
    return reply.status_code, reply.json()["code"]


async def known(who: Candidate) -> list[browser.KnownStretch]:
    async with who.rooms.database.session() as session:
        return await browser.stretches_of(session, (await who.interview()).id, "microphone")


async def test_chunks_come_in_any_order_and_twice_and_are_kept_once(joined: Candidate) -> None:
    for number in (2, 0, 1, 1, 2):
        assert (await put(joined, number, b"chunk %d" % number)).status_code == 204
    (stretch,) = await known(joined)
    assert (stretch.at, stretch.media_type, stretch.there, len(stretch.hashes)) == (16_000, "audio/webm", 3, 3)
    assert not stretch.complete
    interview_id = (await joined.interview()).id
    stored = [await joined.rooms.objects.get(browser.chunk_key(interview_id, STRETCH, n)) for n in range(3)]
    assert stored == [b"chunk 0", b"chunk 1", b"chunk 2"]
    sha256 = browser.digest([hashlib.sha256(c).hexdigest() for c in stored])
    about = {"stretch": STRETCH, "media_type": "audio/webm", "at": 16_000, "chunks": 3, "sha256": sha256}
    reply = await joined.script.post(f"{joined.link}/recording", json={"stretches": [about]})
    assert reply.status_code == 204
    (stretch,) = await known(joined)
    assert stretch.complete
    assert code(await put(joined, 3, b"one too many")) == (422, "out-of-range")


async def test_what_is_no_chunk_of_ours_is_refused(joined: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await put(joined, 0, b"first")).status_code == 204
    assert code(await put(joined, 0, b"another")) == (409, "chunk-differs")
    assert code(await put(joined, 1, b"x", **{"Content-Digest": digest(b"y")})) == (422, "wrong-hash")
    assert code(await put(joined, 1, b"x", **{"Content-Digest": ""})) == (422, "wrong-hash")
    assert code(await put(joined, 1, b"", **{"Content-Digest": digest(b"")})) == (422, "wrong-hash")
    assert code(await put(joined, 1, b"x", **{"Content-Type": "text/html"})) == (415, "media-type")
    assert code(await put(joined, 1, bytes(browser_recording.CHUNK_LIMIT + 1))) == (413, "too-large")
    assert code(await put(joined, 10**9, b"x")) == (422, "invalid")
    assert code(await put(joined, -1, b"x")) == (422, "invalid")
    assert code(await put(joined, 1, b"x", **{"Stretch-At": "-5"})) == (422, "invalid")
    assert code(await put(joined, 1, b"x", stretch="short")) == (422, "invalid")
    assert code(await put(joined, 1, b"x", link="/i/AAAAAAAAAAAAAAAAAAAAAA")) == (404, "link-unknown")
    monkeypatch.setitem(browser_recording.MOST_BYTES, "microphone", 8)
    assert code(await put(joined, 1, b"nine more")) == (413, "too-large")
    monkeypatch.setattr(browser_recording, "MOST_STRETCHES", 1)
    assert code(await put(joined, 0, b"x", stretch="0lx9k2m1b-0123456789ab")) == (413, "too-many-stretches")
    (stretch,) = await known(joined)
    assert stretch.there == 1


async def test_nothing_is_taken_before_consent_or_a_day_after_the_end(candidate: Candidate) -> None:
    assert code(await put(candidate, 0, b"x")) == (409, "consent-missing")
    await candidate.agree()
    interview = await candidate.interview()
    for ago, status in ((timedelta(hours=1), 204), (timedelta(hours=25), 410)):
        async with candidate.rooms.database.session() as session:
            await set_status(session, interview.id, "checking", ended_at=datetime.now(UTC) - ago)
        assert (await put(candidate, 0, b"late")).status_code == status
    assert candidate.jobs.deferred == [("finalise", interview.id)]


async def test_more_than_a_few_at_once_are_asked_to_wait(joined: Candidate) -> None:
    joined.site.state.chunks_at_once = browser_recording.AT_ONCE
    refused = await put(joined, 0, b"x")
    assert code(refused) == (503, "busy")
    assert refused.headers["retry-after"] == "2"
    joined.site.state.chunks_at_once = 0
    assert (await put(joined, 0, b"x")).status_code == 204
    assert joined.site.state.chunks_at_once == 0


async def test_a_deleted_interview_leaves_no_chunk(joined: Candidate) -> None:
    for number in range(3):
        await put(joined, number, b"said by nobody else")
    interview = await joined.interview()
    objects = joined.rooms.objects
    assert len(await objects.keys_under(f"recordings/{interview.id}")) == 3
    async with joined.rooms.database.session() as session:
        made = await forget(session, interview.id, "test")
    assert made is not None
    assert {k: v for k, v in made.removed.items() if k.startswith("browser")} == {
        "browser_stretches": 1, "browser_chunks": 3, "browser_manifests": 0,
    }  # fmt: skip
    nowhere = joined.rooms.database
    async with nowhere.session() as session:
        for table in ("browser_stretches", "browser_chunks"):
            assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0  # noqa: S608
    folder = objects._folder
    assert folder is not None
    await erase_files(objects, folder / "none", folder / "none", interview.id)
    assert [p for p in folder.rglob("*") if interview.id in str(p)] == []
    assert (await put(joined, 4, b"still coming")).status_code == 404
