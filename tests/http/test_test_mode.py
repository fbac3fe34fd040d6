"""Test mode: what a test key makes and sees, and a simulated candidate that goes through the whole of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from interviewer.desk import errands
from interviewer.jobs.worker import work_off
from interviewer.records.database import Database
from interviewer.settings import Settings
from tests.http.test_api import check_problem
from tests.jobs.interviews import a_bench

PLAN = "generalist-ai-trainer"
INVITATION: dict[str, Any] = {"plan": {"name": PLAN}, "candidate": {"name": "An Le", "email": "an@example.org"}}
HOOK = {"url": "https://hooks.example.com/melvin"}


async def test_test_objects_and_live_objects_do_not_see_each_other(
    api: httpx.AsyncClient, tester: httpx.AsyncClient, recruiter: httpx.AsyncClient
) -> None:
    live = (await api.post("/invitations", json=INVITATION)).json()
    same = {**INVITATION, "candidate": {"name": "Nobody", "email": "an@example.org"}}
    test = (await tester.post("/invitations", json=same)).json()
    assert (live["livemode"], test["livemode"]) == (True, False)
    assert test["id"].startswith("inv_test_")
    assert test["candidate"]["id"].startswith("cand_test_")
    assert "/i/test_" in test["link"]
    hooks = [(await client.post("/webhook-endpoints", json=HOOK)).json() for client in (api, tester)]
    for client, own, other in ((api, 0, 1), (tester, 1, 0)):
        made = (live, test)
        assert [i["id"] for i in (await client.get("/invitations")).json()["data"]] == [made[own]["id"]]
        check_problem(await client.get(f"/invitations/{made[other]['id']}"), 404, "not-found")
        check_problem(await client.post(f"/invitations/{made[other]['id']}/revoke"), 404, "not-found")
        check_problem(
            await client.get("/invitations", params={"starting_after": made[other]["id"]}), 422, "cursor-unknown"
        )
        assert [h["id"] for h in (await client.get("/webhook-endpoints")).json()["data"]] == [hooks[own]["id"]]
        check_problem(await client.delete(f"/webhook-endpoints/{hooks[other]['id']}"), 404, "not-found")
        path = f"/webhook-endpoints/{hooks[other]['id']}/rotate-secret"
        check_problem(await client.post(path, json={}), 404, "not-found")
    page = (await recruiter.get("/invitations")).text
    assert "An Le" in page
    assert "Nobody" not in page


async def test_a_simulated_candidate_brings_an_interview_from_invitation_to_scorecards(
    api: httpx.AsyncClient, tester: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    for client in (api, tester):
        assert (await client.post("/webhook-endpoints", json=HOOK)).status_code == 201
    invited = (await tester.post("/invitations", json=INVITATION)).json()
    questions = [q["id"] for q in (await tester.get(f"/plans/{PLAN}")).json()["questions"]]
    wanted = {
        "invitation_id": invited["id"],
        "answers": {questions[0]: "I checked facts at a newspaper for six years."},
    }
    reply = await tester.post("/test/simulated-interviews", json=wanted, headers={"Idempotency-Key": "once"})
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert made["id"].startswith("int_test_")
    assert (made["livemode"], made["status"], made["end_reason"]) == (False, "submitted", "completed")
    again = await tester.post("/test/simulated-interviews", json=wanted, headers={"Idempotency-Key": "once"})
    assert again.json() == made
    check_problem(await tester.post("/test/simulated-interviews", json=wanted), 409, "invitation-not-open")

    transcript = (await tester.get(f"/interviews/{made['id']}/transcript")).json()
    typed = {t["question_id"]: t["text"] for t in reversed(transcript["turns"]) if t["side"] == "candidate"}
    assert list(reversed(typed)) == questions
    assert typed[questions[0]] == "I checked facts at a newspaper for six years."
    bench = a_bench(database, tmp_path)
    await work_off(database.url, bench.work)
    assert (await tester.get(f"/interviews/{made['id']}")).json()["status"] == "scored"
    cards = (await tester.get(f"/interviews/{made['id']}/scorecards")).json()["data"]
    assert [card["question_id"] for card in cards] == questions

    told = (await tester.get("/webhook-deliveries")).json()["data"]
    assert sorted(d["type"] for d in told) == [
        "interview.finished", "interview.started", "interview.submitted", "score.ready", "transcript.ready",
    ]  # fmt: skip
    assert {(d["livemode"], d["data"]["livemode"]) for d in told} == {(False, False)}
    assert (await api.get("/webhook-deliveries")).json()["data"] == []
    assert (await api.get("/interviews")).json()["data"] == []
    assert (await tester.get("/invitations", params={"status": "used"})).json()["data"][0]["id"] == invited["id"]
    check_problem(await api.get(f"/interviews/{made['id']}/transcript"), 404, "not-found")
    check_problem(await api.delete(f"/interviews/{made['id']}"), 404, "not-found")
    assert made["id"] not in (await recruiter.get("/")).text
    await check_marks(recruiter, made["id"])
    deleted = (await tester.delete(f"/interviews/{made['id']}")).json()
    assert deleted["livemode"] is False
    assert (await api.get("/deletions")).json()["data"] == []


async def check_marks(recruiter: httpx.AsyncClient, interview_id: str) -> None:
    """Recruiters find it where they ask for it, marked, and older and newer ones of the same kind beside it."""
    for path in ("/", "/invitations"):
        live, test = [(await recruiter.get(f"{path}?mode={mode}")).text for mode in ("live", "test")]
        assert f'href="/interviews/{interview_id}"' in test
        assert test.count(">Test</span>") == 2, "in the heading and at the candidate"
        assert interview_id not in live
        assert ">Test</span>" not in live
        assert f'href="{path}?mode=test"' in live
    assert ">Test</span>" in (await recruiter.get(f"/interviews/{interview_id}")).text
    assert (await recruiter.get("/?mode=other")).status_code == 422


async def test_only_a_test_key_simulates_and_only_what_the_plan_asks(
    api: httpx.AsyncClient, tester: httpx.AsyncClient
) -> None:
    live = (await api.post("/invitations", json=INVITATION)).json()
    wanted = {"invitation_id": live["id"]}
    check_problem(await api.post("/test/simulated-interviews", json=wanted), 403, "test-mode-only")
    check_problem(await tester.post("/test/simulated-interviews", json=wanted), 404, "not-found")
    test = (await tester.post("/invitations", json=INVITATION)).json()
    wrong = {"invitation_id": test["id"], "answers": {"no-such": "Yes."}}
    check_problem(await tester.post("/test/simulated-interviews", json=wrong), 422, "question-unknown")
    await tester.post(f"/invitations/{test['id']}/revoke")
    wanted = {"invitation_id": test["id"]}
    check_problem(await tester.post("/test/simulated-interviews", json=wanted), 409, "invitation-not-open")


async def test_the_command_line_makes_test_keys_and_says_so(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_folder=tmp_path, database_url=database_url)

    def quiet(_: str) -> None:
        return None

    secret = await errands.create_key(settings, quiet, "builder", (), True)
    assert secret.startswith("mk_test_")
    (line,) = await errands.describe_keys(settings, quiet)
    assert line.startswith("key_test_")
    assert ", test  builder" in line
