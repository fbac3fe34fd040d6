"""The camera, asked of the candidate: a choice of its own, taken from those alone who made it, and limited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from interviewer.http import browser_recording
from interviewer.http.passwords import Passwords
from interviewer.http.rooms import Rooms
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import Library, default_folder
from interviewer.plans.notice import Notice
from interviewer.plans.source import read_source
from interviewer.records import browser, consents
from interviewer.records.camera import put_segment
from interviewer.records.database import Database
from interviewer.records.interviews import set_status
from interviewer.records.objects import ObjectStore
from interviewer.records.tables import Consent
from tests.http.factories import Finished
from tests.http.joining import Candidate, a_candidate, candidate, joined
from tests.http.test_browser_recording import code, put

__all__ = ["candidate", "joined"]

WEBM = b"\x1a\x45\xdf\xa3"
STRETCH = "z-0lx9k2m1a-0123456789ab"
VIDEO = {"Content-Type": "video/webm"}
CHOICE = 'name="camera" value="yes"'


def asking(bundle: PlanBundle) -> PlanBundle:
    """The same plan, asking for the camera."""
    source, _ = read_source(default_folder() / "notices" / "standard-with-camera.yaml", "notice")
    assert source is not None
    notice = Notice.model_validate(source.data)
    plan = bundle.plan.model_copy(update={"camera": "ask", "notice": notice.notice})
    return replace(bundle, plan=plan, notice=notice, hash=f"{bundle.hash[:-6]}camera")


class Asking:
    """A library whose plans ask for the camera."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def get(self, name: str, /) -> PlanBundle:
        return asking(self._library.get(name))


@pytest.fixture
async def asked(rooms: Rooms, library: Library, passwords: Passwords) -> AsyncIterator[Candidate]:
    async with a_candidate(rooms, Asking(library), passwords) as one:
        yield one


async def agree(who: Candidate, camera: str | None) -> None:
    page = (await who.browser.get(who.link)).text
    form = {"agree": "yes", "notice_hash": page.partition('name="notice_hash" value="')[2].partition('"')[0]}
    reply = await who.browser.post(f"{who.link}/consent", data=form | ({"camera": camera} if camera else {}))
    assert reply.status_code == 303


async def consent(who: Candidate) -> Consent:
    async with who.rooms.database.session() as session:
        found = await consents.consent_for(session, who.invitation.id)
    assert found is not None
    return found


async def chunk(who: Candidate, number: int, body: bytes, **headers: str) -> httpx.Response:
    return await put(who, number, body, stretch=STRETCH, **(VIDEO | headers))


async def test_a_plan_that_does_not_ask_says_nothing_of_a_camera_and_takes_none(joined: Candidate) -> None:
    assert (await consent(joined)).camera is None
    assert code(await chunk(joined, 0, WEBM)) == (403, "camera-declined")
    page = await joined.browser.get(f"{joined.link}/interview")
    assert "camera=()" in page.headers["permissions-policy"]
    assert 'id="camera' not in page.text


async def test_it_is_told_before_consent_and_is_off_until_chosen(asked: Candidate) -> None:
    page = (await asked.browser.get(asked.link)).text
    for words in ("without sound", "never scored", "no effect on your score", "Continue without camera"):
        assert words in page
    assert 'name="camera" value="no" checked' in page
    assert f"{CHOICE} checked" not in page
    await agree(asked, None)
    assert (await consent(asked)).camera is False
    assert code(await chunk(asked, 0, WEBM)) == (403, "camera-declined")
    interview = await asked.browser.get(f"{asked.link}/interview")
    assert "camera=()" in interview.headers["permissions-policy"]
    assert 'id="camera' not in interview.text
    again = (await asked.browser.get(f"{asked.link}?notice")).text
    assert "Your choice about the camera:</strong> Continue without camera" in again


async def test_a_choice_outlasts_a_notice_that_was_sent_without_agreeing(asked: Candidate) -> None:
    page = await asked.browser.post(f"{asked.link}/consent", data={"camera": "yes"})
    assert page.status_code == 422
    assert f"{CHOICE} checked" in page.text


async def test_who_agreed_may_turn_it_off_for_good(asked: Candidate) -> None:
    await agree(asked, "yes")
    page = await asked.browser.get(f"{asked.link}/interview")
    assert "camera=(self)" in page.headers["permissions-policy"]
    assert 'id="camera-check"' in page.text
    assert (await chunk(asked, 0, WEBM + b"first")).status_code == 204
    assert (await asked.script.post(f"{asked.link}/camera/off")).status_code == 204
    assert (await consent(asked)).camera_off_at is not None
    assert (await chunk(asked, 1, b"recorded before")).status_code == 204
    page = await asked.browser.get(f"{asked.link}/interview")
    assert "camera=()" in page.headers["permissions-policy"]
    assert 'id="camera' not in page.text
    async with asked.rooms.database.session() as session:
        (stretch,) = await browser.stretches_of(session, (await asked.interview()).id, "camera")
        assert await browser.stretches_of(session, (await asked.interview()).id, "microphone") == []
    assert (stretch.there, stretch.media_type) == (2, "video/webm")


