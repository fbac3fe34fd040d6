"""Applicant tracking systems: each is played here as its public documentation says that it calls and is called."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from interviewer.desk import ats as ats_desk
from interviewer.desk.errands import Refused
from interviewer.jobs.report import host_allowed
from interviewer.jobs.worker import work_off
from interviewer.records.database import Database
from interviewer.records.tables import AtsConnection
from interviewer.settings import Settings
from tests.http.conftest import ORIGIN
from tests.http.test_api import check_problem
from tests.jobs.interviews import a_bench
from tests.jobs.receiver import Receiver, receiving

PLAN = "generalist-ai-trainer"


@dataclass
class Desk:
    settings: Settings

    async def add(self, kind: str, callback: str, **changes: Any) -> tuple[str, str]:
        """The id and the key of a test connection whose own side is on this machine."""
        given = {"name": "", "plans": (PLAN,), "api_key": "ashby-key" if kind == "ashby" else None, **changes}
        made, secret, *_ = await ats_desk.add(
            self.settings, lambda _: None, kind, given["name"], given["plans"], given["api_key"], callback,
            private=True, test=True,
        )  # fmt: skip
        return made, secret


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    return Desk(Settings(data_folder=tmp_path, database_url=database_url))


@pytest.fixture
async def outside() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def caller(site: FastAPI, kind: str, secret: str) -> httpx.AsyncClient:
    """Basic authentication with the key as the user name and no password, as both document it."""
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/ats/{kind}", auth=(secret, ""))


def send_test(receiver: Receiver, number: int = 1) -> dict[str, Any]:
    """As in Greenhouse's documentation, with its address on this machine."""
    return {
        "partner_test_id": PLAN,
        "candidate": {
            "first_name": "Harry", "last_name": "Potter", "resume_url": "https://hogwarts.com/resume",
            "phone_number": "123-456-7890", "email": "hpotter@hogwarts.edu",
            "greenhouse_profile_url": "https://app.greenhouse.io/people/17681532?application_id=26234709",
        },
        "url": f"http://127.0.0.1:{receiver.port}/integrations/testing_partners/take_home_tests/{number}",
    }  # fmt: skip


async def interviewed(program: httpx.AsyncClient, database: Database, folder: Path) -> str:
    """The one open invitation's interview, done by a simulated candidate and scored."""
    (invited,) = (await program.get("/invitations", params={"status": "open"})).json()["data"]
    linked = await program.post(f"/invitations/{invited['id']}/link")
    assert linked.json()["link"].startswith(f"{ORIGIN}/i/test_")
    done = await program.post("/test/simulated-interviews", json={"invitation_id": invited["id"]})
    assert done.status_code == 201, done.text
    await work_off(database.url, a_bench(database, folder).work)
    return str(done.json()["id"])


async def test_greenhouse_sends_a_test_and_is_told_of_its_end(
    site: FastAPI,
    desk: Desk,
    outside: Receiver,
    tester: httpx.AsyncClient,
    database: Database,
    tmp_path: Path,
) -> None:
    _, secret = await desk.add("greenhouse", "127.0.0.1")
    async with caller(site, "greenhouse", secret) as greenhouse:
        listed = (await greenhouse.get("/list_tests")).json()
        assert [t["partner_test_id"] for t in listed] == [PLAN]
        assert all(isinstance(t["partner_test_name"], str) for t in listed)
        sent = (await greenhouse.post("/send_test", json=send_test(outside))).json()
        assert list(sent) == ["partner_interview_id"]
        assert (await greenhouse.post("/send_test", json=send_test(outside))).json() == sent
        asked = {"params": sent}
        assert (await greenhouse.get("/test_status", **asked)).json() == {"partner_status": "sent"}
        interview = await interviewed(tester, database, tmp_path)
        (patched,) = outside.received
        assert (patched.method, patched.path) == ("PATCH", "/integrations/testing_partners/take_home_tests/1")
        assert patched.body == b""
        assert patched.headers["authorization"] == "Basic " + base64.b64encode(f"{secret}:".encode()).decode()
        status = (await greenhouse.get("/test_status", **asked)).json()
        assert (status["partner_status"], status["partner_profile_url"]) == (
            "complete", f"{ORIGIN}/interviews/{interview}",
        )  # fmt: skip
        assert all(isinstance(value, (str, int, float, bool, type(None))) for value in status["metadata"].values())
        assert (await greenhouse.post("/response_error", json={"error": "x"})).status_code == 200


async def test_a_key_is_sent_to_nobody_but_greenhouse(site: FastAPI, desk: Desk, outside: Receiver) -> None:
    _, secret = await desk.add("greenhouse", "greenhouse.io")
    async with caller(site, "greenhouse", secret) as greenhouse:
        check_problem(await greenhouse.post("/send_test", json=send_test(outside)), 422, "target-refused")
        forged = {**send_test(outside), "url": "https://greenhouse.io.example.com/x"}
        check_problem(await greenhouse.post("/send_test", json=forged), 422, "target-refused")
        for wrong in ("https://[x", "https://app.greenhouse.io:x/y"):
            check_problem(await greenhouse.post("/send_test", json={**forged, "url": wrong}), 422, "target-refused")


