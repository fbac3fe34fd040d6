"""`interviewer rescore`: the same run as the API makes, its progress in words, and refusals that say what there is."""

import asyncio
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select
from typer.testing import CliRunner

from interviewer.cli import app
from interviewer.desk import rescoring
from interviewer.desk.errands import Refused
from interviewer.http.running import RunWish
from interviewer.jobs.worker import work_off
from interviewer.records.answers import answers_of
from interviewer.records.database import Database
from interviewer.records.tables import ScoringRun
from interviewer.settings import Settings
from tests.jobs.interviews import a_bench, bundle
from tests.jobs.test_rescore import Trips, interviews, new_version, until_it_rests


async def test_a_rubric_file_is_run_over_its_answers_and_waited_for(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    bench = a_bench(database, tmp_path)
    await interviews(database, bench, 1)
    file = tmp_path / "careful-work.yaml"
    file.write_text(yaml.safe_dump(new_version().model_dump(mode="json", by_alias=True)))
    wish = rescoring.wish(
        rubric=file, judge=None, plan=None, questions=(), interviews=(), answers=(), after=None, before=None,
        dry_run=False,
    )  # fmt: skip
    settings = Settings(database_url=database_url, data_folder=tmp_path / "data")
    said: list[str] = []
    lines = rescoring.rescore(settings, said.append, wish, wait=True)
    run_id = await anext(lines)
    assert run_id.startswith("run_")
    await work_off(database_url, bench.work)
    assert [line async for line in lines] == ["completed: 1 of 1 answers, 0 set aside"]
    assert any("No worker is running" in line for line in said)
    assert said[-1].startswith("completed: 1 of 1")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (RunWish(rubric="no-such-rubric"), "There is: .*careful-work"),
        (RunWish(judge="chat"), "no settings for the judge chat. There is: embedded"),
        (Refused("file.yaml: cannot be read"), "cannot be read"),
    ],
)
async def test_what_is_not_there_is_refused_with_what_there_is(
    database_url: str, tmp_path: Path, wish: RunWish | Refused, words: str
) -> None:
    settings = Settings(database_url=database_url, data_folder=tmp_path / "data")
    with pytest.raises(Refused, match=words):
        await anext(rescoring.rescore(settings, lambda _: None, wish, wait=False))


def test_a_file_that_is_no_rubric_is_a_refusal_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("rubric: x")
    wish = rescoring.wish(
        rubric=tmp_path / "r.yaml", judge=None, plan=None, questions=(), interviews=(), answers=(), after=None,
        before=None, dry_run=False,
    )  # fmt: skip
    assert isinstance(wish, Refused)
    assert "criteria" in str(wish)


async def test_the_command_that_waits_ends_with_1_where_an_answer_was_set_aside(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = a_bench(database, tmp_path)
    (interview_id,) = await interviews(database, bench, 1)
    async with database.session() as session:
        answer = (await answers_of(session, interview_id))[0]
    bench.work._judges = {"embedded": Trips(bundle().plan.questions[0].id, ValueError())}
    monkeypatch.setattr("interviewer.commands.logs.configure_logs", lambda *_: None)  # for the whole process
    monkeypatch.setattr(rescoring, "LOOK_EVERY_S", 0.05)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MELVIN_DATA_FOLDER", str(tmp_path / "data"))
    arguments = ["rescore", "--answer", answer.id, "--wait"]
    command = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, arguments))
    while not (found := await run_ids(database)):
        assert not command.done(), (await command).output
        await asyncio.sleep(0.05)
    await until_it_rests(database, database_url, bench, found[0])
    done = await command
    assert done.exit_code == 1
    assert "0 of 1 answers, 1 set aside" in done.output
    assert "Not every answer was scored" in done.output


async def run_ids(database: Database) -> list[str]:
    async with database.session() as session:
        return list(await session.scalars(select(ScoringRun.id)))
