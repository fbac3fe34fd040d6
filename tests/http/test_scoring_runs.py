"""Scoring runs from outside: asking for one, its progress, actions and report; the pages; no formula in a CSV."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from interviewer.http.run_report import safe_cell
from interviewer.jobs.worker import work_off
from interviewer.plans.library import Library
from interviewer.records import keys
from interviewer.records.database import Database
from tests.http.conftest import SCOPES, form_token
from tests.http.factories import Finished, ScriptedJudge
from tests.jobs.interviews import a_bench

PLAN = "generalist-ai-trainer"


def rubric_of_first_question(library: Library) -> dict[str, Any]:
    bundle = library.get(PLAN)
    rubric = bundle.rubrics[bundle.plan.questions[0].rubric]
    return rubric.model_copy(update={"version": 7}).model_dump(mode="json", by_alias=True)


async def worked_off(database: Database, folder: Path) -> None:
    work = a_bench(database, folder).work
    work.make_judge = ScriptedJudge
    await work_off(database.url, work)


async def test_a_program_asks_for_a_run_and_reads_what_it_changed(
    api: httpx.AsyncClient, database: Database, library: Library, finished: Finished, tmp_path: Path
) -> None:
    wanted = {"rubric": rubric_of_first_question(library), "filter": {"plan": PLAN}}
    reply = await api.post("/scoring-runs", json=wanted)
    assert reply.status_code == 202
    made = reply.json()
    assert made["status"] == "preparing"
    assert made["rubric"]["version"] == 7
    assert reply.headers["Location"] == f"/api/v1/scoring-runs/{made['id']}"
    await worked_off(database, tmp_path)
    run = (await api.get(f"/scoring-runs/{made['id']}")).json()
    assert (run["status"], run["progress"]["done"], run["progress"]["left"]) == ("completed", 1, 0)
    items = (await api.get(f"/scoring-runs/{made['id']}/items")).json()["data"]
    assert [i["interview_id"] for i in items] == [finished.interview_id]
    assert (await api.get(f"/scoring-runs/{made['id']}/items?starting_after={items[0]['answer_id']}")).json()[
        "data"
    ] == []
    report = (await api.get(f"/scoring-runs/{made['id']}/report?cut=5")).json()
    first = report["criteria"][0]
    assert sum(first["before"]) == sum(first["after"]) == 1
    assert report["crossing"] == []
    csv = await api.get(f"/scoring-runs/{made['id']}/report.csv")
    lines = csv.text.splitlines()
    assert lines[0].startswith("interview_id,answer_id,question_id,status,criterion,before_level")
    assert len(lines) == 1 + len(report["criteria"])
    assert (await api.get("/scoring-runs")).json()["data"][0]["id"] == made["id"]
    assert (await api.get("/scoring-runs?status=running")).json()["data"] == []


async def test_a_run_is_asked_for_once_under_one_key(api: httpx.AsyncClient, database: Database) -> None:
    replies = [
        await api.post("/scoring-runs", json={"dry_run": True}, headers={"Idempotency-Key": "night"}) for _ in range(2)
    ]
    assert replies[0].json()["id"] == replies[1].json()["id"]
    async with database.session() as session:
        assert (await session.execute(text("SELECT count(*) FROM scoring_runs"))).scalar_one() == 1


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"rubric": {"name": "no-such-rubric"}}, "rubric"),
        ({"judge": "chat"}, "judge"),
        ({"filter": {"plan": "no-such-plan"}}, "filter.plan"),
    ],
)
async def test_what_is_not_there_is_named(api: httpx.AsyncClient, wanted: dict[str, Any], param: str) -> None:
    reply = await api.post("/scoring-runs", json=wanted)
    assert reply.status_code == 422
    assert [e["param"] for e in reply.json()["errors"]] == [param]


async def test_actions_follow_the_run_s_status(api: httpx.AsyncClient, database: Database) -> None:
    run_id = (await api.post("/scoring-runs", json={})).json()["id"]
    refused = await api.post(f"/scoring-runs/{run_id}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-status")
    async with database.session() as session:
        await session.execute(text("UPDATE scoring_runs SET status = 'running'"))
    for action, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        done = await api.post(f"/scoring-runs/{run_id}/{action}")
        assert (done.status_code, done.json()["status"]) == (200, status)
    assert (await api.post(f"/scoring-runs/{run_id}/retry_failed")).status_code == 409
    assert (await api.post("/scoring-runs/run_none/pause")).status_code == 404


async def test_runs_of_live_keys_are_not_seen_by_test_keys_and_recruiters_see_them_apart(
    api: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database
) -> None:
    run_id = (await api.post("/scoring-runs", json={})).json()["id"]
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="trial", scopes=SCOPES, livemode=False)
    trial = {"Authorization": f"Bearer {secret}"}
    assert (await api.get("/scoring-runs", headers=trial)).json()["data"] == []
    for reply in (
        await api.get(f"/scoring-runs/{run_id}", headers=trial),
        await api.post(f"/scoring-runs/{run_id}/cancel", headers=trial),
    ):
        assert reply.status_code == 404
    assert (await api.get(f"/scoring-runs/{run_id}")).json()["status"] == "preparing"
    tried = (await api.post("/scoring-runs", json={}, headers=trial)).json()["id"]
    live, test = [(await recruiter.get(f"/scoring-runs?mode={mode}")).text for mode in ("live", "test")]
    assert (run_id in live, tried in live, ">Test</span>" in live) == (True, False, False)
    assert (run_id in test, tried in test, test.count(">Test</span>")) == (False, True, 2)
    assert ">Test</span>" in (await recruiter.get(f"/scoring-runs/{tried}")).text
    assert ">Test</span>" not in (await recruiter.get(f"/scoring-runs/{run_id}")).text


async def test_a_recruiter_sees_progress_report_and_what_was_set_aside_and_can_act(
    recruiter: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, library: Library, finished: Finished,
    tmp_path: Path,
) -> None:  # fmt: skip
    run_id = (await api.post("/scoring-runs", json={"rubric": rubric_of_first_question(library)})).json()["id"]
    assert "Looking for answers" in (await recruiter.get("/scoring-runs")).text
    await worked_off(database, tmp_path)
    page = await recruiter.get(f"/scoring-runs/{run_id}")
    assert page.status_code == 200
    assert "1 of 1 answers" in page.text
    part = await recruiter.get(f"/scoring-runs/{run_id}?part=progress")
    assert "1 of 1 answers" in part.text
    assert "data-live" in part.text
    assert "What changed" in page.text
    assert "What changed" not in part.text, "that reads every answer, and is not asked for every three seconds"
    assert 'aria-label="Answers by level. Before: 1 at' in page.text
    assert "style=" not in page.text, "the content policy would drop it"
    async with database.session() as session:
        await session.execute(
            text("UPDATE scoring_run_items SET status = 'failed', error = 'The judge <broke> on this answer.'")
        )
        await session.execute(text("UPDATE scoring_runs SET failed = 1, done = 0"))
    page = await recruiter.get(f"/scoring-runs/{run_id}")
    assert "The judge &lt;broke&gt; on this answer." in page.text
    again = await recruiter.post(f"/scoring-runs/{run_id}/retry_failed", data={"csrf_token": form_token(page.text)})
    assert again.status_code == 303
    assert "Running" in (await recruiter.get(f"/scoring-runs/{run_id}")).text
    csv = await recruiter.get(f"/scoring-runs/{run_id}/report.csv")
    assert csv.headers["Content-Type"].startswith("text/csv")


async def test_an_action_without_the_session_s_own_token_is_refused(
    recruiter: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    run_id = (await api.post("/scoring-runs", json={})).json()["id"]
    refused = await recruiter.post(f"/scoring-runs/{run_id}/cancel", data={"csrf_token": "wrong"})
    assert refused.status_code == 403


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell
    assert safe_cell(-1.5) == -1.5
    assert safe_cell("plain = text") == "plain = text"
