"""Answers from elsewhere: sent as JSON Lines, stored row by row, scored, and chosen by scoring runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from interviewer.desk.errands import Refused
from interviewer.desk.importing import import_file
from interviewer.jobs.importing import AT_ONCE
from interviewer.jobs.worker import work_off
from interviewer.records.database import Database
from interviewer.settings import Settings
from tests.http.test_api import check_problem
from tests.jobs.interviews import Bench, a_bench

RUBRIC = "explain-to-six-year-old"
NDJSON = {"Content-Type": "application/x-ndjson"}
SAID = "Three men flew to the moon in a big rocket, and two of them walked on it."


def lines(*rows: dict[str, Any] | str) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    """Its objects lie where the site puts them."""
    return a_bench(database, tmp_path)


async def imported(client: httpx.AsyncClient, database: Database, bench: Bench, content: str) -> dict[str, Any]:
    reply = await client.post("/answer-imports", params={"rubric": RUBRIC}, content=content, headers=NDJSON)
    assert reply.status_code == 202, reply.text
    assert reply.json()["status"] == "waiting"
    await work_off(database.url, bench.work)
    return dict((await client.get(reply.headers["Location"].removeprefix("/api/v1"))).json())


async def test_each_line_becomes_an_answer_or_a_row_that_says_what_is_wrong(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    turns = [
        {"side": "melvin", "text": "Why did they go?", "start": 0.0, "end": 1.5},
        {"text": SAID, "start": 2.0, "end": 9.5},
    ]
    wrong: list[dict[str, Any] | str] = ["{", {"key": "a"}, {"key": "b", "text": SAID, "more": 1}, {"text": SAID}]
    good: list[dict[str, Any] | str] = [
        {"key": "old 1", "text": SAID, "candidate": "An Le"}, "", {"key": "old 2", "turns": turns},
        {"key": "old 1", "text": "Another text under the same key."},
    ]  # fmt: skip
    done = await imported(api, database, bench, lines(*good, *wrong))
    assert (done["status"], done["rows"], done["stored"], done["failed"]) == ("done", 7, 2, 4)
    path = f"/answer-imports/{done['id']}/rows"
    rows = (await api.get(path)).json()["data"]
    assert [(r["number"], r["status"]) for r in rows] == [
        (1, "stored"), (3, "stored"), (4, "known"), (5, "failed"), (6, "failed"), (7, "failed"), (8, "failed"),
    ]  # fmt: skip
    assert rows[4]["error"] == "Value error, give either text or turns"
    assert rows[5]["error"].startswith("more: ")
    assert not any("rocket" in (r["error"] or "") for r in rows)
    page = (await api.get(path, params={"limit": 2, "starting_after": 3, "status": "failed"})).json()
    assert ([r["number"] for r in page["data"]], page["has_more"]) == ([5, 6], True)
    assert await bench.work.objects.keys_under("imports") == []

    interview = (await api.get(f"/interviews/{rows[1]['interview_id']}")).json()
    assert (interview["status"], interview["end_reason"]) == ("scored", "imported")
    transcript = (await api.get(f"/interviews/{interview['id']}/transcript")).json()
    assert [(t["side"], t["start"], t["end"]) for t in transcript["turns"]] == [
        ("melvin", 0.0, 1.5), ("candidate", 2.0, 9.5),
    ]  # fmt: skip
    assert sorted(answer.text for answer in bench.judge.read) == [SAID, SAID]
    (card,) = (await api.get(f"/interviews/{interview['id']}/scorecards")).json()["data"]
    assert (card["answer_id"], card["provenance"]["rubric"]) == (rows[1]["answer_id"], RUBRIC)


async def test_imported_answers_stand_in_a_list_of_their_own_and_runs_choose_them(
    api: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    await imported(api, database, bench, lines({"key": "x", "text": SAID, "candidate": "Nobody Else"}))
    assert (await api.get("/interviews")).json()["data"] == []
    assert (await api.get("/invitations")).json()["data"] == []
    ((name,),) = [[i["candidate"]["name"]] for i in (await api.get("/interviews?source=import")).json()["data"]]
    assert name == "Nobody Else"
    assert "Nobody Else" not in (await recruiter.get("/")).text
    run = (await api.post("/scoring-runs", json={"rubric": {"name": RUBRIC}})).json()
    await work_off(database.url, bench.work)
    assert (await api.get(f"/scoring-runs/{run['id']}")).json()["progress"]["total"] == 1


async def test_the_same_file_again_adds_nothing_and_a_deleted_answer_may_come_again(
    api: httpx.AsyncClient, tester: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    content = lines(*({"key": f"row {n}", "text": SAID} for n in range(AT_ONCE + 5)))
    first = await imported(api, database, bench, content)
    again = await imported(api, database, bench, content)
    assert (first["stored"], again["stored"], again["rows"]) == (AT_ONCE + 5, 0, AT_ONCE + 5)
    test = await imported(tester, database, bench, lines({"key": "row 1", "text": SAID}))
    assert (test["stored"], test["livemode"]) == (1, False)
    assert [i["id"] for i in (await api.get("/answer-imports")).json()["data"]] == [again["id"], first["id"]]
    check_problem(await api.get(f"/answer-imports/{test['id']}/rows"), 404, "not-found")
    row = (await api.get(f"/answer-imports/{first['id']}/rows")).json()["data"][0]
    assert (await api.delete(f"/interviews/{row['interview_id']}")).status_code == 202
    assert (await imported(api, database, bench, lines({"key": "row 0", "text": SAID})))["stored"] == 1


@pytest.mark.parametrize(
    ("params", "headers", "status", "code"),
    [
        ({"rubric": "no-such"}, NDJSON, 422, "rubric-unknown"),
        ({"plan": "generalist-ai-trainer", "question": "no-such"}, NDJSON, 422, "question-unknown"),
        ({"plan": "no-such", "question": "q"}, NDJSON, 422, "plan-unknown"),
        ({}, NDJSON, 422, "invalid"),
        ({"rubric": RUBRIC}, {"Content-Type": "text/csv"}, 415, "media-type"),
    ],
)
async def test_what_cannot_be_imported_is_refused(
    api: httpx.AsyncClient, params: dict[str, str], headers: dict[str, str], status: int, code: str
) -> None:
    reply = await api.post("/answer-imports", params=params, content=lines({"key": "x", "text": SAID}), headers=headers)
    check_problem(reply, status, code)
    assert (await api.get("/answer-imports")).json()["data"] == []


async def test_the_command_line_imports_a_file(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_folder=tmp_path, database_url=database_url)
    file = tmp_path / "answers.jsonl"
    file.write_text(lines({"key": "x", "text": SAID}, "{", {"key": "y", "text": SAID}, "x" * 1_500_000), "utf-8")

    async def run(rubric: str = RUBRIC, path: Path = file) -> list[str]:
        return [
            line async for line in import_file(settings, lambda _: None, path, rubric=rubric, plan=None, question=None)
        ]

    told, *wrong = await run()
    assert told.endswith(": 2 imported, 0 known already, 2 wrong")
    assert [line.split(":")[0] for line in wrong] == ["  line 2", "  line 4"]
    assert (await run())[0].endswith(": 0 imported, 2 known already, 2 wrong")
    for refused in (run("no-such"), run(path=tmp_path / "none.jsonl")):
        with pytest.raises(Refused):
            await refused