async def test_over_a_public_network_the_key_goes_by_https_alone() -> None:
    public = AtsConnection(callback_host="greenhouse.io", private_allowed=False)
    assert host_allowed("https://app.greenhouse.io/x", public)
    for refused in ("http://app.greenhouse.io/x", "https://[x", "https://evil.example\\@greenhouse.io/x"):
        assert not host_allowed(refused, public)


async def test_ashby_starts_an_assessment_and_is_told_how_it_goes(
    site: FastAPI,
    desk: Desk,
    outside: Receiver,
    tester: httpx.AsyncClient,
    database: Database,
    tmp_path: Path,
) -> None:
    _, secret = await desk.add("ashby", f"http://127.0.0.1:{outside.port}")
    start = {
        "assessment_type_id": PLAN,
        "candidate": {"ashby_id": "c1", "first_name": "Ada", "last_name": "King", "email": "ada@example.org"},
        "application": {"ashby_id": "a1", "status": "Active"},
        "job": {"ashby_id": "j1", "name": "Trainer"},
    }
    async with caller(site, "ashby", secret) as ashby:
        listed = (await ashby.post("/assessment.list", json={})).json()
        assert [a["assessment_type_id"] for a in listed["results"]] == [PLAN]
        begun = (await ashby.post("/assessment.start", json=start)).json()["results"]
        assert (await ashby.post("/assessment.start", json=start)).json()["results"] == begun
        interview = await interviewed(tester, database, tmp_path)
        told = json.loads(outside.received[-1].body)
        assert (outside.received[-1].method, outside.received[-1].path) == ("POST", "/assessment.update")
        assert outside.received[-1].headers["authorization"] == "Basic " + base64.b64encode(b"ashby-key:").decode()
        assert told["assessment_id"] == begun["assessment_id"]
        assert isinstance(told["timestamp"], int)
        assert told["assessment_profile_url"]["value"] == f"{ORIGIN}/interviews/{interview}"
        for name in ("assessment_status", "assessment_result", "assessment_profile_url"):
            assert {"identifier", "value", "type", "label"} <= set(told[name])
        outside.received.clear()
        other = {**start, "application": {"ashby_id": "a2"}}
        again = (await ashby.post("/assessment.start", json=other)).json()["results"]
        for _ in range(2):
            assert (await ashby.post("/assessment.cancel", json=again)).json()["success"] is True
        await work_off(database.url, a_bench(database, tmp_path).work)
        (cancelled,) = [json.loads(r.body) for r in outside.received]
        assert "cancelled_reason" in cancelled
        assert (await ashby.post("/assessment.cancel", json={"assessment_id": "asm_x"})).json()["success"] is False
        anew = (await ashby.post("/assessment.start", json=other)).json()["results"]
        assert anew != again, "what was cancelled can be asked for again"
        assert (await ashby.post("/assessment.start", json=other)).json()["results"] == anew
        async with database.session() as session:
            await session.execute(text("UPDATE invitations SET expires_at = now() WHERE expires_at > now()"))
        late = (await ashby.post("/assessment.start", json=other)).json()["results"]
        assert late not in (anew, again), "so can what expired"
        assert (await ashby.post("/assessment.start", json=start)).json()["results"] == begun, "but not what is done"
    revoked = (await tester.get("/invitations", params={"status": "revoked"})).json()["data"]
    assert len(revoked) == 1
    check_problem(await tester.post(f"/invitations/{revoked[0]['id']}/link"), 409, "invitation-not-open")


async def test_each_system_has_a_key_of_its_own_that_can_be_taken_away(
    site: FastAPI, desk: Desk, outside: Receiver
) -> None:
    made, secret = await desk.add("greenhouse", "127.0.0.1")
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as stranger:
        for header in ("Basic é".encode(), b"Basic /w==", b"Basic =", b"Basic"):
            reply = await stranger.get("/api/ats/greenhouse/list_tests", headers={b"Authorization": header})
            check_problem(reply, 401, "unauthenticated")
    for kind, key in (("greenhouse", "mk_ats_wrong"), ("ashby", secret)):
        async with caller(site, kind, key) as stranger:
            path = "/list_tests" if kind == "greenhouse" else "/assessment.list"
            reply = await stranger.request("GET" if kind == "greenhouse" else "POST", path)
            check_problem(reply, 401, "unauthenticated")
            assert reply.headers["WWW-Authenticate"].startswith("Basic")
    (line,) = await ats_desk.connections(desk.settings, lambda _: None)
    assert line.startswith(f"{made}  greenhouse  ...{secret[-4:]}  {PLAN}, test")
    await ats_desk.remove(desk.settings, lambda _: None, made)
    async with caller(site, "greenhouse", secret) as greenhouse:
        check_problem(await greenhouse.get("/list_tests"), 401, "unauthenticated")
    for wrong in (
        ats_desk.remove(desk.settings, lambda _: None, made),
        desk.add("workday", ""),
        desk.add("greenhouse", "", plans=("no-such",)),
        desk.add("ashby", "", api_key=None),
    ):
        with pytest.raises(Refused):
            await wrong
