"""People's own levels: given on the page, kept beside the scorecard, out of sight of it where that is wanted."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from interviewer.desk.ratings import ratings
from interviewer.jobs.worker import work_off
from interviewer.plans.library import Library
from interviewer.records import accounts
from interviewer.records.answers import answers_of
from interviewer.records.database import Database
from interviewer.records.reviews import add_review
from interviewer.settings import Settings
from scoring.calibration.ratings import read_ratings
from scoring.rubric import Rubric
from tests.http.conftest import EMAIL, form_token
from tests.http.factories import MOON, Finished, ScriptedJudge
from tests.jobs.interviews import a_bench

PLAN = "generalist-ai-trainer"


@pytest.fixture
def rubric(library: Library) -> Rubric:
    """Of the first question."""
    bundle = library.get(PLAN)
    return bundle.rubrics[bundle.plan.questions[0].rubric]


@pytest.fixture
async def answer_id(database: Database, finished: Finished) -> str:
    async with database.session() as session:
        return (await answers_of(session, finished.interview_id))[0].id


async def give(
    client: httpx.AsyncClient, finished: Finished, answer_id: str, form: dict[str, str], query: str = ""
) -> httpx.Response:
    address = f"/interviews/{finished.interview_id}"
    token = form_token((await client.get(address + query)).text)
    return await client.post(f"{address}/answers/{answer_id}/review", data={"csrf_token": token, **form})


async def test_a_recruiter_s_own_levels_and_comment_stand_beside_the_scorecard(
    recruiter: httpx.AsyncClient, api: httpx.AsyncClient, finished: Finished, answer_id: str, rubric: Rubric
) -> None:
    first = rubric.criteria[0]
    saved = await give(
        recruiter, finished, answer_id, {f"level-{first.id}": "4", "comment": "Good <b>comparison</b>", "version": "2"}
    )
    assert (saved.status_code, saved.headers["location"].partition("#")[0]) == (
        303, f"/interviews/{finished.interview_id}",
    )  # fmt: skip
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert f'name="level-{first.id}" value="4" checked' in page
    assert "What people gave" in page
    assert "Good &lt;b&gt;comparison&lt;/b&gt;" in page
    assert "Hint: level" in page  # the judge's stay
    (review,) = (await api.get(f"/interviews/{finished.interview_id}/reviews")).json()["data"]
    assert review["levels"] == {first.id: 4}
    assert (review["hints_seen"], review["transcript_version"], review["answer_id"]) == (True, 2, answer_id)
    everything = (await recruiter.get(f"/interviews/{finished.interview_id}/interview.json")).json()
    assert [r["id"] for r in everything["reviews"]] == [review["id"]]


async def test_nothing_of_a_judge_s_or_another_s_levels_is_seen_with_hints_off(
    recruiter: httpx.AsyncClient, database: Database, finished: Finished, answer_id: str, rubric: Rubric
) -> None:
    async with database.session() as session:
        other = await accounts.create_account(session, email="b@c.d", name="Bogdan", password_hash="x")
        await add_review(
            session, answer_id=answer_id, account_id=other.id, transcript_version=3, rubric_hash=rubric.hash,
            levels={rubric.criteria[0].id: 2}, comment="rather thin", hints_seen=False,
        )  # fmt: skip
    seen = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    for words in ("Hint: level", "Not found in the answer", "Bogdan", "rather thin", "anchor-marked", "Provenance"):
        assert words in seen, words
    page = (await recruiter.get(f"/interviews/{finished.interview_id}?hints=off")).text
    for words in ("Hint: level", "Not found in the answer", "Bogdan", "rather thin", "anchor-marked", "Provenance"):
        assert words not in page, words
    assert "levels and other people's are out of sight" in page
    listed = (await recruiter.get("/?hints=off")).text
    assert "level-chip" not in listed
    assert f"/interviews/{finished.interview_id}?hints=off" in listed


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({}, 422, "There is no level and no comment yet"),
        ({"level": "9"}, 422, "Levels are 1 to 5"),
        ({"comment": "x" * 2001}, 422, "at most 2,000 characters; this one has 2,001"),
    ],
)
async def test_what_cannot_be_saved_says_why(
    recruiter: httpx.AsyncClient, finished: Finished, answer_id: str, rubric: Rubric, form: dict[str, str],
    status: int, said: str,
) -> None:  # fmt: skip
    named = {f"level-{rubric.criteria[0].id}" if k == "level" else k: v for k, v in form.items()}
    reply = await give(recruiter, finished, answer_id, named)
    assert reply.status_code == status
    assert said in reply.text


async def test_only_an_answer_of_this_interview_and_only_signed_in(
    client: httpx.AsyncClient, recruiter: httpx.AsyncClient, finished: Finished, answer_id: str
) -> None:
    assert (await give(recruiter, finished, "ans_none", {"comment": "x"})).status_code == 404
    forged = await recruiter.post(
        f"/interviews/{finished.interview_id}/answers/{answer_id}/review", data={"csrf_token": "no", "comment": "x"}
    )
    assert forged.status_code == 403


async def test_ratings_are_those_without_hints_and_can_be_read_for_calibration(
    recruiter: httpx.AsyncClient, database: Database, database_url: str, finished: Finished, answer_id: str,
    rubric: Rubric, tmp_path: Path,
) -> None:  # fmt: skip
    first = f"level-{rubric.criteria[0].id}"
    await give(recruiter, finished, answer_id, {first: "3", "hints": "off", "version": "3"}, "?hints=off")
    await give(recruiter, finished, answer_id, {first: "5", "hints": "on", "version": "3"})
    settings = Settings(database_url=database_url, data_folder=tmp_path)
    said: list[str] = []
    lines = [line async for line in ratings(settings, said.append, plan=PLAN, rubric=rubric.rubric, with_hints=False)]
    (row,) = [json.loads(line) for line in lines]
    assert row["levels"] == {rubric.criteria[0].id: 3}
    assert EMAIL not in lines[0]
    (question,), refused = read_ratings(
        [("-", 1, lines[0])], rubric=rubric.rubric, criteria=[c.id for c in rubric.criteria], distinct=True
    )
    assert not refused
    assert question.answers[0].text == row["text"]
    for plan, other in (("domain-expert", None), (None, "golden-answer")):
        assert [x async for x in ratings(settings, said.append, plan=plan, rubric=other, with_hints=True)] == []
    (all_,) = [x async for x in ratings(settings, said.append, plan=None, rubric=None, with_hints=True)]
    assert json.loads(all_)["levels"] == {rubric.criteria[0].id: 5}


async def test_a_run_s_report_says_how_both_sides_agree_with_people(
    recruiter: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, finished: Finished, answer_id: str,
    rubric: Rubric, tmp_path: Path,
) -> None:  # fmt: skip
    first = rubric.criteria[0]
    await give(recruiter, finished, answer_id, {f"level-{first.id}": "1", "hints": "off"}, "?hints=off")
    changed = rubric.model_copy(update={"version": 7}).model_dump(mode="json", by_alias=True)
    run = (await api.post("/scoring-runs", json={"rubric": changed, "filter": {"plan": PLAN}})).json()["id"]
    work = a_bench(database, tmp_path).work
    work.make_judge = ScriptedJudge
    await work_off(database.url, work)
    report = (await api.get(f"/scoring-runs/{run}/report")).json()
    found = {c["criterion_id"]: c for c in report["criteria"]}
    assert (found[first.id]["rated"], found[first.id]["rated_unseen"]) == (1, 1)
    level = found[first.id]["after"].index(1) + 1
    assert found[first.id]["people_after"] == {
        "answers": 1, "same_level": int(level == 1), "within_one": int(level <= 2),
        "kappa": None if level == 1 else 0.0,
    }  # fmt: skip
    assert all(c["rated"] == 0 for name, c in found.items() if name != first.id)
    page = (await recruiter.get(f"/scoring-runs/{run}")).text
    assert "People gave 1 of these answers a level, without Melvin's in sight." in page


async def test_reviews_go_with_their_interview(
    recruiter: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, finished: Finished, answer_id: str
) -> None:
    await give(recruiter, finished, answer_id, {"comment": f"said: {MOON[:20]}"})
    assert (await api.delete(f"/interviews/{finished.interview_id}")).status_code < 300
    async with database.session() as session:
        assert (await session.execute(text("SELECT count(*) FROM reviews"))).scalar_one() == 0
        removed = (await session.execute(text("SELECT removed FROM deletions"))).scalar_one()
    assert removed["reviews"] == 1
