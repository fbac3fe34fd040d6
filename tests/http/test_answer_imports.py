"""Answers from elsewhere: sent as JSON Lines, stored row by row, scored, and chosen by scoring runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from interviewer.desk.errands import Refused
from interviewer.desk.importing import import_file
from interviewer.jobs.app import MOST_TRIES, jobs_app
from interviewer.jobs.importing import AT_ONCE, import_answers
from interviewer.jobs.upkeep import prune, retry_stalled
from interviewer.jobs.worker import work_off
from interviewer.records import imports
from interviewer.records.database import Database
from interviewer.records.removals import removals_held
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


async def sent(client: httpx.AsyncClient, content: str) -> str:
    reply = await client.post("/answer-imports", params={"rubric": RUBRIC}, content=content, headers=NDJSON)
    assert reply.status_code == 202, reply.text
    assert reply.json()["status"] == "waiting"
    return str(reply.json()["id"])


async def imported(
    client: httpx.AsyncClient, database: Database, bench: Bench, content: str, *, scored: bool = True
) -> dict[str, Any]:
    import_id = await sent(client, content)
    if scored:
        await work_off(database.url, bench.work)
    else:
        await import_answers(bench.work, import_id)
    return dict((await client.get(f"/answer-imports/{import_id}")).json())


async def queried(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


async def change(database: Database, statement: str) -> None:
    async with database.session() as session:
        await session.execute(text(statement))


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
    assert rows[4]["error"] == "Value error, give either text or turns or audio"
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
    first = await imported(api, database, bench, content, scored=False)
    again = await imported(api, database, bench, content, scored=False)
    assert (first["stored"], again["stored"], again["rows"]) == (AT_ONCE + 5, 0, AT_ONCE + 5)
    test = await imported(tester, database, bench, lines({"key": "row 1", "text": SAID}), scored=False)
    assert (test["stored"], test["livemode"]) == (1, False)
    assert [i["id"] for i in (await api.get("/answer-imports")).json()["data"]] == [again["id"], first["id"]]
    check_problem(await api.get(f"/answer-imports/{test['id']}/rows"), 404, "not-found")
    row = (await api.get(f"/answer-imports/{first['id']}/rows")).json()["data"][0]
    assert (await api.delete(f"/interviews/{row['interview_id']}")).status_code == 202
    assert (await imported(api, database, bench, lines({"key": "row 0", "text": SAID}), scored=False))["stored"] == 1


async def test_text_that_the_database_does_not_keep_stops_no_other_row(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    content = lines({"key": "x", "text": SAID}, {"key": "nul", "text": f"{SAID}\0"}, {"key": "y", "text": SAID})
    done = await imported(api, database, bench, content)
    assert (done["status"], done["stored"], done["failed"]) == ("done", 2, 1)
    wrong = (await api.get(f"/answer-imports/{done['id']}/rows", params={"status": "failed"})).json()["data"]
    assert [(r["number"], r["error"]) for r in wrong] == [(2, "The line holds a NUL character.")]


async def test_a_known_row_says_which_answer_it_is_and_goes_with_it(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    first = await imported(api, database, bench, lines({"key": "x", "text": SAID}, {"key": "y", "text": SAID}))
    again = await imported(api, database, bench, lines({"key": "y", "text": SAID}, {"key": "x", "text": SAID}))
    (stored, _) = (await api.get(f"/answer-imports/{first['id']}/rows")).json()["data"]
    (_, known) = (await api.get(f"/answer-imports/{again['id']}/rows")).json()["data"]
    assert known["status"] == "known"
    assert {**known, "number": 1, "status": "stored"} == stored
    assert (await api.delete(f"/interviews/{stored['interview_id']}")).status_code == 202
    for made, left in ((first, "y"), (again, "y")):
        assert [r["key"] for r in (await api.get(f"/answer-imports/{made['id']}/rows")).json()["data"]] == [left]


async def test_imported_answers_are_scored_behind_interviews_and_each_under_its_own_lock(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await sent(api, lines({"key": "x", "text": SAID}, {"key": "y", "text": SAID}))
    await import_answers(bench.work, import_id)
    waiting = await queried(database, "SELECT lock, priority FROM procrastinate_jobs WHERE task_name = 'score'")
    assert sorted(waiting) == sorted((i, -10) for (i,) in await queried(database, "SELECT id FROM interviews"))
    assert len(waiting) == 2


async def test_a_file_is_removed_by_the_next_try_of_a_job_that_died_before_it_could(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    done = await imported(api, database, bench, lines({"key": "x", "text": SAID}))
    key = f"imports/{done['id']}.jsonl"
    await bench.work.objects.put_bytes(key, b"still here")
    async with database.session() as session:
        made = await imports.answer_import(session, done["id"])
        assert made is not None
        await imports.ask_for_import(session, made, key)
    await work_off(database.url, bench.work)
    assert await bench.work.objects.keys_under("imports") == []
    assert await queried(database, "SELECT object_key FROM answer_imports") == [(None,)]
    assert (await api.get(f"/answer-imports/{done['id']}")).json() == done


async def test_an_import_that_is_given_up_says_so_and_keeps_no_file(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await sent(api, lines({"key": "x", "text": SAID}))
    await change(database, "UPDATE answer_imports SET question_id = 'gone'")  # no file of this can be imported
    for tries in (1, MOST_TRIES):
        await change(database, f"UPDATE procrastinate_jobs SET scheduled_at = NULL, attempts = {tries - 1}")  # noqa: S608
        await work_off(database.url, bench.work)
        now = (await api.get(f"/answer-imports/{import_id}")).json()
        assert now["status"] == ("failed" if tries == MOST_TRIES else "waiting")
    assert now["failure"].startswith("Importing failed (")
    assert now["failure"].endswith("it was given up after several tries.")
    assert now["finished_at"] is not None
    assert await bench.work.objects.keys_under("imports") != []
    await prune(bench.work)
    assert await bench.work.objects.keys_under("imports") == []
    assert await queried(database, "SELECT object_key FROM answer_imports") == [(None,)]


async def test_an_import_that_ends_its_workers_fails_too(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await sent(api, lines({"key": "x", "text": SAID}))
    await change(database, "UPDATE procrastinate_jobs SET status = 'doing', attempts = 4")
    app = jobs_app(database.url)
    async with app.open_async():
        assert await retry_stalled(app, bench.work, MOST_TRIES) == 0
    now = (await api.get(f"/answer-imports/{import_id}")).json()
    assert (now["status"], "its worker died each time" in now["failure"]) == ("failed", True)


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

    said: list[str] = []

    async def run(rubric: str = RUBRIC, path: Path = file) -> list[str]:
        said.clear()
        async for line in import_file(settings, lambda _: None, path, rubric=rubric, plan=None, question=None):
            said.append(line)  # noqa: PERF401 - those before a refusal are wanted too
        return said

    with pytest.raises(Refused, match="Mend these lines"):
        await run()
    told, *wrong = said
    assert told.endswith(": 2 imported, 0 known already, 2 wrong")
    assert [line.split(":")[0] for line in wrong] == ["  line 2", "  line 4"]
    with pytest.raises(Refused, match="Mend these lines"):
        await run()
    assert said[0].endswith(": 0 imported, 2 known already, 2 wrong")
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(lines({"key": "z", "text": "caf\u00e9 data"}).replace("\\u00e9", "\u00e9").encode("cp1252"))
    with pytest.raises(Refused, match="Mend these lines"):
        await run(path=latin)
    assert said[1].startswith("  line 1: The line is not in UTF-8.")
    whole = tmp_path / "whole.jsonl"
    whole.write_text(lines({"key": "w", "text": SAID}), "utf-8")
    assert (await run(path=whole))[0].endswith(": 1 imported, 0 known already, 0 wrong")
    for refused in (run("no-such"), run(path=tmp_path / "none.jsonl")):
        with pytest.raises(Refused):
            await refused


async def test_while_a_backup_is_made_the_file_stays_and_it_goes_later(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    with removals_held(database.url):
        done = await imported(api, database, bench, lines({"key": "1", "text": SAID}), scored=False)
        assert (done["status"], done["stored"]) == ("done", 1)
        assert await bench.work.objects.keys_under("imports")
    await prune(bench.work)
    assert await bench.work.objects.keys_under("imports") == []
