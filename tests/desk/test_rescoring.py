"""`interviewer rescore`: the same run as the API makes, its progress in words, and refusals that say what there is."""

from pathlib import Path

import pytest
import yaml

from interviewer.desk import rescoring
from interviewer.desk.errands import Refused
from interviewer.http.running import RunWish
from interviewer.jobs.worker import work_off
from interviewer.records.database import Database
from interviewer.settings import Settings
from tests.jobs.interviews import a_bench
from tests.jobs.test_rescore import interviews, new_version


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