async def test_what_is_no_picture_or_too_much_is_refused_and_the_sound_is_not(
    asked: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agree(asked, "yes")
    assert code(await chunk(asked, 0, b"not a recording")) == (422, "not-a-recording")
    assert code(await chunk(asked, 0, WEBM, **{"Content-Type": "video/mp4"})) == (422, "not-a-recording")
    assert code(await chunk(asked, 0, WEBM, **{"Content-Type": "video/x-matroska"})) == (415, "media-type")
    assert (await chunk(asked, 0, WEBM)).status_code == 204
    assert code(await put(asked, 1, b"sound", stretch=STRETCH)) == (409, "chunk-differs")
    monkeypatch.setitem(browser_recording.MOST_BYTES, "camera", 8)
    assert code(await chunk(asked, 1, b"nine more")) == (413, "too-large")
    assert (await put(asked, 0, b"nine more of sound")).status_code == 204
    asked.site.state.chunks_at_once = browser_recording.SEATS["camera"]
    assert code(await chunk(asked, 1, b"x")) == (503, "busy")
    assert (await put(asked, 1, b"x")).status_code == 204
    asked.site.state.rate_limits._items["camera"] = asked.site.state.rate_limits._items["key"]
    replies = [(await chunk(asked, 1, b"x")).status_code for _ in range(35)]
    assert replies[-1] == 429
    assert (await put(asked, 2, b"sound goes on")).status_code == 204


async def test_what_comes_after_the_end_is_taken_in_by_its_own_job(asked: Candidate) -> None:
    await agree(asked, "yes")
    interview = await asked.interview()
    async with asked.rooms.database.session() as session:
        await set_status(session, interview.id, "checking", ended_at=datetime.now(UTC))
    assert (await chunk(asked, 0, WEBM)).status_code == 204
    assert asked.jobs.deferred == [("camera", interview.id)]
    about = {"stretch": STRETCH, "media_type": "video/webm", "at": 0, "chunks": 1, "sha256": "0" * 64}
    assert (await asked.script.post(f"{asked.link}/recording", json={"stretches": [about]})).status_code == 204
    assert asked.jobs.deferred[1:] == [("finalise", interview.id), ("camera", interview.id)]


async def test_a_test_invitation_is_not_asked(asked: Candidate) -> None:
    async with asked.rooms.database.session() as session:
        await session.execute(text("UPDATE invitations SET livemode = false"))
    page = (await asked.browser.get(asked.link)).text
    assert CHOICE not in page
    await agree(asked, "yes")
    assert (await consent(asked)).camera is None


async def choose(database: Database, camera: bool | None) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE consents SET camera = :camera"), {"camera": camera})


async def test_reviewers_see_the_picture_and_never_the_choice(
    recruiter: httpx.AsyncClient, client: httpx.AsyncClient, finished: Finished, database: Database,
    objects: ObjectStore,
) -> None:  # fmt: skip
    address = f"/interviews/{finished.interview_id}"
    async with database.session() as session:
        await session.execute(text("""UPDATE plan_versions SET body = jsonb_set(body, '{plan,camera}', '"ask"')"""))
    pages = []
    for camera in (None, False, True):
        await choose(database, camera)
        pages.append((await recruiter.get(address)).text)
    assert "No camera recording." in pages[0]
    assert len(set(pages)) == 1, "declined, failed, or never asked: a reviewer cannot tell"
    data = WEBM + b"a picture"
    key = f"recordings/{finished.interview_id}/camera/z-one.webm"
    sha256 = await objects.put_bytes(key, data)
    async with database.session() as session:
        await put_segment(
            session, interview_id=finished.interview_id, stretch="z-one", at=32_000, samples=16_000, object_key=key,
            sha256=sha256, size=len(data), media_type="video/webm", made_from="x",
        )  # fmt: skip
    page = await recruiter.get(address)
    assert "No camera recording." not in page.text
    assert "media-src 'self'" in page.headers["content-security-policy"]
    src = page.text.partition('<a class="button" href="' + address + "/camera/")[2].partition('"')[0]
    file = f"{address}/camera/{src.removesuffix('?download=true')}"
    whole = await recruiter.get(file)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "video/webm")
    part = await recruiter.get(file, headers={"Range": "bytes=4-5"})
    assert (part.status_code, part.content) == (206, data[4:6])
    assert part.headers["content-range"] == f"bytes 4-5/{len(data)}"
    kept = await recruiter.get(f"{file}?download=true")
    assert kept.headers["content-disposition"].endswith('.webm"')
    assert (await recruiter.get(f"{address}/camera/rec_none")).status_code == 404
    document = (await recruiter.get(f"{address}/interview.json")).json()
    assert [(one["at"], one["sha256"]) for one in document["camera"]] == [(32_000, sha256)]
    assert set(document["consent"]) == {"notice_hash", "notice", "language", "accepted_at"}
    client.cookies.clear()
    assert (await client.get(file)).status_code in (303, 401)
