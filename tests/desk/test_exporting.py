"""What ``interviewer export`` writes is what recruiters download, whole or not at all, and safe in a spreadsheet."""

import csv
import hashlib
import json
import os
from pathlib import Path

import pytest

from interviewer.desk import exporting
from interviewer.desk.errands import Refused
from interviewer.http.run_report import safe_cell
from interviewer.jobs.erase import erase_files
from interviewer.plans.library import Library, default_folder
from interviewer.records import deletions, transcripts
from interviewer.records.camera import put_segment
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.settings import Settings
from scoring.transcript import Mode, Side, Transcript, Turn
from tests.http.factories import TYPED, Finished, finished_interview
from tests.records.test_backup import hashes, settings_for, silent


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data", database.url)


@pytest.fixture
async def finished(settings: Settings, database: Database, tmp_path: Path) -> Finished:
    objects = ObjectStore(settings.objects_place)
    return await finished_interview(database, Library.load(default_folder()), objects, tmp_path)


async def exported(settings: Settings, interview_id: str, folder: Path) -> Path:
    lines = [line async for line in exporting.export(settings, silent, (interview_id,), folder)]
    assert lines[0] == f"{folder / interview_id}: 10 files"
    return folder / interview_id


async def test_every_file_is_there_with_the_hash_that_the_manifest_names(
    settings: Settings, finished: Finished, tmp_path: Path
) -> None:
    folder = await exported(settings, finished.interview_id, tmp_path / "out")
    found = hashes(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    found.pop("manifest.json")
    assert {name: one["sha256"] for name, one in manifest["files"].items()} == found
    assert set(found) == {
        "answers.csv", "candidate.flac", "interview.json", "melvin.flac", "mix.flac", "received.flac",
        "scorecards.json", "transcript.json", "transcript.vtt",
    }  # fmt: skip
    stored = settings.data_folder / "objects" / "recordings" / finished.interview_id / "mix.flac"
    assert found["mix.flac"] == hashlib.sha256(stored.read_bytes()).hexdigest()
    assert "<v Candidate>" in (folder / "transcript.vtt").read_text()
    assert len(json.loads((folder / "scorecards.json").read_text())["data"]) == 3
    transcript = json.loads((folder / "transcript.json").read_text())
    assert any(turn["text"] == TYPED for turn in transcript["turns"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir() if path.name != "manifest.json"} == {0o600}


async def test_no_cell_is_a_formula(settings: Settings, database: Database, finished: Finished, tmp_path: Path) -> None:
    question = Library.load(default_folder()).get("generalist-ai-trainer").plan.questions[0].id
    said = '=HYPERLINK("https://example.org/"&A1)'
    turn = Turn(Side.CANDIDATE, Mode.TYPED, said, 1.0, 1.0, question)
    async with database.session() as session:
        body = Transcript("en", (turn,)).to_dict()
        await transcripts.add_transcript(session, finished.interview_id, "candidate", body)
    folder = await exported(settings, finished.interview_id, tmp_path / "out")
    with (folder / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["answer"] == "'" + said
    assert {row["level"] for row in rows} > {"4", "3"}
    assert [cell for row in rows for cell in row.values() if cell != safe_cell(cell)] == []


async def test_a_damaged_recording_is_named_and_leaves_nothing_behind(
    settings: Settings, finished: Finished, tmp_path: Path
) -> None:
    stored = settings.data_folder / "objects" / "recordings" / finished.interview_id / "mix.flac"
    stored.write_bytes(b"something else")
    with pytest.raises(Refused, match=r"mix\.flac is damaged"):
        await exported(settings, finished.interview_id, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


async def test_an_export_leaves_nothing_on_the_server_that_a_deletion_would_miss(
    settings: Settings, database: Database, finished: Finished, tmp_path: Path
) -> None:
    before = hashes(settings.data_folder)
    await exported(settings, finished.interview_id, tmp_path / "out")
    assert hashes(settings.data_folder) == before
    async with database.session() as session:
        await deletions.forget(session, finished.interview_id, "command line")
    data = settings.data_folder
    objects = ObjectStore(settings.objects_place)
    await erase_files(objects, data / "recordings", data / "journals", finished.interview_id)
    assert hashes(data) == {}
    with pytest.raises(Refused, match="No interview has the id"):
        await exported(settings, finished.interview_id, tmp_path / "again")


async def test_what_was_exported_before_is_not_written_over(
    settings: Settings, finished: Finished, tmp_path: Path
) -> None:
    await exported(settings, finished.interview_id, tmp_path / "out")
    with pytest.raises(Refused, match="is there already"):
        await exported(settings, finished.interview_id, tmp_path / "out")


async def test_what_the_camera_recorded_is_exported_with_the_rest(
    settings: Settings, database: Database, finished: Finished, tmp_path: Path
) -> None:
    objects = ObjectStore(settings.objects_place)
    for number in (1, 2):
        key = f"recordings/{finished.interview_id}/camera/z-{number}.webm"
        sha256 = await objects.put_bytes(key, b"picture %d" % number)
        async with database.session() as session:
            await put_segment(
                session, interview_id=finished.interview_id, stretch=f"z-{number}", at=number * 16_000, samples=16_000,
                object_key=key, sha256=sha256, size=9, media_type="video/webm", made_from="x",
            )  # fmt: skip
    folder = tmp_path / "out"
    assert [line async for line in exporting.export(settings, silent, (finished.interview_id,), folder)]
    exported_to = folder / finished.interview_id
    assert [(exported_to / f"camera-{n}.webm").read_bytes() for n in (1, 2)] == [b"picture 1", b"picture 2"]
